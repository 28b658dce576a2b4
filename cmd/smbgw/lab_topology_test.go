//go:build lab

package main_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Where everybody is. The gateway's machine is the network namespace itself;
// guest n is 10.99.0.(n+1).
const (
	gatewayIP   = "10.99.0.1"
	gatewayName = "gw.lab.test"
	user        = "tester"
	password    = "secret"
)

// A lab is one network namespace with a bridge, and one folder that guests,
// chroots and the host see alike: dir on the host is /lab in the others.
type lab struct {
	t     *testing.T
	ns    string
	dir   string
	cache string // what etc/lab/make has made
}

var labs atomic.Int32

// newLab makes an empty lab. At the end of the test it goes away with every
// process in it; if the test has failed the folder stays, without the payload.
func newLab(t *testing.T) *lab {
	t.Helper()
	cache := os.Getenv("SMBGW_LAB_DIR")
	if cache == "" || os.Geteuid() != 0 {
		t.Fatal("the lab is run as root by etc/lab/run")
	}
	dropStaleNamespaces(t)
	dir, err := os.MkdirTemp("", "smbgw-lab-")
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{t: t, ns: fmt.Sprintf("smbgwlab-%d-%d", os.Getpid(), labs.Add(1)), dir: dir, cache: cache}
	t.Cleanup(l.remove)
	for _, sub := range []string{"files", "tls"} {
		must(t, os.Mkdir(l.host(sub), 0o755))
	}
	// Servers in the chroot write here under other identities.
	must(t, os.Chmod(dir, 0o755))
	must(t, os.Chmod(l.host("files"), 0o777))
	hosts := "127.0.0.1 localhost\n" + gatewayIP + " " + gatewayName + "\n"
	must(t, os.WriteFile(l.host("hosts"), []byte(hosts), 0o644))
	l.ip("netns", "add", l.ns)
	l.ip("-n", l.ns, "link", "set", "lo", "up")
	l.ip("-n", l.ns, "link", "add", "br0", "type", "bridge")
	l.ip("-n", l.ns, "addr", "add", gatewayIP+"/24", "dev", "br0")
	l.ip("-n", l.ns, "link", "set", "br0", "up")
	l.plain("br0")
	return l
}

// host is the host's name of what is /lab/NAME elsewhere.
func (l *lab) host(name string) string { return filepath.Join(l.dir, name) }

// wire adds a veth pair: vh on the bridge, vu for a guest to open raw.
func (l *lab) wire(n int) (bridged, raw string) {
	bridged, raw = fmt.Sprint("vh", n), fmt.Sprint("vu", n)
	l.ip("-n", l.ns, "link", "add", bridged, "type", "veth", "peer", "name", raw)
	l.ip("-n", l.ns, "link", "set", bridged, "master", "br0")
	for _, end := range []string{bridged, raw} {
		l.plain(end)
		l.ip("-n", l.ns, "link", "set", end, "up")
	}
	return bridged, raw
}

// plain turns the offloads of a link off: a guest on a raw device sees frames
// as they are, and a checksum that nobody fills in is a wrong one.
func (l *lab) plain(link string) {
	l.t.Helper()
	l.run(10*time.Second, "ethtool", "-K", link, "tx", "off", "tso", "off", "gso", "off", "gro", "off")
}

func (l *lab) ip(args ...string) {
	l.t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		l.t.Fatalf("ip %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// command is a command in the namespace, head of its own process group so that
// all of it can be ended, and gone when this process is.
func (l *lab) command(ctx context.Context, argv ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, "ip", append([]string{"netns", "exec", l.ns}, argv...)...)
	c.Dir = l.dir
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = 2 * time.Second
	return c
}

var errLimit = errors.New("not done after")

// try runs a command to its end and returns what it wrote.
func (l *lab) try(limit time.Duration, argv ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	out, err := l.command(ctx, argv...).CombinedOutput()
	if ctx.Err() != nil {
		err = fmt.Errorf("%w %v", errLimit, limit)
	}
	return string(out), err
}

// run is try for commands that have to succeed.
func (l *lab) run(limit time.Duration, argv ...string) string {
	l.t.Helper()
	out, err := l.try(limit, argv...)
	if err != nil {
		l.t.Fatalf("%s: %v\n%s", strings.Join(argv, " "), err, out)
	}
	return out
}

// on is the same lab with its failures reported to a subtest.
func (l *lab) on(t *testing.T) *lab {
	c := *l
	c.t = t
	return &c
}

// remove ends what is left in the namespace, which knows its own processes
// even where they have left their process group.
func (l *lab) remove() {
	if out, err := exec.Command("ip", "netns", "pids", l.ns).Output(); err == nil {
		for _, p := range strings.Fields(string(out)) {
			if pid, err := strconv.Atoi(p); err == nil {
				syscall.Kill(pid, syscall.SIGKILL)
			}
		}
	}
	exec.Command("ip", "netns", "del", l.ns).Run()
	if !l.t.Failed() {
		os.RemoveAll(l.dir)
		return
	}
	os.RemoveAll(l.host("files"))
	shares, _ := filepath.Glob(l.host("smbd*/share"))
	for _, s := range shares {
		os.RemoveAll(s)
	}
	l.t.Logf("logs and captures are kept in %s", l.dir)
}

// dropStaleNamespaces removes those of test processes that were killed before
// they could.
func dropStaleNamespaces(t *testing.T) {
	left, _ := filepath.Glob("/run/netns/smbgwlab-*")
	for _, path := range left {
		part := strings.Split(filepath.Base(path), "-")
		if pid, err := strconv.Atoi(part[1]); err != nil || syscall.Kill(pid, 0) == nil {
			continue
		}
		t.Logf("removing %s, left by a test that was killed", path)
		exec.Command("ip", "netns", "del", filepath.Base(path)).Run()
	}
}

// A process is a program that runs beside the test, with its output in a log.
type process struct {
	*exec.Cmd
	log   string
	ended chan struct{} // closed when it has; err is then set
	err   error
}

// start runs a program until the test ends. Its output goes to NAME.log.
func (l *lab) start(name string, argv ...string) *process {
	l.t.Helper()
	return l.launch(name, l.command(context.Background(), argv...))
}

// launch is start for a command that needs more said about it.
func (l *lab) launch(name string, c *exec.Cmd) *process {
	l.t.Helper()
	p := &process{Cmd: c, log: l.host(name + ".log"), ended: make(chan struct{})}
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	must(l.t, err)
	defer out.Close()
	p.Stdout, p.Stderr = out, out
	must(l.t, p.Start())
	go func() {
		p.err = p.Wait()
		close(p.ended)
	}()
	l.t.Cleanup(func() { p.stop(syscall.SIGTERM, 5*time.Second) })
	return p
}

// stop asks the process to end, and makes it after the limit. It says whether
// asking was enough.
func (p *process) stop(sig syscall.Signal, limit time.Duration) bool {
	p.Process.Signal(sig)
	asked := true
	select {
	case <-p.ended:
	case <-time.After(limit):
		asked = false
	}
	syscall.Kill(-p.Process.Pid, syscall.SIGKILL)
	<-p.ended
	return asked
}

// text is what the process has written so far.
func (p *process) text() string {
	b, _ := os.ReadFile(p.log)
	return string(b)
}

// await waits until ready says so; it gives up at the limit or when the
// process ends.
func (l *lab) await(p *process, what string, limit time.Duration, ready func() bool) {
	l.t.Helper()
	for end := time.Now().Add(limit); !ready(); time.Sleep(5 * time.Millisecond) {
		select {
		case <-p.ended:
			l.t.Fatalf("%s: ended before that: %v\n%s", what, p.err, tail(p.text()))
		default:
		}
		if time.Now().After(end) {
			l.t.Fatalf("%s: not within %v\n%s", what, limit, tail(p.text()))
		}
	}
}

// listening reports whether a process of the lab has a TCP port open for IPv4.
// Samba opens it for IPv6 a moment earlier, and until the process has entered
// the namespace its sockets are those of the whole machine.
func (l *lab) listening(p *process, port int) bool {
	own, err := os.Stat(fmt.Sprintf("/proc/%d/ns/net", p.Process.Pid))
	must(l.t, err)
	lab, err := os.Stat("/run/netns/" + l.ns)
	must(l.t, err)
	table, _ := os.ReadFile(fmt.Sprintf("/proc/%d/net/tcp", p.Process.Pid))
	return os.SameFile(own, lab) && bytes.Contains(table, fmt.Appendf(nil, ":%04X 00000000:0000 0A", port))
}

func tail(s string) string {
	if n := len(s) - 4000; n > 0 {
		return "..." + s[n:]
	}
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
