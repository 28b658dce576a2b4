package smbdirect_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect"
	"github.com/smbgw/smbgw/transports/smbdirect/loop"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// bufferSize is what raw peers receive into.
const bufferSize = 8192

// A raw peer puts bytes on a queue pair and looks at the bytes that come.
type raw struct {
	t   *testing.T
	qp  rdma.QueuePair
	buf [][]byte
	in  chan arrival
	end chan error // why the connection ended
}

type arrival struct {
	b           []byte
	token       uint32
	invalidates bool
}

// newRaw posts receives enough for any test.
func newRaw(t *testing.T, qp rdma.QueuePair) *raw {
	const depth = 600
	r := &raw{t: t, qp: qp, in: make(chan arrival, 10000), end: make(chan error, 1)}
	for i := range depth {
		r.buf = append(r.buf, make([]byte, bufferSize))
		if err := qp.PostReceive(uint64(i), r.buf[i]); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func (r *raw) establish(p rdma.Params) {
	r.t.Helper()
	if err := r.qp.Establish(context.Background(), p); err != nil {
		r.t.Fatalf("raw peer: %v", err)
	}
	go r.pump()
}

func (r *raw) pump() {
	batch := make([]rdma.Completion, 16)
	for {
		n, err := r.qp.Poll(batch)
		for _, c := range batch[:n] {
			if c.Op != rdma.OpReceive || c.Err != nil {
				continue
			}
			r.in <- arrival{bytes.Clone(r.buf[c.ID][:c.Len]), c.Invalidate, c.Invalidates}
			r.qp.PostReceive(c.ID, r.buf[c.ID])
		}
		if err != nil {
			r.end <- err
			return
		}
	}
}

// send posts one message. A connection that has ended swallows it.
func (r *raw) send(b []byte) {
	r.qp.PostSend([]rdma.Work{{Op: rdma.OpSend, Head: b}})
}

// receive is the next message, which comes at once.
func (r *raw) receive() []byte {
	r.t.Helper()
	return r.arrive().b
}

func (r *raw) arrive() arrival {
	r.t.Helper()
	select {
	case a := <-r.in:
		return a
	case err := <-r.end:
		r.t.Fatalf("the connection ended: %v", err)
	case <-time.After(time.Second):
		r.t.Fatal("no message")
	}
	panic("unreachable")
}

// silent fails when anything comes within d, or the connection ends.
func (r *raw) silent(d time.Duration) {
	r.t.Helper()
	select {
	case a := <-r.in:
		r.t.Fatalf("unexpected message %x", a.b[:min(len(a.b), 32)])
	case err := <-r.end:
		r.t.Fatalf("the connection ended: %v", err)
	case <-time.After(d):
	}
}

// dropped fails when the connection does not end within d, in order, with
// nothing said before.
func (r *raw) dropped(d time.Duration) {
	r.t.Helper()
	select {
	case a := <-r.in:
		r.t.Fatalf("unexpected message %x", a.b[:min(len(a.b), 32)])
	case err := <-r.end:
		if _, ok := errors.AsType[*rdma.ProtocolError](err); !ok && !errors.Is(err, io.EOF) {
			r.t.Fatalf("the connection ended with %v", err)
		}
	case <-time.After(d):
		r.t.Fatalf("the connection is alive after %v", d)
	}
}

// request is what a raw client says first, unless a test changes it.
func request() smbdirect.NegotiateRequest {
	return smbdirect.NegotiateRequest{
		MinVersion: smbdirect.Version, MaxVersion: smbdirect.Version, CreditsRequested: 10,
		PreferredSendSize: 1024, MaxReceiveSize: 1024, MaxFragmentedSize: 131072,
	}
}

func wire(v interface {
	AppendBinary([]byte) ([]byte, error)
}) []byte {
	b, _ := v.AppendBinary(nil)
	return b
}

// A script is a raw client against our server, inside a bubble of virtual
// time. The server echoes every message.
type script struct {
	*raw
	fabric   *loop.Fabric
	arena    *transports.Arena
	listener transports.Listener
	address  string
	accepted chan *smbdirect.Conn
	response smbdirect.NegotiateResponse
}

// withServer runs f against a fresh server, and afterwards counts what is left.
func withServer(t *testing.T, o smbdirect.Options, f func(s *script)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{fabric: new(loop.Fabric), arena: new(transports.Arena), accepted: make(chan *smbdirect.Conn, 100)}
		o.Arena = s.arena
		var err error
		s.listener, err = smbdirect.Over(s.fabric, o).Announce(t.Context(), transports.Addr{Host: "*", Service: "5445"})
		if err != nil {
			t.Fatal(err)
		}
		go s.accept()
		s.address = "server:5445"
		s.raw = s.connect(t)
		defer func() {
			s.qp.Close()
			s.listener.Close()
			synctest.Wait()
			close(s.accepted)
			for c := range s.accepted {
				c.Close()
			}
			if n := s.arena.InUse(); n != 0 {
				t.Errorf("%d messages left", n)
			}
			if n := s.fabric.Regions(); n != 0 {
				t.Errorf("%d regions left", n)
			}
		}()
		f(s)
	})
}

func (s *script) connect(t *testing.T) *raw {
	t.Helper()
	qp, err := s.fabric.Dial(s.address, rdma.Config{SendDepth: 1000, ReceiveDepth: 1000})
	if err != nil {
		t.Fatal(err)
	}
	r := newRaw(t, qp)
	r.establish(rdma.Params{IRD: 32, ORD: 1})
	return r
}

func (s *script) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.accepted <- c.(*smbdirect.Conn)
		go func() {
			defer c.Close()
			for {
				m, err := c.Receive()
				if err != nil {
					return
				}
				if c.Send(m) != nil {
					return
				}
			}
		}()
	}
}

// negotiate sends r and expects success.
func (s *script) negotiate(r smbdirect.NegotiateRequest) {
	s.t.Helper()
	s.send(wire(r))
	s.succeeded()
}

func (s *script) succeeded() {
	s.t.Helper()
	b := s.receive()
	n, err := smbdirect.ParseNegotiateResponse(b)
	if err != nil || len(b) != 32 || n.Status != 0 || n.NegotiatedVersion != smbdirect.Version ||
		n.CreditsGranted == 0 || n.CreditsRequested == 0 || n.MaxReceiveSize < 128 || n.MaxFragmentedSize < 131072 {
		s.t.Fatalf("negotiate response %+v, %v", n, err)
	}
	s.response = n
}

// fragment is a data transfer message with n bytes of a message, remaining
// bytes of which follow, that grants credits.
func fragment(data []byte, remaining, granted int) []byte {
	d := smbdirect.DataTransfer{
		CreditsRequested: 10, CreditsGranted: uint16(granted),
		RemainingDataLength: uint32(remaining), DataOffset: 24, DataLength: uint32(len(data)),
	}
	if len(data) == 0 {
		d.DataOffset = 0
	}
	return append(wire(d), data...)
}

func emptyMessage(granted int, flags uint16) []byte {
	return wire(smbdirect.DataTransfer{CreditsRequested: 10, CreditsGranted: uint16(granted), Flags: flags})
}

// parsed is the next message, taken apart.
func (r *raw) parsed() (smbdirect.DataTransfer, []byte) {
	r.t.Helper()
	d, data, err := smbdirect.ParseDataTransfer(r.receive())
	if err != nil {
		r.t.Fatal(err)
	}
	return d, data
}

// message collects the fragments of the server's next message; messages
// without payload are passed over.
func (r *raw) message() []byte {
	r.t.Helper()
	var b []byte
	for {
		d, data := r.parsed()
		b = append(b, data...)
		if len(data) > 0 && d.RemainingDataLength == 0 {
			return b
		}
	}
}

// grants sums up what has been granted when things are quiet, in how many
// messages.
func (r *raw) grants() (sum, messages int) {
	r.t.Helper()
	synctest.Wait()
	for len(r.in) > 0 {
		d, _ := r.parsed()
		sum += int(d.CreditsGranted)
		messages++
	}
	return sum, messages
}

func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*31 + i>>8)
	}
	return b
}
