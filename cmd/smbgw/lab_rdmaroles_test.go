//go:build lab

package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports/mapped"
	"github.com/smbgw/smbgw/transports/smbdirect/iwarp"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
	"github.com/smbgw/smbgw/transports/smbdirect/verbs"
)

// Programs that use an RDMA provider by itself, in a guest or on the host. What
// they say goes to the test in lines, each with its word in front.

// rdmaProvider is a provider by name, with the memory that its buffers are of
// and a count of what is left of its connections.
func rdmaProvider(name string) (p rdma.Provider, alloc func(int) []byte, left func() string) {
	if name == "verbs" {
		m := new(mapped.Memory)
		v := &verbs.Provider{Memory: m}
		return v, m.Alloc, func() string { return fmt.Sprintf("%d regions, %d connections", v.Regions(), v.Connections()) }
	}
	i := new(iwarp.Provider)
	return i, func(n int) []byte { return make([]byte, n) }, func() string { return fmt.Sprintf("%d regions, 0 connections", i.Regions()) }
}

const nothingLeft = "0 regions, 0 connections"

// class says what an error is, as far as programs can find out.
func class(err error) string {
	var p *rdma.ProtocolError
	var status *verbs.StatusError
	switch {
	case errors.As(err, &p) && p.Remote:
		return "protocol-remote"
	case errors.As(err, &p):
		return "protocol-local"
	case errors.As(err, &status):
		return "status"
	case errors.Is(err, verbs.ErrRemoved):
		return "removed"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "eof"
	case errors.Is(err, syscall.ETIMEDOUT):
		return "silent"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNABORTED):
		return "reset"
	case errors.Is(err, net.ErrClosed):
		return "closed"
	}
	return "untyped"
}

// end takes completions until the connection ends, and says how it did.
func (p *rpinger) end() error {
	for {
		var batch [16]rdma.Completion
		if _, err := p.qp.Poll(batch[:]); err != nil {
			return err
		}
	}
}

// transfer is what moves at a time: the largest that SMB clients ask for.
const transfer = 1 << 20

// listenAs listens and says so. A restarted listener's port is free at once.
func listenAs(t *testing.T, p rdma.Provider, address string, c rdma.Config) rdma.Listener {
	t.Helper()
	ln, err := p.Listen(t.Context(), address, c)
	must(t, err)
	fmt.Println("listening")
	return ln
}

// sinkRole lets args[2] peers read and write memory of its until they leave:
// PROVIDER ADDRESS PEERS.
func sinkRole(t *testing.T, args []string) {
	p, alloc, left := rdmaProvider(args[0])
	ln := listenAs(t, p, args[1], rdma.Config{})
	peers, _ := strconv.Atoi(args[2])
	var all sync.WaitGroup
	for range peers {
		qp, err := ln.Accept()
		must(t, err)
		all.Go(func() {
			defer qp.Close()
			r := newRpinger(t, qp, depth)
			r.hear(t)
			for _, right := range []rdma.Access{rdma.RemoteWrite, rdma.RemoteRead} {
				region, err := qp.Register(alloc(transfer), right)
				must(t, err)
				defer region.Deregister()
				r.say(t, region.Segment())
				r.hear(t)
			}
			err := r.end()
			fmt.Println("ended", class(err), err)
		})
	}
	all.Wait()
	must(t, ln.Close())
	fmt.Println("left", left())
}

// segments asks a sink for its two regions.
func (p *rpinger) segments(t *testing.T) (write, read rdma.Segment) {
	t.Helper()
	p.say(t, rdma.Segment{})
	write = p.hear(t)
	p.say(t, rdma.Segment{})
	read = p.hear(t)
	p.say(t, rdma.Segment{})
	return write, read
}

// A source moves memory to or from a sink as fast as it goes.
type source struct {
	*rpinger
	work  rdma.Work
	moved atomic.Int64 // transfers
}

// depth is how many transfers a source keeps under way.
const depth = 16

func newSource(t *testing.T, p rdma.Provider, alloc func(int) []byte, op rdma.Op, address string) *source {
	t.Helper()
	qp, err := p.Dial(address, rdma.Config{})
	must(t, err)
	s := &source{rpinger: newRpinger(t, qp, depth), work: rdma.Work{Op: op, Body: alloc(transfer)}}
	write, read := s.segments(t)
	s.work.Remote = write
	if op == rdma.OpRead {
		s.work.Remote = read
	}
	return s
}

// run moves until the connection ends.
func (s *source) run() error {
	list := make([]rdma.Work, depth)
	for i := range list {
		list[i] = s.work
	}
	if err := s.qp.PostSend(list); err != nil {
		return err
	}
	for {
		var batch [depth]rdma.Completion
		n, err := s.qp.Poll(batch[:])
		if err != nil {
			return err
		}
		again := 0
		for _, c := range batch[:n] {
			if c.Op == s.work.Op && c.Err == nil {
				again++
			}
		}
		s.moved.Add(int64(again))
		if again > 0 {
			s.qp.PostSend(list[:again]) // when it fails Poll says why
		}
	}
}

// sourceRole writes to several sinks until the first connection ends; the
// others have to go on: PROVIDER ADDRESS...
func sourceRole(t *testing.T, args []string) {
	p, alloc, left := rdmaProvider(args[0])
	var all []*source
	var running sync.WaitGroup
	first := make(chan error, 1)
	for i, address := range args[1:] {
		s := newSource(t, p, alloc, rdma.OpWrite, address)
		all = append(all, s)
		running.Go(func() {
			err := s.run()
			s.qp.Close()
			if i == 0 {
				first <- err
			}
		})
	}
	for all[0].moved.Load() < depth {
		time.Sleep(time.Millisecond)
	}
	fmt.Println("moving")
	err := <-first
	fmt.Println("ended", class(err), err)
	for _, s := range all[1:] {
		before := s.moved.Load()
		time.Sleep(500 * time.Millisecond)
		fmt.Println("lives", s.moved.Load()-before)
		s.qp.Close()
	}
	running.Wait()
	fmt.Println("left", left())
}

// benchRole moves for that long from or to a sink: PROVIDER ADDRESS OP SECONDS.
func benchRole(t *testing.T, args []string) {
	p, alloc, _ := rdmaProvider(args[0])
	op := map[string]rdma.Op{"write": rdma.OpWrite, "read": rdma.OpRead}[args[2]]
	seconds, _ := strconv.Atoi(args[3])
	s := newSource(t, p, alloc, op, args[1])
	done := make(chan error)
	go func() { done <- s.run() }()
	time.Sleep(500 * time.Millisecond)
	began, before := time.Now(), s.moved.Load()
	time.Sleep(time.Duration(seconds) * time.Second)
	fmt.Printf("moves %.1f MiB/s\n", float64(s.moved.Load()-before)/time.Since(began).Seconds())
	s.qp.Close()
	<-done
}

// small are the queues of one of many. The kernel that is a process maps a
// guest's memory page by page, of which it may have 65530.
var small = rdma.Config{SendDepth: 16, ReceiveDepth: 16}

// crowdRole has many connections to itself at the same time, all of which
// speak: PROVIDER ADDRESS CONNECTIONS.
func crowdRole(t *testing.T, args []string) {
	p, _, left := rdmaProvider(args[0])
	n, _ := strconv.Atoi(args[2])
	ln := listenAs(t, p, args[1], small)
	var echoes sync.WaitGroup
	echoes.Go(func() {
		for range n {
			qp, err := ln.Accept()
			must(t, err)
			echoes.Go(func() {
				defer qp.Close()
				r := newRpinger(t, qp, depth)
				for range 2 {
					r.say(t, r.hear(t))
				}
				r.end()
			})
		}
	})
	began := time.Now()
	all := make([]*rpinger, n)
	turn := make(chan struct{}, 16)
	var dials sync.WaitGroup
	for i := range all {
		turn <- struct{}{}
		dials.Go(func() {
			defer func() { <-turn }()
			qp, err := p.Dial(args[1], small)
			must(t, err)
			all[i] = newRpinger(t, qp, depth)
			all[i].echo(t, uint32(i))
		})
	}
	dials.Wait()
	fmt.Printf("connected %d in %v, %d goroutines, %s threads\n", n, time.Since(began), runtime.NumGoroutine(), threads(t))
	for i, r := range all {
		r.echo(t, uint32(n+i))
	}
	for _, r := range all {
		must(t, r.qp.Close())
	}
	echoes.Wait()
	must(t, ln.Close())
	fmt.Printf("closed after %v\n", time.Since(began))
	fmt.Println("left", left())
}

func (p *rpinger) echo(t *testing.T, n uint32) {
	p.say(t, rdma.Segment{Length: n})
	if got := p.hear(t); got.Length != n {
		t.Errorf("the echo of %d is %d", n, got.Length)
	}
}

var threadsLine = regexp.MustCompile(`Threads:\s+(\d+)`)

// threads is how many threads this process has.
func threads(t *testing.T) string {
	b, err := os.ReadFile("/proc/self/status")
	must(t, err)
	return string(threadsLine.FindSubmatch(b)[1])
}

// forgeries are what a peer that misbehaves does with the segment it was given.
var forgeries = []struct {
	name   string
	op     rdma.Op
	change func(rdma.Segment) rdma.Segment
}{
	{"before", rdma.OpWrite, func(s rdma.Segment) rdma.Segment { s.Offset--; return s }},
	{"beyond", rdma.OpWrite, func(s rdma.Segment) rdma.Segment { s.Offset++; return s }},
	{"token", rdma.OpWrite, func(s rdma.Segment) rdma.Segment { s.Token ^= 0x5a00; return s }},
	{"right", rdma.OpRead, func(s rdma.Segment) rdma.Segment { return s }},
	{"late", rdma.OpWrite, func(s rdma.Segment) rdma.Segment { return s }},
}

// part of the memory is what the peer is given.
const memoryAll, partFrom, partTo = 4096, 1024, 2048

// exposeRole gives part of its memory to each kind of forger in turn, and says
// what became of it: PROVIDER ADDRESS.
func exposeRole(t *testing.T, args []string) {
	p, alloc, left := rdmaProvider(args[0])
	ln := listenAs(t, p, args[1], rdma.Config{})
	for _, f := range forgeries {
		qp, err := ln.Accept()
		must(t, err)
		r := newRpinger(t, qp, depth)
		memory := alloc(memoryAll)
		for i := range memory {
			memory[i] = 0xa5
		}
		want := bytes.Clone(memory)
		r.hear(t)
		region, err := qp.Register(memory[partFrom:partTo], rdma.RemoteWrite)
		must(t, err)
		// A forger may end the connection before this is acknowledged.
		must(t, qp.PostSend([]rdma.Work{said(region.Segment())}))
		if f.name == "late" {
			r.hear(t) // the operation is over
			copy(want[partFrom:partTo], bytes.Repeat([]byte{1}, partTo-partFrom))
			region.Deregister()
			must(t, qp.PostSend([]rdma.Work{said(rdma.Segment{})}))
		}
		err = r.end()
		fmt.Println("forged", f.name, class(err), "intact", bytes.Equal(memory, want), err)
		if f.name != "late" {
			region.Deregister()
		}
		qp.Close()
	}
	must(t, ln.Close())
	fmt.Println("left", left())
}

// forgeRole is the peer of exposeRole: PROVIDER ADDRESS.
func forgeRole(t *testing.T, args []string) {
	p, alloc, _ := rdmaProvider(args[0])
	for _, f := range forgeries {
		qp, err := p.Dial(args[1], rdma.Config{})
		must(t, err)
		r := newRpinger(t, qp, depth)
		r.say(t, rdma.Segment{})
		given := r.hear(t)
		if f.name == "late" {
			r.work(t, rdma.Work{Op: rdma.OpWrite, Body: fill(alloc, 1), Remote: given})
			r.say(t, rdma.Segment{})
			r.hear(t)
		}
		body := fill(alloc, 2)
		must(t, qp.PostSend([]rdma.Work{{Op: f.op, Body: body, Remote: f.change(given)}}))
		if err = r.outcome(f.op); err == nil {
			fmt.Println("allowed", f.name)
		} else {
			fmt.Println("refused", f.name, class(err), "intact", bytes.Equal(body, fill(alloc, 2)), err)
		}
		qp.Close()
	}
}

// outcome is nil when a read is done, or why the connection ended. A write is
// done for its side as soon as it is sent.
func (p *rpinger) outcome(op rdma.Op) error {
	for {
		var batch [16]rdma.Completion
		n, err := p.qp.Poll(batch[:])
		if err != nil {
			return err
		}
		for _, c := range batch[:n] {
			if op == rdma.OpRead && c.Op == op && c.Err == nil {
				return nil
			}
		}
	}
}

func fill(alloc func(int) []byte, with byte) []byte {
	b := alloc(partTo - partFrom)
	for i := range b {
		b[i] = with
	}
	return b
}
