package back_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A fast answers READ and WRITE itself, without allocating, and has the rest
// answered by a scripted server. It exposes memory to nobody.
type fast struct {
	transports.Conn
	arena   *transports.Arena
	replies chan *transports.Message
	errs    chan error
	places  bool
	data    int // bytes of a READ
	head    [smb2.HeaderSize]byte
}

func (f *fast) Placement() transports.Placement {
	n := uint32(0)
	if f.places {
		n = 1 << 20
	}
	return transports.Placement{MaxReadWrite: n, Invalidates: true}
}

func (f *fast) Expose([]byte, transports.Right) (transports.Exposure, error) { return nowhere{}, nil }
func (f *fast) Push([]transports.Descriptor, []byte, transports.Done)        {}
func (f *fast) Pull([]byte, []transports.Descriptor, transports.Done)        {}

type nowhere struct{}

func (nowhere) Descriptor() transports.Descriptor { return transports.Descriptor{Length: 1} }
func (nowhere) Revoke()                           {}

func (f *fast) pump() {
	for {
		m, err := f.Conn.Receive()
		if err != nil {
			f.errs <- err
			return
		}
		f.replies <- m
	}
}

func (f *fast) Receive() (*transports.Message, error) {
	select {
	case m := <-f.replies:
		return m, nil
	case err := <-f.errs:
		return nil, err
	}
}

func (f *fast) Send(m *transports.Message) error {
	h := smb2.Header(m.Bytes())
	switch h.Command() {
	case smb2.CommandRead:
		copy(f.head[:], h)
		n := f.data
		r := smb2.ReadResponse{DataOffset: smb2.ReadResponseBuffer, DataLength: uint32(n)}
		if f.places {
			n, r.DataLength, r.DataRemaining = 0, 0, uint32(n)
		}
		out := f.arena.New(smb2.ReadResponseBuffer + n)
		r.AppendBody(f.answer(out))
		f.replies <- out
	case smb2.CommandWrite:
		copy(f.head[:], h)
		out := f.arena.New(smb2.WriteResponseLength)
		w := smb2.WriteResponse{Count: uint32(f.data)}
		w.AppendBody(f.answer(out))
		f.replies <- out
	default:
		return f.Conn.Send(m)
	}
	m.Release()
	return nil
}

// answer puts the head of the reply into out.
func (f *fast) answer(out *transports.Message) []byte {
	h := smb2.Header(f.head[:])
	return smb2.AppendReply(out.Bytes()[:0], h, 0, h.Credits())
}

// A counter is a front leg that only counts.
type counter struct{ done chan *transports.Message }

func (c *counter) Reply(r *tree.Request, m *transports.Message) {
	r.Message.Release()
	c.done <- m
}
func (c *counter) Pending(*tree.Request) {}

// hotRig is a tree whose requests cost nothing but the leg itself.
func hotRig(t testing.TB, places, shared bool) (*rig, map[string]func()) {
	const size = 64 << 10
	r := newRig(t, gmac)
	r.space.Options.Shared = shared
	r.server.MaxSize = size
	r.dial(func(c transports.Conn) transports.Conn {
		f := &fast{Conn: c, arena: &r.back, places: places, data: size, replies: make(chan *transports.Message, 8), errs: make(chan error, 1)}
		go f.pump()
		return f
	})
	r.mustConnect()
	c := &counter{make(chan *transports.Message, 1)}
	chain := []*tree.Request{{Replier: c}}
	one := func(element []byte) func() {
		return func() {
			m := r.front.arena.New(len(element))
			copy(m.Bytes(), element)
			chain[0].Message, chain[0].Element = m, m.Bytes()
			r.share.Server.Serve(chain)
			(<-c.done).Release()
		}
	}
	h := func(c smb2.Command) []byte { return smb2.NewHeader(c, 1) }
	return r, map[string]func(){
		"READ":        one(read(size)(h(smb2.CommandRead))),
		"WRITE":       one(write(make([]byte, size))(h(smb2.CommandWrite))),
		"split READ":  one(read(3 * size)(h(smb2.CommandRead))),
		"split WRITE": one(write(make([]byte, 3*size))(h(smb2.CommandWrite))),
	}
}

// Nothing is allocated for a READ or WRITE, inline, placed or split.
func TestAllocations(t *testing.T) {
	for i := range 4 {
		places, shared := i&1 != 0, i&2 != 0
		r, ops := hotRig(t, places, shared)
		for name, f := range ops {
			if n := testing.AllocsPerRun(200, f); n > 0 {
				t.Errorf("%v allocations for a %s, placed %v, shared %v", n, name, places, shared)
			}
		}
		if n := r.space.Conn().Counts(); places && n.PlacedReads+n.PlacedWrites != 201*(2+2*3) {
			t.Errorf("counted %+v", n)
		}
		r.end(errors.ErrUnsupported) // its books know nothing of fast's credits
	}
}

func BenchmarkServe(b *testing.B) {
	for _, places := range []bool{false, true} {
		name := "inline"
		if places {
			name = "placed"
		}
		r, ops := hotRig(b, places, false)
		for _, op := range slices.Sorted(maps.Keys(ops)) {
			b.Run(name+"/"+op, func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(64 << 10)
				if strings.HasPrefix(op, "split") {
					b.SetBytes(3 * 64 << 10)
				}
				for b.Loop() {
					ops[op]()
				}
			})
		}
		r.end(errors.ErrUnsupported) // its books know nothing of fast's credits
	}
}
