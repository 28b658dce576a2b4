//go:build lab

package main_test

import (
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"
)

// Programs of ours in a guest: smbgw, this test binary in a role, and the tests
// of a package. The guest's root is Debian's and read-only, so they lie in the
// lab's folder, which is /lab there.

// bring puts a program where guests find it, under /lab.
func (l *lab) bring(program, name string) (inside string) {
	l.t.Helper()
	if _, err := os.Stat(l.host(name)); err == nil {
		return "/lab/" + name
	}
	in, err := os.Open(program)
	must(l.t, err)
	defer in.Close()
	out, err := os.OpenFile(l.host(name), os.O_CREATE|os.O_WRONLY, 0o755)
	must(l.t, err)
	_, err = io.Copy(out, in)
	must(l.t, err)
	must(l.t, out.Close())
	return "/lab/" + name
}

// A program is a job that is one process, which can be sent signals.
type program struct {
	*job
	process *process // its text, and its end
	pid     string   // the file that its ID is in
}

// program starts a command in the guest, with words of its environment, until
// the test ends. Memory may be locked without limit, unless the lab says so.
func (g *guest) program(name, command string, environment ...string) *program {
	g.lab.t.Helper()
	pid := fmt.Sprintf("/lab/%s/%s.pid", g.name, name)
	j := g.spawn("ulimit -l unlimited\necho $$ >" + pid + "\nexec env " + strings.Join(environment, " ") + " " + command + "\n")
	p := &program{job: j, pid: pid, process: &process{log: j.path + ".out", ended: make(chan struct{})}}
	go func() {
		_, p.process.err = j.wait(10 * time.Minute)
		close(p.process.ended)
	}()
	g.lab.t.Cleanup(func() { p.stop(syscall.SIGKILL, 5*time.Second) })
	return p
}

// signal sends a signal, to a program that may have ended.
func (p *program) signal(sig syscall.Signal) {
	p.guest.try(10*time.Second, fmt.Sprintf("kill -%d $(cat %s) || true", sig, p.pid))
}

// stop asks the program to end, and makes it after the limit. It says whether
// asking was enough.
func (p *program) stop(sig syscall.Signal, limit time.Duration) bool {
	select {
	case <-p.process.ended:
		return true
	case <-p.guest.process.ended:
		return false
	default:
	}
	p.signal(sig)
	select {
	case <-p.process.ended:
		return true
	case <-p.guest.process.ended:
	case <-time.After(limit):
		p.signal(syscall.SIGKILL)
	}
	return false
}

// done waits for the end of the program, which has to be a good one.
func (p *program) done(limit time.Duration) {
	p.guest.lab.t.Helper()
	p.guest.lab.done(p.process, limit)
}

// said waits until the program has written something.
func (p *program) said(what string, limit time.Duration) {
	p.guest.lab.t.Helper()
	p.guest.lab.await(p.process, fmt.Sprintf("%q of %s", what, p.guest.name), limit, func() bool {
		return strings.Contains(p.process.text(), what)
	})
}

// line is the first line that begins with a word, without it.
func (p *program) line(word string) string {
	for line := range strings.Lines(p.process.text()) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), word+" "); ok {
			return rest
		}
	}
	return ""
}

// role starts this test binary in the guest, in a role.
func (g *guest) role(words ...string) *program {
	g.lab.t.Helper()
	self, err := os.Executable()
	must(g.lab.t, err)
	inside := g.lab.bring(self, "lab.test")
	return g.program(words[0]+fmt.Sprint(g.scripts.Load()), inside+" -test.run=^TestLabHelper$ -test.v -test.count=1 -test.timeout=5m",
		`SMBGW_LAB_ROLE="`+strings.Join(words, " ")+`"`)
}

// gateway starts smbgw in the guest on a configuration, as lab.gateway does on
// the host.
func (g *guest) gateway(name, hcl string) *gateway {
	l := g.lab
	l.t.Helper()
	inside := l.bring(gatewayBinary(l.t), "smbgw")
	must(l.t, os.WriteFile(l.host(name+".hcl"), []byte(strings.ReplaceAll(hcl, l.dir+"/", "/lab/")), 0o644))
	p := g.program(name, inside+" -c /lab/"+name+".hcl")
	gw := &gateway{lab: l, name: name, process: p.process, stop: p.stop}
	gw.ready(hcl, 20*time.Second)
	return gw
}
