package iwarp

import (
	"bytes"
	"testing"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// What the queue pair under test has registered, and what surrounds it.
type memory struct {
	all      []byte
	mem      []byte
	region   rdma.Region
	stag     uint32
	to       uint64
	expected []byte // nil: as it was
}

const regionSize = 4096

func (r *peer) register(a rdma.Access) *memory {
	r.t.Helper()
	all := bytes.Repeat([]byte{0x5a}, regionSize+128)
	m := &memory{all: all, mem: all[64 : 64+regionSize : 64+regionSize]}
	g, err := r.q.Register(m.mem, a)
	if err != nil {
		r.t.Fatal(err)
	}
	m.region, m.stag, m.to = g, g.Segment().Token, g.Segment().Offset
	r.t.Cleanup(func() {
		if m.region != nil {
			m.region.Deregister()
		}
		want := m.expected
		if want == nil {
			want = bytes.Repeat([]byte{0x5a}, regionSize+128)
		}
		if !bytes.Equal(m.all, want) {
			r.t.Error("memory was written")
		}
	})
	return m
}

// wrote expects b at off of the region.
func (m *memory) wrote(off int, b []byte) {
	if m.expected == nil {
		m.expected = bytes.Repeat([]byte{0x5a}, regionSize+128)
	}
	copy(m.expected[64+off:], b)
}

// read makes the queue pair read n bytes and returns what it asks for.
func (r *peer) read(id uint64, sink []byte) readRequest {
	r.t.Helper()
	w := rdma.Work{Op: rdma.OpRead, ID: id, Body: sink, Remote: rdma.Segment{Token: 0x3333, Offset: 0x4000, Length: uint32(len(sink))}}
	if err := r.q.PostSend([]rdma.Work{w}); err != nil {
		r.t.Fatal(err)
	}
	return parseReadRequest(r.readFrame()[untaggedHeader:])
}

// The three answers.
type wanted struct {
	kind  byte // 'T', 'C' or 'o'
	t     [3]byte
	flags byte
}

var (
	closed   = wanted{kind: 'C'}
	accepted = wanted{kind: 'o'}
)

func says(layer, kind, code byte) wanted   { return wanted{'T', [3]byte{layer, kind, code}, 0} }
func quotes(layer, kind, code byte) wanted { return wanted{'T', [3]byte{layer, kind, code}, 0xc0} }
func quotesRead(layer, kind, code byte) wanted {
	return wanted{'T', [3]byte{layer, kind, code}, 0xe0}
}

// A row is one case: bytes to send to an open responder, the ULPDU at fault
// when a Terminate quotes it, and the answer.
type row struct {
	name string
	off  bool // without CRC
	send func(r *peer) (bytes, bad []byte)
	want wanted
}

// one is a row's send for a single ULPDU.
func one(make func(r *peer) []byte) func(*peer) ([]byte, []byte) {
	return func(r *peer) ([]byte, []byte) {
		u := make(r)
		return r.frame(u), u
	}
}

// several is a row's send for several ULPDUs, of which the last is at fault.
func several(make func(r *peer) [][]byte) func(*peer) ([]byte, []byte) {
	return func(r *peer) ([]byte, []byte) {
		u := make(r)
		return r.frames(u...), u[len(u)-1]
	}
}

// check sends a row's bytes, then garbage that must be ignored, and compares
// all that comes back.
func (v *row) check(t *testing.T) {
	r := opened(t, quick(), !v.off)
	b, bad := v.send(r)
	r.write(b)
	if v.want.kind == 'o' {
		r.alive()
		return
	}
	r.c.Write(r.frame(r.send(true, []byte("after the end"))))
	r.c.CloseWrite()
	var want []byte
	if v.want.kind == 'T' {
		want = r.terminate(v.want.t[0], v.want.t[1], v.want.t[2], v.want.flags, bad)
	}
	if got := r.rest(); !bytes.Equal(got, want) {
		t.Errorf("answer %x\nwant   %x", got, want)
	}
	r.end()
	if v.want.kind == 'T' {
		r.blamed()
	}
	for _, c := range r.got[1:] {
		if c.Op == rdma.OpReceive && c.Err == nil && bytes.HasPrefix(r.bufs[c.ID-1], []byte("after the end")) {
			t.Error("a frame behind the error was delivered")
		}
	}
}

func runRows(t *testing.T, rows []row) {
	t.Helper()
	for _, v := range rows {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			v.check(t)
		})
	}
}
