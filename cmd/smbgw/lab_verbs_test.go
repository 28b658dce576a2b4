//go:build lab

package main_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The provider that uses the system's RDMA devices, with devices in software in
// guests. What the gateway does with it is in lab_verbsgateway_test.go.

// perftest asks for the speed of the provider beside that of perftest.
var perftest = flag.Bool("perftest", false, "the speed of verbs beside perftest's, in a guest")

// overVerbs is q.
func overVerbs(t *testing.T) {
	for _, f := range fabrics {
		t.Run(f.kind, func(t *testing.T) {
			t.Run("suite", func(t *testing.T) { verbsSuite(t, f) })
			t.Run("forged", func(t *testing.T) { forged(t, f) })
			t.Run("peer-killed", func(t *testing.T) { peerKilled(t, f) })
			if *perftest {
				t.Run("speed", func(t *testing.T) { speed(t, f) })
			}
		})
	}
	t.Run("link-down", linkDown)
	t.Run("removed", deviceRemoved)
	t.Run("crowd", crowd)
}

var (
	failedTest = regexp.MustCompile(`(?m)^ *--- FAIL: .*`)
	objection  = regexp.MustCompile(`(?m)^ +[a-z_]+\.go:\d+: .*`)
)

// verbsSuite runs the tests of package verbs where there is a device.
func verbsSuite(t *testing.T, f fabric) {
	binary := os.Getenv("SMBGW_LAB_VERBS")
	if binary == "" {
		t.Fatal("SMBGW_LAB_VERBS names no test binary of package verbs; etc/lab/run builds one")
	}
	l := newLab(t)
	g := l.guestsWith(f, 1)[0]
	before := g.resources(f.name())
	binary = l.bring(binary, "verbs.test")
	suite(t, g, binary+" -test.v -test.timeout=120s", g.ip)
	g.run(5*time.Second, "ip -6 addr add fd99::2/64 dev vec0 nodad")
	suite(t, g, binary+" -test.v -test.timeout=60s -test.run 'TestProvider/(Params|Sends|Write|Read|Refused|NoListener|CloseDelivers)$'", "fd99::2")
	g.left(f.name(), before, 5*time.Second)
}

// suite runs tests of package verbs with a device that has the address.
func suite(t *testing.T, g *guest, command, address string) {
	t.Helper()
	p := g.program("verbs", command, "SMBGW_VERBS=1", "SMBGW_VERBS_ADDR="+address)
	select {
	case <-p.process.ended:
	case <-time.After(130 * time.Second):
		t.Errorf("%v\n%s", errLimit, tail(p.process.text()))
	}
	said := p.process.text()
	if failed := failedTest.FindAllString(said, -1); failed != nil {
		t.Errorf("%s\n%s", strings.Join(failed, "\n"), strings.Join(objection.FindAllString(said, -1), "\n"))
	} else if p.process.err != nil || !strings.Contains(said, "--- PASS: TestProvider") {
		t.Errorf("the suite has not run to its end over %s: %v\n%s", address, p.process.err, tail(said))
	}
}

// at is where a role listens in a guest.
func (g *guest) at(port int) string { return fmt.Sprintf("%s:%d", g.ip, port) }

// sink starts a sink in the guest.
func (g *guest) sink(port, peers int) *program {
	g.lab.t.Helper()
	p := g.role("rdma-sink", "verbs", g.at(port), strconv.Itoa(peers))
	p.said("listening", 20*time.Second)
	return p
}

// typed checks how a role's connection ended, and that nothing is left of it in
// the provider.
func typed(t *testing.T, p *program, classes ...string) {
	t.Helper()
	said := p.line("ended")
	class, why, _ := strings.Cut(said, " ")
	t.Logf("%s: %s", class, why)
	for _, c := range classes {
		if c == class {
			if left := p.line("left"); left != nothingLeft {
				t.Errorf("left are %q", left)
			}
			return
		}
	}
	t.Errorf("the connection ended with %q, want one of %q\n%s", said, classes, tail(p.process.text()))
}

// peerKilled kills each side in the middle of a transfer.
func peerKilled(t *testing.T, f fabric) {
	l := newLab(t)
	gs := l.guestsWith(f, 2)
	before := []resources{gs[0].resources(f.name()), gs[1].resources(f.name())}
	sink := gs[1].sink(7471, 1)
	src := gs[0].role("rdma-source", "verbs", gs[1].at(7471))
	src.said("moving", 20*time.Second)
	sink.signal(syscall.SIGKILL)
	src.done(20 * time.Second)
	typed(t, src, "eof", "reset", "silent", "protocol-local")

	sink = gs[1].sink(7472, 1)
	src = gs[0].role("rdma-source", "verbs", gs[1].at(7472))
	src.said("moving", 20*time.Second)
	src.signal(syscall.SIGKILL)
	sink.done(20 * time.Second)
	typed(t, sink, "eof", "reset", "silent")
	for i, g := range gs {
		g.left(f.name(), before[i], 10*time.Second)
	}
}

// deviceRemoved takes a device away under a transfer, beside which another goes
// over another device of the same program, to the guest itself. It is rxe's, as
// the kernel takes siw from no program: rdma link del waits for its end.
func deviceRemoved(t *testing.T) {
	l := newLab(t)
	gs := l.guestsWith(rxe, 2)
	client, server := gs[0], gs[1]
	client.run(10*time.Second, `
ip addr add 10.98.0.1/24 dev dummy0
ip link set dummy0 up
rdma link add other type siw netdev dummy0
`)
	before := server.resources(rxe.name())
	first := server.sink(7471, 1)
	second := client.role("rdma-sink", "verbs", "10.98.0.1:7472", "1")
	second.said("listening", 20*time.Second)
	src := client.role("rdma-source", "verbs", server.at(7471), "10.98.0.1:7472")
	src.said("moving", 20*time.Second)
	client.run(20*time.Second, "rdma link del "+rxe.name())
	src.done(20 * time.Second)
	typed(t, src, "removed")
	if n, _ := strconv.Atoi(src.line("lives")); n == 0 {
		t.Errorf("the other device's connection does not go on: %q", src.line("lives"))
	}
	first.done(60 * time.Second)
	second.done(20 * time.Second)
	typed(t, first, "eof", "reset", "silent")
	server.left(rxe.name(), before, 10*time.Second)
}

// linkDown takes the link down under a transfer. RoCE says so after its repeats;
// iWARP is a TCP connection, whose end is a matter of SMB Direct's own timers.
func linkDown(t *testing.T) {
	l := newLab(t)
	gs := l.guestsWith(rxe, 2)
	before := gs[0].resources(rxe.name())
	gs[1].sink(7471, 1)
	src := gs[0].role("rdma-source", "verbs", gs[1].at(7471))
	src.said("moving", 20*time.Second)
	gs[0].run(10*time.Second, "ip link set vec0 down")
	src.done(60 * time.Second)
	typed(t, src, "silent", "eof", "reset")
	gs[0].left(rxe.name(), before, 10*time.Second)
}

// crowd is five hundred connections at the same time, both ends in a guest.
func crowd(t *testing.T) {
	const many, fewThreads = 500, 40
	l := newLab(t)
	g := l.guestsWith(rxe, 1)[0]
	before := g.resources(rxe.name())
	p := g.role("rdma-crowd", "verbs", g.at(7471), strconv.Itoa(many))
	p.done(90 * time.Second)
	t.Log(p.line("connected"), "closed", p.line("closed"))
	if left := p.line("left"); left != nothingLeft {
		t.Errorf("left are %q", left)
	}
	m := regexp.MustCompile(`(\d+) threads`).FindStringSubmatch(p.line("connected"))
	if m == nil {
		t.Fatalf("no count of threads in %q", p.line("connected"))
	}
	if n, _ := strconv.Atoi(m[1]); n > fewThreads {
		t.Errorf("%d connections have %d threads, want at most %d", many, n, fewThreads)
	}
	g.left(rxe.name(), before, 10*time.Second)
}

// forged has a peer reach for memory that it was not given, or not any more.
func forged(t *testing.T, f fabric) {
	l := newLab(t)
	gs := l.guestsWith(f, 2)
	t.Run("verbs", func(t *testing.T) {
		client, server := gs[0].on(t), gs[1].on(t)
		before := server.resources(f.name())
		expose := server.role("rdma-expose", "verbs", server.at(7471))
		expose.said("listening", 20*time.Second)
		forge := client.role("rdma-forge", "verbs", server.at(7471))
		forge.done(60 * time.Second)
		expose.done(20 * time.Second)
		refused(t, f, expose, forge.process.text())
		server.left(f.name(), before, 10*time.Second)
	})
	if f != siw {
		return
	}
	t.Run("iwarp", func(t *testing.T) {
		l, server := l.on(t), gs[1].on(t)
		expose := server.role("rdma-expose", "verbs", server.at(7472))
		expose.said("listening", 20*time.Second)
		forge := l.role("rdma-forge", "iwarp", server.at(7472))
		l.done(forge, 60*time.Second)
		expose.done(20 * time.Second)
		refused(t, f, expose, forge.text())
	})
}

// refused checks that no forgery has changed memory or been overlooked. One is:
// siw lets what may only be written be read.
func refused(t *testing.T, f fabric, expose *program, forger string) {
	t.Helper()
	for _, forgery := range forgeries {
		said := expose.line("forged " + forgery.name)
		t.Logf("%s: %s", forgery.name, said)
		if !strings.Contains(said, "intact true") || strings.HasPrefix(said, "untyped") {
			t.Errorf("%s: %q", forgery.name, said)
		}
		overlooked := strings.Contains(forger, "allowed "+forgery.name)
		if overlooked && (f != siw || forgery.name != "right") {
			t.Errorf("%s is allowed", forgery.name)
		}
		if !overlooked && !strings.Contains(forger, "refused "+forgery.name+" ") {
			t.Errorf("%s is not refused\n%s", forgery.name, tail(forger))
		}
	}
	for line := range strings.Lines(forger) {
		if !strings.HasPrefix(line, "refused ") && !strings.HasPrefix(line, "allowed ") {
			continue
		}
		t.Log(strings.TrimSpace(line))
		if strings.Contains(line, " intact false ") {
			t.Errorf("the forger has %q", line)
		}
	}
	if left := expose.line("left"); left != nothingLeft {
		t.Errorf("left are %q", left)
	}
}

// ofPerftest is the least of perftest's speed that the provider may have.
const ofPerftest = 0.8

// speed compares the provider with perftest, both ends in one guest, both with
// 1 MiB at a time.
func speed(t *testing.T, f fabric) {
	l := newLab(t)
	g := l.guestsWith(f, 1)[0]
	for _, op := range []string{"write", "read"} {
		theirs := g.perftest(f, op)
		sink := g.sink(7471, 1)
		src := g.role("rdma-bench", "verbs", g.at(7471), op, "2")
		src.done(30 * time.Second)
		sink.done(20 * time.Second)
		ours, _ := strconv.ParseFloat(strings.TrimSuffix(src.line("moves"), " MiB/s"), 64)
		t.Logf("%s over %s: provider %.0f MiB/s, perftest %.0f MiB/s, ratio %.2f", op, f.kind, ours, theirs, ours/theirs)
		if ours < ofPerftest*theirs {
			t.Errorf("%s: %.0f MiB/s is less than %.1f of perftest's %.0f", op, ours, ofPerftest, theirs)
		}
	}
}

var perftestLine = regexp.MustCompile(`(?m)^ 1048576 +(\d+) `)

// perftest runs ib_OP_bw against itself. A guest does not know its processor's
// clock, so the rate is from the count: of 2 seconds, without one at each end.
func (g *guest) perftest(f fabric, op string) float64 {
	g.lab.t.Helper()
	command := "ib_" + op + "_bw -d " + f.name() + " -R -s 1048576 -D 4 -f 1 -F"
	out := g.run(40*time.Second, `
`+command+` >/tmp/perftest 2>&1 &
until rdma res show cm_id | grep -q 'LISTEN.*ib_'; do busybox usleep 20000; done
timeout 30 `+command+" "+g.ip+`
wait
`)
	m := perftestLine.FindStringSubmatch(out)
	if m == nil {
		g.lab.t.Fatalf("perftest says\n%s", out)
	}
	n, _ := strconv.ParseFloat(m[1], 64)
	return n / 2
}
