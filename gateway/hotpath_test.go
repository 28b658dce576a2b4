package gateway

import (
	"context"
	"encoding/binary"
	"io"
	"log/slog"
	"net"
	"testing"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/smb2test"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/mem"
)

// A stubLeg is a leg that costs nothing: it drops what is sent, and transfers
// end at once.
type stubLeg struct {
	server bool
	max    uint32
	sent   int
	buf    []byte // what was exposed last
}

func (s *stubLeg) Receive() (*transports.Message, error) { return nil, io.EOF }
func (s *stubLeg) Close() error                          { return nil }
func (s *stubLeg) RemoteAddr() net.Addr                  { return text("stub") }
func (s *stubLeg) Send(m *transports.Message) error {
	s.sent++
	m.Release()
	return nil
}

type stubPlacer struct{ stubLeg }

func (s *stubPlacer) Placement() transports.Placement {
	return transports.Placement{MaxReadWrite: s.max, Server: s.server, Invalidates: !s.server}
}
func (s *stubPlacer) Push(_ []transports.Descriptor, _ []byte, d transports.Done) { d.Done(nil) }
func (s *stubPlacer) Pull(_ []byte, _ []transports.Descriptor, d transports.Done) { d.Done(nil) }
func (s *stubPlacer) Expose(b []byte, _ transports.Right) (transports.Exposure, error) {
	s.buf = b
	return s, nil
}
func (s *stubPlacer) Descriptor() transports.Descriptor {
	return transports.Descriptor{Offset: 1, Token: 2, Length: uint32(len(s.buf))}
}
func (s *stubPlacer) Revoke() {}

func stub(server bool, max uint32) transports.Conn {
	if max == 0 {
		return &stubLeg{}
	}
	return &stubPlacer{stubLeg{server: server, max: max}}
}

// A step is one request and its reply, through a converter without goroutines.
type step struct {
	v              *converter
	peers          *transports.Arena
	request, reply []byte
	id             uint64
	parts          int // replies to one request
}

func newStep(p pairing, cmd smb2.Command, n int) *step {
	c := &connection{
		backend: &Backend{Place: true},
		front:   stub(true, p.front),
		back:    stub(false, p.back),
		arena:   new(transports.Arena),
		log:     slog.New(slog.DiscardHandler),
	}
	s := &step{v: newConverter(c), peers: new(transports.Arena), parts: 1}
	part := n
	if p.back > 0 && n > int(p.back) {
		part, s.parts = int(p.back), n/int(p.back)
	}
	s.v.dialect.Store(uint32(smb2.Dialect311))
	client := smb2test.NewClient(nil)
	info := smb2.BufferDescriptor{Token: 1, Length: uint32(n)}.AppendBody(nil)
	h := smb2.NewHeader(cmd, 0)
	h.SetFlags(smb2.FlagReply)
	if cmd == smb2.CommandRead {
		r := smb2.ReadResponse{DataOffset: smb2.ReadResponseBuffer}
		if p.back > 0 {
			r.DataRemaining = uint32(part)
			s.reply = r.AppendBody(h)
		} else {
			r.DataLength = uint32(n)
			s.reply = append(r.AppendBody(h), make([]byte, n)...)
		}
		s.request = client.ReadRequest(0, uint32(n))
		if p.front > 0 {
			s.request = client.ReadPlacedRequest(0, uint32(n), smb2.ChannelV1Invalidate, info)
		}
		return s
	}
	w := smb2.WriteResponse{Count: uint32(part)}
	s.reply = w.AppendBody(h)
	s.request = client.WriteRequest(0, make([]byte, n))
	if p.front > 0 {
		s.request = client.WritePlacedRequest(0, uint32(n), smb2.ChannelV1Invalidate, info)
	}
	return s
}

func (s *step) run(tb testing.TB) {
	s.id += 64
	binary.LittleEndian.PutUint64(s.request[24:], s.id)
	b, e := s.v.prepare(s.message(s.request))
	if e == nil {
		e = s.v.deliver(b)
	}
	for i := range s.parts {
		binary.LittleEndian.PutUint64(s.reply[24:], s.id+uint64(16/s.parts*i))
		if e == nil {
			e = s.v.reply(s.message(s.reply))
		}
	}
	if e != nil {
		tb.Fatal(e)
	}
}

// message has the headers of b only: the payload is not what is measured.
func (s *step) message(b []byte) *transports.Message {
	m := s.peers.New(len(b))
	copy(m.Bytes(), b[:min(len(b), 256)])
	return m
}

var hotPairings = []pairing{
	{"message to placing", 0, 8 * mib},
	{"placing to message", 8 * mib, 0},
	{"placing to placing", 8 * mib, 8 * mib},
	{"message to splitting", 0, 256 * kib},
}

// A READ or WRITE that is converted costs no allocation once records and
// buffers exist.
func TestNoAllocations(t *testing.T) {
	for _, p := range hotPairings {
		for _, cmd := range []smb2.Command{smb2.CommandRead, smb2.CommandWrite} {
			s := newStep(p, cmd, mib)
			s.run(t)
			if n := testing.AllocsPerRun(100, func() { s.run(t) }); n != 0 {
				t.Errorf("%s: %v: %v allocations", p.name, cmd, n)
			}
			if s.v.arena.InUse() != 0 || s.peers.InUse() != 0 || s.v.pending.ops != 0 || s.v.pending.bytes != 0 {
				t.Errorf("%s: %v: something is left", p.name, cmd)
			}
			placed := s.v.counts.placedReads + s.v.counts.placedWrites
			if placed != s.id/64 {
				t.Errorf("%s: %v: %d of %d placed", p.name, cmd, placed, s.id/64)
			}
		}
	}
}

// What passes costs nothing either.
func TestNoAllocationsVerbatim(t *testing.T) {
	for _, p := range pairings {
		s := newStep(p, smb2.CommandRead, mib)
		s.request = append(smb2.NewHeader(smb2.CommandEcho, 1), 4, 0, 0, 0)
		s.reply = append(smb2.NewHeader(smb2.CommandEcho, 1), 4, 0, 0, 0)
		s.run(t)
		if n := testing.AllocsPerRun(100, func() { s.run(t) }); n != 0 {
			t.Errorf("%s: %v allocations", p.name, n)
		}
	}
}

// BenchmarkConvert is the gateway's own work on a READ or WRITE of 1 MiB, the
// legs costing nothing.
func BenchmarkConvert(b *testing.B) {
	for _, p := range hotPairings {
		for _, cmd := range []smb2.Command{smb2.CommandRead, smb2.CommandWrite} {
			b.Run(p.name+"/"+cmd.String(), func(b *testing.B) {
				s := newStep(p, cmd, mib)
				b.ReportAllocs()
				for b.Loop() {
					s.run(b)
				}
			})
		}
	}
}

// BenchmarkRelay is a whole connection over in-memory legs, which copy each
// message once per leg.
func BenchmarkRelay(b *testing.B) {
	for _, p := range append([]pairing{{"message to message", 0, 0}}, pairings...) {
		b.Run(p.name, func(b *testing.B) {
			frontNet := &mem.Network{MaxReadWrite: p.front}
			backNet := &mem.Network{MaxReadWrite: p.back}
			clientEnd, front := frontNet.Pipe()
			back, serverEnd := backNet.Pipe()
			nas := &smb2test.Server{Conn: serverEnd, Dialect: smb2.Dialect311, File: make([]byte, mib), Credits: 8000}
			done := make(chan error, 2)
			go func() { done <- nas.Serve() }()
			backend := &Backend{Place: true, Endpoints: []Endpoint{{Network: dialer{conn: back}}}}
			l := &Listener{Relay: backend}
			s := newServer(&Gateway{Listeners: []Listener{*l}, Log: slog.New(slog.DiscardHandler)})
			go func() {
				s.serve(context.Background(), l, front)
				done <- nil
			}()
			client := smb2test.NewClient(clientEnd)
			if _, err := client.Negotiate(smb2.Dialect311); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.SetBytes(mib)
			for b.Loop() {
				var err error
				if p.front > 0 {
					_, _, err = client.ReadPlaced(0, mib, v1Invalidate)
				} else {
					_, _, err = client.Read(0, mib)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
			clientEnd.Close()
			<-done
			<-done
		})
	}
}
