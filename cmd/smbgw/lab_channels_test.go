//go:build lab

package main_test

import (
	"testing"
	"time"
)

// The addresses at which the gateway may be reached besides gatewayIP.
const (
	secondIP    = "10.99.0.101"
	directIP    = "10.99.0.102"
	otherDirect = "10.99.0.103"
)

// channels is a kernel that is told one address, asks the gateway for the others,
// and goes to those of the same kind: this client does not mix TCP and SMB Direct
// (its cifs_try_adding_channels), whoever serves it.
func channels(t *testing.T) {
	l := newLab(t)
	g := l.guest(1)
	for _, a := range []string{secondIP, directIP, otherDirect} {
		l.ip("-n", l.ns, "addr", "add", a+"/24", "dev", "br0")
	}
	s := l.smbd(4445, durable...)
	gw := l.gateway("smbgw", served(l, "h", "tcp!"+gatewayIP+"!445", "tcp!"+gatewayIP+"!4445")+
		listener(l, "tcp-2", "tcp!"+secondIP+"!445")+
		listener(l, "rdma-1", "smbdirect!"+directIP+"!5445")+
		listener(l, "rdma-2", "smbdirect!"+otherDirect+"!5445"))
	before := map[string]*closed{}
	for _, protection := range protections {
		t.Run("tcp-"+protection, func(t *testing.T) {
			overChannels(t, l.on(t), g.on(t), gw, gatewayIP, before, [2]string{"h", "tcp-2"}, protectedMount(protection)...)
		})
	}
	t.Run("smbdirect", func(t *testing.T) {
		overChannels(t, l.on(t), g.on(t), gw, directIP, before, [2]string{"rdma-1", "rdma-2"}, "rdma", "port=5445")
	})
	t.Run("death", func(t *testing.T) { channelDies(t, l.on(t), g.on(t), gw, s) })
}

// overChannels writes files through a mount and reads them back through another
// one, each with a channel to each of two listeners, which carry about half.
func overChannels(t *testing.T, l *lab, g *guest, gw *gateway, ip string, before map[string]*closed, listeners [2]string, options ...string) {
	files := l.payload(3<<20, 8<<20, 5<<20+1, 100, 2<<20)
	options = append([]string{"multichannel", "max_channels=2"}, options...)
	mounted := func(use func()) {
		unmount := g.mountOver(ip, options...)
		g.run(30*time.Second, `
for i in $(seq 400); do
	grep -q 'Extra Channels: 1' /proc/fs/cifs/DebugData && exit 0
	busybox usleep 50000
done
cat /proc/fs/cifs/DebugData
exit 1
`)
		use()
		unmount()
	}
	mounted(func() { g.run(60*time.Second, "cp /lab/files/p* /tmp/mnt/; sync") })
	mounted(func() {
		g.same(files, "/tmp/mnt")
		g.run(20*time.Second, "rm /tmp/mnt/*")
	})
	for _, name := range listeners {
		c := gw.closed(name, 2, before[name])
		before[name] = c
		if c.bytesIn < 4<<20 || c.bytesOut < 4<<20 {
			t.Errorf("%s: %d bytes in, %d out", name, c.bytesIn, c.bytesOut)
		}
		if c.front == "smbdirect" && (c.placedReads == 0 || c.placedWrites == 0) {
			t.Errorf("%s: %d READs and %d WRITEs are placed", name, c.placedReads, c.placedWrites)
		}
	}
}

// channelDies takes the second address away while a file is being written: the
// writer sees no error, and nothing is lost.
func channelDies(t *testing.T, l *lab, g *guest, gw *gateway, s *smbd) {
	files := l.payload(48 << 20)
	unmount := g.mountOver(gatewayIP, "multichannel", "max_channels=2", "echo_interval=1", "hard")
	writing := g.spawn(steadily(files[0]))
	l.await(gw.process, "the file grows", 20*time.Second, func() bool { return fileSize(s.share+"/"+files[0].name) > 4<<20 })
	l.ip("-n", l.ns, "addr", "del", secondIP+"/24", "dev", "br0")
	time.Sleep(4 * time.Second)
	l.ip("-n", l.ns, "addr", "add", secondIP+"/24", "dev", "br0")
	if out, err := writing.wait(120 * time.Second); err != nil {
		t.Fatalf("the writer: %v\n%s", err, out)
	}
	l.same(files, s.share, "")
	g.same(files, "/tmp/mnt")
	unmount()
}
