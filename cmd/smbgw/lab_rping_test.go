//go:build lab

package main_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports/smbdirect/iwarp"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// The second opinion on the iwarp provider: rping of the Linux RDMA tools,
// through libibverbs and the kernel's software iWARP. A client of rping says
// where its data is; the server reads it by RDMA and says so; the client says
// where it wants it back; the server writes it there by RDMA and says so. What
// they say is 16 bytes in a Send: address u64, token u32, size u32, big-endian.

const (
	rpingPort   = "7174" // 1C06 in the kernel's tables
	rpingRounds = 100
)

// rpingSizes are one segment, a few, and the most that rping takes.
var rpingSizes = []int{64, 5000, 65535}

// rping is f.
func rping(t *testing.T) {
	l := newLab(t)
	g := l.guest(1)
	rounds := strconv.Itoa(rpingRounds)
	for _, size := range rpingSizes {
		text := strconv.Itoa(size)
		t.Run("rping-to-iwarp/"+text, func(t *testing.T) {
			l, g := l.on(t), g.on(t)
			p := l.role("rping-host", gatewayIP, text)
			l.await(p, "the responder listens", 10*time.Second, func() bool { return l.listening(p, 7174) })
			out := g.run(60*time.Second, "ulimit -l unlimited; rping -c -V -a "+gatewayIP+" -p "+rpingPort+" -C "+rounds+" -S "+text)
			appendFile(t, l.host("rping.log"), out)
			l.done(p, 20*time.Second)
		})
		t.Run("iwarp-to-rping/"+text, func(t *testing.T) {
			l, g := l.on(t), g.on(t)
			j := g.spawn("ulimit -l unlimited; rping -s -v -V -a " + g.ip + " -p " + rpingPort + " -C " + rounds + " -S " + text)
			g.run(10*time.Second, "until grep -q ':1C06 .* 0A ' /proc/net/tcp; do busybox usleep 20000; done")
			l.done(l.role("rping", g.ip, text), 60*time.Second)
			// Its exit status tells nothing: a client's hang-up is an error to it.
			out, _ := j.wait(20 * time.Second)
			appendFile(t, l.host("rping.log"), out)
			if n := bytes.Count([]byte(out), []byte("server ping data: rdma-ping-")); n != rpingRounds {
				t.Errorf("rping has seen %d pings, want %d\n%s", n, rpingRounds, tail(out))
			}
		})
	}
}

// An rpinger is one side of rping on our provider.
type rpinger struct {
	qp      rdma.QueuePair
	heard   [16]byte // the next thing the other side says
	arrived map[rdma.Op]int
}

// rpingServerRole serves one client on args[0] that pings args[1] bytes.
func rpingServerRole(t *testing.T, args []string) {
	size, _ := strconv.Atoi(args[1])
	ln, err := new(iwarp.Provider).Listen(t.Context(), args[0]+":"+rpingPort, rdma.Config{})
	must(t, err)
	defer ln.Close()
	qp, err := ln.Accept()
	must(t, err)
	p := newRpinger(t, qp, 1)
	data := make([]byte, size)
	for round := range rpingRounds {
		source := p.hear(t)
		p.work(t, rdma.Work{Op: rdma.OpRead, Body: data[:source.Length], Remote: source})
		if want := fmt.Sprintf("rdma-ping-%d: ", round); !bytes.HasPrefix(data, []byte(want)) {
			t.Fatalf("round %d: read %.20q, want %q", round, data, want)
		}
		p.say(t, rdma.Segment{})
		sink := p.hear(t)
		p.work(t, rdma.Work{Op: rdma.OpWrite, Body: data[:sink.Length], Remote: sink})
		p.say(t, rdma.Segment{})
	}
	p.hangUp(t)
}

// rpingClientRole pings args[1] bytes at args[0].
func rpingClientRole(t *testing.T, args []string) {
	size, _ := strconv.Atoi(args[1])
	qp, err := new(iwarp.Provider).Dial(args[0]+":"+rpingPort, rdma.Config{})
	must(t, err)
	p := newRpinger(t, qp, 1)
	defer qp.Close()
	source, sink := make([]byte, size), make([]byte, size)
	from, err := qp.Register(source, rdma.RemoteRead)
	must(t, err)
	defer from.Deregister()
	to, err := qp.Register(sink, rdma.RemoteWrite)
	must(t, err)
	defer to.Deregister()
	for round := range rpingRounds {
		n := copy(source, fmt.Sprintf("rdma-ping-%d: ", round))
		for i := range source[n:] {
			source[n+i] = byte('A' + (round+i)%58)
		}
		source[size-1] = 0 // rping prints it as a string
		p.say(t, from.Segment())
		p.hear(t)
		p.say(t, to.Segment())
		p.hear(t)
		if !bytes.Equal(source, sink) {
			t.Fatalf("round %d: what comes back differs: %.40q, want %.40q", round, sink, source)
		}
	}
}

// newRpinger establishes the connection with a receive posted, for so many reads
// at a time: neither side of rping speaks twice in a row.
func newRpinger(t *testing.T, qp rdma.QueuePair, reads int) *rpinger {
	t.Helper()
	p := &rpinger{qp: qp, arrived: map[rdma.Op]int{}}
	must(t, qp.PostReceive(1, p.heard[:]))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	must(t, qp.Establish(ctx, rdma.Params{IRD: reads, ORD: reads}))
	return p
}

// hear waits for what the other side says next.
func (p *rpinger) hear(t *testing.T) rdma.Segment {
	t.Helper()
	p.await(t, rdma.OpReceive)
	s := rdma.Segment{
		Offset: binary.BigEndian.Uint64(p.heard[:]),
		Token:  binary.BigEndian.Uint32(p.heard[8:]),
		Length: binary.BigEndian.Uint32(p.heard[12:]),
	}
	must(t, p.qp.PostReceive(1, p.heard[:]))
	return s
}

// say tells the other side of a segment.
func (p *rpinger) say(t *testing.T, s rdma.Segment) {
	t.Helper()
	p.work(t, said(s))
}

func said(s rdma.Segment) rdma.Work {
	b := binary.BigEndian.AppendUint64(nil, s.Offset)
	b = binary.BigEndian.AppendUint32(b, s.Token)
	b = binary.BigEndian.AppendUint32(b, s.Length)
	return rdma.Work{Op: rdma.OpSend, Body: b}
}

// work posts one entry and waits until it is done.
func (p *rpinger) work(t *testing.T, w rdma.Work) {
	t.Helper()
	must(t, p.qp.PostSend([]rdma.Work{w}))
	p.await(t, w.Op)
}

func (p *rpinger) await(t *testing.T, op rdma.Op) {
	t.Helper()
	for p.arrived[op] == 0 {
		var batch [4]rdma.Completion
		n, err := p.qp.Poll(batch[:])
		if err != nil {
			t.Fatalf("waiting for %v: %v", op, err)
		}
		for _, c := range batch[:n] {
			if c.Err != nil {
				t.Fatalf("waiting for %v: %v of %v", op, c.Err, c.Op)
			}
			p.arrived[c.Op]++
		}
	}
	p.arrived[op]--
}

// hangUp waits for the client to end the connection, which it does in order.
func (p *rpinger) hangUp(t *testing.T) {
	t.Helper()
	defer p.qp.Close()
	for {
		var batch [4]rdma.Completion
		if _, err := p.qp.Poll(batch[:]); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("the client's end of the connection: %v", err)
		}
	}
}
