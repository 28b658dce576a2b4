//go:build lab

package main_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// clientsThroughLegs is h.
func clientsThroughLegs(t *testing.T) {
	t.Run("smbd", clientToServedSmbd)
	t.Run("ksmbd", func(t *testing.T) { clientToServedKsmbd(t, "tcp!"+gatewayIP+"!4450", overTCP(gatewayIP, 4450), sizes) })
	t.Run("quic-ksmbd", func(t *testing.T) { clientToServedKsmbd(t, "quic!"+gatewayIP+"!4443", overQUIC(4443), peerSizes) })
	t.Run("cifs-rdma-smbd", kernelToServedSmbd)
	t.Run("cifs-rdma-ksmbd", kernelToServedKsmbd)
	t.Run("chains", servedChains)
	t.Run("restart", restarted)
	t.Run("two-kernels", twoKernels)
	t.Run("reclaim", reclaimed)
	t.Run("snapshots", snapshots)
	t.Run("channels", channels)
}

func clientToServedSmbd(t *testing.T) {
	l := newLab(t)
	s := l.smbd(4445)
	l.gateway("smbgw", served(l, "h", "tcp!"+gatewayIP+"!4450", "tcp!"+gatewayIP+"!4445"))
	same := func(l *lab, files []file) { l.same(files, s.share, "") }
	carried(t, l, overTCP(gatewayIP, 4450), sizes, same)
	for i, demand := range []string{"sign", "encrypt"} {
		t.Run(demand+"-required", func(t *testing.T) {
			l := l.on(t)
			port := 4451 + i
			l.gateway("smbgw-"+demand, served(l, "h", fmt.Sprint("tcp!"+gatewayIP+"!", port), "tcp!"+gatewayIP+"!4445", demand+` = "required"`))
			carried(t, l, overTCP(gatewayIP, port), peerSizes, same)
		})
	}
}

func clientToServedKsmbd(t *testing.T, listen string, at share, sizes []int64) {
	l := newLab(t)
	g := l.guest(1)
	g.ksmbd()
	l.certificates()
	l.gateway("smbgw", served(l, "h", listen, "smbdirect!"+g.ip+"!5445"))
	c := l.capture(g.link)
	carried(t, l, at, sizes, func(l *lab, files []file) { g.on(l.t).same(files, "/tmp/share") })
	// The back leg neither signs nor seals, whatever the client does: all that is
	// large enough goes by RDMA, three times.
	w := c.stop()
	w.clean(t)
	files := l.payload(sizes...)
	payloadWent(t, w, unprotected, gatewayIP, g.ip, append(append(files, files...), files...))
}

func kernelToServedSmbd(t *testing.T) {
	l := newLab(t)
	g := l.guest(1)
	l.smbd(4445)
	l.gateway("smbgw", served(l, "h", "smbdirect!"+gatewayIP+"!5445", "tcp!"+gatewayIP+"!4445"))
	mountedOn(t, l, g, sizes)
	t.Run("random", func(t *testing.T) { randomOn(t, g.on(t)) })
}

func kernelToServedKsmbd(t *testing.T) {
	l := newLab(t)
	gs := l.guests(2)
	gs[1].ksmbd()
	l.gateway("smbgw", served(l, "h", "smbdirect!"+gatewayIP+"!5445", "smbdirect!"+gs[1].ip+"!5445")+
		listener(l, "h-tcp", "tcp!"+gatewayIP+"!4450"))
	mountedOn(t, l, gs[0], peerSizes)
	t.Run("random", func(t *testing.T) { randomOn(t, gs[0].on(t)) })
	for _, protection := range protections {
		t.Run("tcp-"+protection, func(t *testing.T) { overTCPToKsmbd(t, l.on(t), gs[0].on(t), gs[1].on(t), protection) })
	}
}

// overTCPToKsmbd has a kernel without RDMA use it, whatever protects its own leg.
func overTCPToKsmbd(t *testing.T, l *lab, client, server *guest, protection string) {
	files := l.payload(peerSizes...)
	c := l.capture(server.link)
	options := append([]string{"port=4450"}, protectedMount(protection)...)
	unmount := client.mountOver(gatewayIP, options...)
	client.run(100*time.Second, "cp /lab/files/p* /tmp/mnt/")
	unmount()
	server.same(files, "/tmp/share")
	unmount = client.mountOver(gatewayIP, options...)
	client.same(files, "/tmp/mnt")
	client.run(20*time.Second, "rm /tmp/mnt/*")
	unmount()
	w := c.stop()
	w.clean(t)
	payloadWent(t, w, unprotected, gatewayIP, server.ip, files)
}

// randomOn reads and writes at random places, in random sizes, by several
// processes, past the cache and through it, and verifies every block.
func randomOn(t *testing.T, g *guest) {
	unmount := g.mount(gatewayIP)
	for _, direct := range []string{"0", "1"} {
		g.run(100*time.Second, `fio --directory=/tmp/mnt --name=v --numjobs=3 --size=8m --rw=randrw --bsrange=4k-512k \
	--direct=`+direct+` --ioengine=psync --verify=crc32c --verify_fatal=1 --loops=2 --group_reporting`)
	}
	g.run(20*time.Second, "rm /tmp/mnt/*")
	g.exercise(120)
	unmount()
}

// servedChains is chains of gateways that all terminate. Together they have each
// front and back.
func servedChains(t *testing.T) {
	l := newLab(t)
	l.certificates()
	s := l.smbd(4445)
	port := 6001
	for _, c := range allChains {
		first := port
		t.Run(strings.Join(c, "-"), func(t *testing.T) {
			l := l.on(t)
			for i := len(c) - 2; i >= 0; i-- { // a link needs the next one only when a client comes
				from, to := fmt.Sprintf("%s!%s!%d", c[i], gatewayIP, first+i), fmt.Sprintf("%s!%s!%d", c[i+1], gatewayIP, first+i+1)
				if i == len(c)-2 {
					to = fmt.Sprintf("tcp!%s!%d", gatewayIP, s.port)
				}
				l.gateway(fmt.Sprint(strings.Join(c, "-"), i), served(l, "h", from, to))
			}
			at := overTCP(gatewayIP, first)
			if c[0] == "quic" {
				at = overQUIC(first)
			}
			carried(t, l, at, peerSizes, func(l *lab, files []file) { l.same(files, s.share, "") })
		})
		port += len(c)
	}
}

// durable are the settings with which smbd grants durable handles.
var durable = []string{"kernel oplocks = no", "kernel share modes = no", "posix locking = no"}

func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// twoKernels is two clients of one share, over SMB Direct and over TCP: one's
// locks keep the other out, and what one has cached is not stale when the other
// has written.
func twoKernels(t *testing.T) {
	l := newLab(t)
	gs := l.guests(2)
	l.smbd(4445, durable...)
	l.gateway("smbgw", served(l, "h", "smbdirect!"+gatewayIP+"!5445", "tcp!"+gatewayIP+"!4445")+
		listener(l, "h-tcp", "tcp!"+gatewayIP+"!4450"))
	first, second := gs[0], gs[1]
	leaveFirst, leaveSecond := first.mount(gatewayIP), second.mountOver(gatewayIP, "port=4450")
	t.Run("locks", func(t *testing.T) {
		first, second := first.on(t), second.on(t)
		first.run(20*time.Second, "echo one >/tmp/mnt/locked; sync")
		holding := first.spawn("flock /tmp/mnt/locked sh -c 'touch /tmp/held; while [ ! -e /tmp/go ]; do busybox usleep 20000; done'")
		first.run(20*time.Second, "while [ ! -e /tmp/held ]; do busybox usleep 20000; done")
		second.run(20*time.Second, "! flock -n /tmp/mnt/locked true")
		waiting := second.spawn("flock -w 20 /tmp/mnt/locked touch /tmp/mine")
		time.Sleep(time.Second)
		second.run(20*time.Second, "test ! -e /tmp/mine")
		first.run(20*time.Second, "touch /tmp/go")
		for name, j := range map[string]*job{"holder": holding, "waiter": waiting} {
			if out, err := j.wait(40 * time.Second); err != nil {
				t.Errorf("the %s: %v\n%s", name, err, out)
			}
		}
		second.run(20*time.Second, "test -e /tmp/mine")
	})
	t.Run("caches", func(t *testing.T) {
		first, second := first.on(t), second.on(t)
		first.run(20*time.Second, "echo word_ >/tmp/mnt/cached")
		for i := range 10 {
			// All as long as each other: without a gateway, too, this kernel
			// reads zeros where another client has made a file longer.
			word := fmt.Sprint("word", i)
			reader, writer := first, second
			if i%2 == 1 {
				reader, writer = second, first
			}
			// The reader has it cached, and open.
			reader.run(20*time.Second, "exec 3</tmp/mnt/cached; cat <&3 >/dev/null; cat /tmp/mnt/cached >/dev/null")
			writer.run(20*time.Second, "echo "+word+" >/tmp/mnt/cached")
			if got := reader.run(20*time.Second, "cat /tmp/mnt/cached"); strings.TrimSpace(got) != word {
				t.Errorf("round %d: %q, want %q", i, got, word)
			}
		}
	})
	leaveFirst()
	leaveSecond()
}

// restarted kills the gateway under a kernel that writes, and starts it again:
// the writer sees no error, and nothing is lost.
func restarted(t *testing.T) {
	l := newLab(t)
	g := l.guest(1)
	s := l.smbd(4445, durable...)
	hcl := served(l, "h", "smbdirect!"+gatewayIP+"!5445", "tcp!"+gatewayIP+"!4445")
	gw := l.gateway("smbgw", hcl)
	files := l.payload(48 << 20)
	unmount := g.mount(gatewayIP, "hard")
	writing := g.spawn(steadily(files[0]))
	l.await(gw.process, "the file grows", 20*time.Second, func() bool { return fileSize(s.share+"/"+files[0].name) > 4<<20 })
	gw.kill()
	time.Sleep(time.Second)
	l.gateway("smbgw-again", hcl)
	if out, err := writing.wait(120 * time.Second); err != nil {
		t.Fatalf("the writer: %v\n%s", err, out)
	}
	l.same(files, s.share, "")
	g.same(files, "/tmp/mnt")
	unmount()
}

// steadily is a script that writes a file with one handle, a MiB at a time, for
// longer than it takes to kill somebody in the middle of it. The kernel sends what
// it has every tenth of a second. It is one process that writes, and flushes at its
// end: a flush that a reconnect meets, which every close is, is not repeated by this
// kernel, but fails (EBADF, EAGAIN), without a gateway, too.
func steadily(f file) string {
	return fmt.Sprintf(`
echo 10 >/proc/sys/vm/dirty_writeback_centisecs
echo 10 >/proc/sys/vm/dirty_expire_centisecs
for i in $(seq 0 %[2]d); do
	dd if=/lab/files/%[1]s bs=1M skip=$i count=1 status=none
	busybox usleep 80000
done | dd of=/tmp/mnt/%[1]s bs=1M iflag=fullblock conv=fsync
`, f.name, (f.size-1)>>20)
}
