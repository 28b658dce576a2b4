//go:build lab

package main_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A guest is Linux in a process of its own (User-Mode Linux) with software
// iWARP. Scripts run in it as soon as their number is written to its console,
// and leave what they say in files.
type guest struct {
	lab     *lab
	name    string
	ip      string
	link    string // its end on the bridge, where a capture sees all it says
	over    fabric // of its RDMA device
	process *process
	console io.Writer
	scripts *atomic.Int32
}

// guestInit is what goes on after etc/lab/guest-init. A guest that cannot read
// its console any more has no test to serve.
const guestInit = `
export PATH # programs look for others
ip link set lo up
ip addr add %s/24 dev vec0
ip link set vec0 up
rdma link add siw1 type siw netdev vec0
ulimit -l unlimited
echo up >/lab/%[2]s/up
while read -r n; do
	[ "$n" ] || continue
	(
		cd /tmp
		sh -e /lab/%[2]s/$n.sh >/lab/%[2]s/$n.out 2>&1 </dev/null
		echo $? >/lab/%[2]s/$n.tmp
		mv /lab/%[2]s/$n.tmp /lab/%[2]s/$n.rc
	) &
done
busybox poweroff -f
`

// guest boots the guest with that number, from 1.
func (l *lab) guest(n int) *guest {
	l.t.Helper()
	g := l.boot(n)
	g.ready()
	return g
}

// guests boots guests 1 to n at the same time.
func (l *lab) guests(n int) []*guest {
	l.t.Helper()
	all := make([]*guest, n)
	for i := range all {
		all[i] = l.boot(i + 1)
	}
	for _, g := range all {
		g.ready()
	}
	return all
}

// boot starts a guest without waiting for it. It stays on one processor: a
// system call in the guest goes from one process of the host to another and
// back, which takes several times as long between two processors.
func (l *lab) boot(n int) *guest {
	l.t.Helper()
	g := &guest{lab: l, name: fmt.Sprint("guest", n), ip: fmt.Sprint("10.99.0.", n+1), over: siw, scripts: new(atomic.Int32)}
	must(l.t, os.Mkdir(l.host(g.name), 0o755))
	init := fmt.Sprintf(guestInit, g.ip, g.name)
	must(l.t, os.WriteFile(l.host(g.name+"/init"), []byte(init), 0o644))
	link, raw := l.wire(n)
	g.link = link
	c := l.command(context.Background(), "taskset", "--cpu-list", processor(l.t), l.cache+"/linux",
		"mem=1G", "root=/dev/root", "rootfstype=hostfs", "rootflags="+l.cache+"/guest", "ro",
		"init=/lab-init", "lab_scratch="+l.dir, "lab_init=/lab/"+g.name+"/init",
		"umid="+l.ns+"-"+g.name, "uml_dir="+l.host(g.name+"/uml/"),
		"vec0:transport=raw,ifname="+raw+",depth=128", "con=null", "con0=fd:0,fd:1")
	c.Env = append(os.Environ(), "TMPDIR="+l.memoryFolder())
	in, err := c.StdinPipe()
	must(l.t, err)
	g.console = in
	g.process = l.launch(g.name, c)
	return g
}

// memoryFolder is where the kernel keeps the guest's memory as a file: in real
// memory if that folder is large enough, which it is not in some containers.
func (l *lab) memoryFolder() string {
	var fs syscall.Statfs_t
	if syscall.Statfs("/dev/shm", &fs) == nil && fs.Bavail*uint64(fs.Bsize) > 2<<30 {
		return "/dev/shm"
	}
	return l.dir
}

// boots counts the guests of all labs.
var boots atomic.Int32

// processor is the next guest's, of those that this process may have.
func processor(t *testing.T) string {
	t.Helper()
	var set unix.CPUSet
	must(t, unix.SchedGetaffinity(0, &set))
	turn := int(boots.Add(1)) % set.Count()
	for cpu := 0; ; cpu++ {
		if !set.IsSet(cpu) {
			continue
		}
		if turn == 0 {
			return fmt.Sprint(cpu)
		}
		turn--
	}
}

func (g *guest) ready() {
	g.lab.t.Helper()
	g.lab.await(g.process, g.name+" boots", 30*time.Second, func() bool {
		_, err := os.Stat(g.lab.host(g.name + "/up"))
		return err == nil
	})
}

// on is the same guest with its failures reported to a subtest.
func (g *guest) on(t *testing.T) *guest {
	c := *g
	c.lab = g.lab.on(t)
	return &c
}

// try runs a shell script in the guest, which ends at its first failing
// command, and returns what it wrote.
func (g *guest) try(limit time.Duration, script string) (string, error) {
	g.lab.t.Helper()
	return g.spawn(script).wait(limit)
}

// run is try for scripts that have to succeed.
func (g *guest) run(limit time.Duration, script string) string {
	g.lab.t.Helper()
	out, err := g.try(limit, script)
	if err != nil {
		g.lab.t.Fatalf("in %s: %v\n%s\n%s", g.name, err, script, tail(out))
	}
	return out
}

// A job is a script that runs in a guest.
type job struct {
	guest *guest
	path  string
}

// spawn starts a script in the guest.
func (g *guest) spawn(script string) *job {
	g.lab.t.Helper()
	n := g.scripts.Add(1)
	j := &job{g, g.lab.host(fmt.Sprintf("%s/%d", g.name, n))}
	must(g.lab.t, os.WriteFile(j.path+".sh", []byte(script), 0o644))
	line := fmt.Sprintln(n)
	for tries := 0; ; tries++ {
		_, err := io.WriteString(g.console, line)
		must(g.lab.t, err)
		if j.started() || tries == 100 {
			return j
		}
		// The kernel overlooks its console now and then, until more comes.
		line = "\n"
	}
}

// started waits a moment for the script to begin.
func (j *job) started() bool {
	for range 40 {
		if _, err := os.Stat(j.path + ".out"); err == nil {
			return true
		}
		time.Sleep(5 * time.Millisecond)
	}
	return false
}

// wait waits for the end of the script.
func (j *job) wait(limit time.Duration) (string, error) {
	for end := time.Now().Add(limit); ; time.Sleep(3 * time.Millisecond) {
		if rc, err := os.ReadFile(j.path + ".rc"); err == nil {
			out, _ := os.ReadFile(j.path + ".out")
			if s := strings.TrimSpace(string(rc)); s != "0" {
				return string(out), fmt.Errorf("exit status %s", s)
			}
			return string(out), nil
		}
		select {
		case <-j.guest.process.ended:
			return tail(j.guest.process.text()), fmt.Errorf("%s is gone: %v", j.guest.name, j.guest.process.err)
		default:
		}
		if time.Now().After(end) {
			out, _ := os.ReadFile(j.path + ".out")
			return string(out), fmt.Errorf("%w %v", errLimit, limit)
		}
	}
}

// ksmbd starts the kernel's SMB server in the guest: TCP on 445, SMB Direct
// over iWARP on 5445 or over RoCE on 445, the share on memory, where extended
// attributes work. One that runs already ends first. Settings go to the global
// section.
func (g *guest) ksmbd(settings ...string) {
	g.lab.t.Helper()
	direct := "grep -q ':1545 .* 0A ' /proc/net/tcp"
	if g.over == rxe {
		direct = "rdma res show cm_id | grep -q 'LISTEN .*smbdirect.*:445 '"
	}
	g.run(40*time.Second, `
if pidof ksmbd.mountd >/dev/null; then
	ksmbd.control -s
	while pidof ksmbd.mountd >/dev/null || `+direct+`; do busybox usleep 20000; done
fi
mkdir -p -m 777 /tmp/share
cat >/run/ksmbd.conf <<END
[global]
	netbios name = GUEST
	map to guest = never
`+strings.Join(settings, "\n")+`
[share]
	path = /tmp/share
	read only = no
	force user = root
END
rm -f /run/ksmbd.db /run/ksmbd.lock
ksmbd.adduser -C /run/ksmbd.conf -P /run/ksmbd.db -p `+password+` `+user+`
ksmbd.mountd -C /run/ksmbd.conf -P /run/ksmbd.db -n >/lab/`+g.name+`/mountd.log 2>&1 &
for i in $(seq 200); do
	grep -q ':01BD .* 0A ' /proc/net/tcp6 && `+direct+` && exit 0
	busybox usleep 20000
done
echo "ksmbd does not listen"; exit 1
`)
}

// mount mounts //IP/share over SMB Direct on /tmp/mnt of the guest; options are
// words of mount.cifs. The function it returns unmounts it.
func (g *guest) mount(ip string, options ...string) (unmount func()) {
	g.lab.t.Helper()
	return g.mountOver(ip, append([]string{"rdma", fmt.Sprint("port=", g.over.port)}, options...)...)
}

// mountOver is mount over what the options say.
func (g *guest) mountOver(ip string, options ...string) (unmount func()) {
	g.lab.t.Helper()
	tries, ours := "1", slices.Contains([]string{gatewayIP, secondIP, directIP, otherDirect}, ip)
	if !ours {
		// Between two Linux kernels the first message is sometimes overlooked
		// by software iWARP, and the connection ends after 5 seconds.
		tries = "1 2 3 4 5 6 7 8"
	}
	all := append([]string{"vers=3.1.1", "user=" + user, "pass=" + password}, options...)
	out, err := g.try(60*time.Second, `
mkdir -p /tmp/mnt
for try in `+tries+`; do
	mount -t cifs //`+ip+`/share /tmp/mnt -o `+strings.Join(all, ",")+` && exit 0
	dmesg | tail -n 20
done
exit 1
`)
	switch {
	case err != nil && !ours && strings.Contains(out, "wait for smbdirect_connect"):
		g.lab.t.Skipf("each time the two kernels stall, without smbgw\n%s", tail(out))
	case err != nil:
		g.lab.t.Fatalf("in %s: %v\n%s", g.name, err, tail(out))
	}
	g.lab.t.Cleanup(func() {
		if g.lab.t.Failed() { // then it may be there still, in the way of others
			g.try(20*time.Second, "umount -f -l /tmp/mnt")
		}
	})
	return func() {
		g.lab.t.Helper()
		g.run(40*time.Second, "umount /tmp/mnt")
	}
}
