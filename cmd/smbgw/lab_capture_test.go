//go:build lab

package main_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A capture records what passes a link of SMB Direct: over iWARP on its port,
// over RoCE on that of all of RoCEv2.
type capture struct {
	lab     *lab
	file    string
	process *process
}

var captureNames = strings.NewReplacer("/", "-", " ", "-")

// capture starts to record on a link of the namespace. The file is kept if
// the test fails.
func (l *lab) capture(link string) *capture {
	l.t.Helper()
	name := captureNames.Replace(l.t.Name()) + "-" + link
	c := &capture{lab: l, file: l.host(name + ".pcap")}
	// The large buffer is for bursts; a lost packet would end the reading of
	// its connection. As root because tcpdump cannot write here as its own user.
	c.process = l.start("tcpdump-"+name, "tcpdump", "-i", link, "-w", c.file, "-Z", "root",
		"-B", "131072", "-s", "0", "tcp port 5445 or udp port 4791")
	l.await(c.process, "tcpdump listens", 10*time.Second, func() bool {
		return strings.Contains(c.process.text(), "listening on")
	})
	t := l.t
	t.Cleanup(func() {
		if t.Failed() { // how it ended matters most
			time.Sleep(captureBlock)
			c.process.stop(syscall.SIGINT, 10*time.Second)
		}
	})
	return c
}

// captureBlock is what captured packets take to reach tcpdump, in blocks, the
// last one after a second.
const captureBlock = 1100 * time.Millisecond

// dropped is what tcpdump says at its end.
var dropped = regexp.MustCompile(`(\d+) packets dropped by kernel`)

// stop ends the recording and reads it.
func (c *capture) stop() *wire {
	t := c.lab.t
	t.Helper()
	time.Sleep(captureBlock)
	if !c.process.stop(syscall.SIGINT, 10*time.Second) {
		t.Fatalf("tcpdump did not end:\n%s", c.process.text())
	}
	if m := dropped.FindStringSubmatch(c.process.text()); m == nil || m[1] != "0" {
		t.Fatalf("tcpdump has lost packets:\n%s", c.process.text())
	}
	f, err := os.Open(c.file)
	must(t, err)
	defer f.Close()
	w, err := readWire(f, 5445)
	if err != nil {
		t.Fatalf("%s: %v", c.file, err)
	}
	t.Cleanup(func() {
		if !t.Failed() {
			os.Remove(c.file) // of a lab whose other tests may fail
		}
	})
	return w
}

// A passage is what a test says of the payload of one direction.
type passage struct {
	from, to string // addresses: who holds the payload, who gets it
	placed   int64  // payload that may be placed
	all      int64  // all payload
}

// placed checks that the payload went by RDMA, which is by the opcode that the
// holder of the payload uses: a server writes into its client's memory, a
// client answers its server's reads. What is not payload goes in Sends and is
// little: at most 5% of it all.
func (w *wire) placed(t *testing.T, p passage, by opcode) {
	t.Helper()
	d := w.between(p.from, p.to)
	t.Logf("%s > %s: %s", p.from, p.to, d)
	if d.bytes[by] < p.placed {
		t.Errorf("%s > %s: %d bytes by %s, want at least %d: %s", p.from, p.to, d.bytes[by], by, p.placed, d)
	}
	if share := float64(d.bytes[by]) / float64(d.bytes[by]+d.sends()); share < 0.95 {
		t.Errorf("%s > %s: %.1f%% went by %s, want 95%%: %s", p.from, p.to, 100*share, by, d)
	}
}

// inline checks that no payload went by RDMA.
func (w *wire) inline(t *testing.T, p passage) {
	t.Helper()
	d := w.between(p.from, p.to)
	t.Logf("%s > %s: %s", p.from, p.to, d)
	if n := d.bytes[opWrite] + d.bytes[opReadResponse]; n > 0 {
		t.Errorf("%s > %s: %d bytes by RDMA, want none: %s", p.from, p.to, n, d)
	}
	if d.sends() < p.all {
		t.Errorf("%s > %s: %d bytes in Sends, want at least %d: %s", p.from, p.to, d.sends(), p.all, d)
	}
}

// clean checks that no stream ended in an RDMAP Terminate.
func (w *wire) clean(t *testing.T) {
	t.Helper()
	for _, d := range w.directions {
		if d.segments[opTerminate] > 0 {
			t.Errorf("%s > %s: a Terminate: %x", d.from, d.to, d.terminate)
		}
	}
}

func (d *direction) sends() int64 {
	var n int64
	for op := opSend; op <= opSendSEInvalidate; op++ {
		n += d.bytes[op]
	}
	return n
}

// String says what went in that direction, by opcode.
func (d *direction) String() string {
	var s []string
	for op, n := range d.segments {
		if n > 0 {
			s = append(s, fmt.Sprintf("%s %d bytes in %d segments", opcode(op), d.bytes[op], n))
		}
	}
	if s == nil {
		return "nothing"
	}
	return strings.Join(s, ", ")
}
