package client

import (
	"testing"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// An instant server answers on the spot, and allocates nothing.
type instant struct {
	arena *transports.Arena
	head  smb2.Header
	most  int // requests of a chain
}

func (s *instant) Serve(chain []*tree.Request) {
	r := chain[0]
	s.most = max(s.most, len(chain))
	copy(s.head, r.Header())
	if s.head.Command() == smb2.CommandRead {
		q, _ := smb2.ParseReadRequest(r.Element)
		m := s.arena.New(smb2.ReadResponseBuffer + int(q.Length))
		a := smb2.ReadResponse{DataOffset: smb2.ReadResponseBuffer, DataLength: q.Length}
		a.AppendBody(append(m.Bytes()[:0], s.head...))
		r.Reply(m)
		return
	}
	w, _ := smb2.ParseWriteRequest(r.Element)
	m := s.arena.New(smb2.WriteResponseLength)
	a := smb2.WriteResponse{Count: w.Length}
	a.AppendBody(append(m.Bytes()[:0], s.head...))
	r.Reply(m)
}

func (s *instant) Cancel(*tree.Request) {}
func (s *instant) Close()               {}

// A request costs no allocation: long transfers need as many as short ones.
func TestNoAllocations(t *testing.T) {
	arena := new(transports.Arena)
	server := &instant{arena: arena, head: smb2.NewHeader(0, 0)}
	f := (&Share{Unit: 64 << 10, Depth: 4, client: &Client{arena: arena}, server: server}).file(smb2.FileID{}, 0)
	fill := func([]byte, int64) {}
	check := func([]byte, int64) error { return nil }
	cost := func(units int64) float64 {
		return testing.AllocsPerRun(20, func() {
			if f.Upload(units<<16, fill) != nil || f.Download(units<<16, check) != nil {
				t.Fatal("a transfer failed")
			}
		})
	}
	cost(4) // buffers exist
	if few, many := cost(4), cost(64); many > few {
		t.Errorf("4 requests cost %v allocations, 64 cost %v", few, many)
	}
	if n := arena.InUse(); n != 0 || server.most != 1 {
		t.Errorf("%d messages are left", n)
	}
}

// Every byte of a sector counts, and so does where it stands.
func TestPattern(t *testing.T) {
	t.Parallel()
	p := NewPattern(3)
	const off = 5 * Sector
	b := make([]byte, 2*Sector+3)
	p.Fill(b, off)
	if err := p.Check(b, off); err != nil {
		t.Error(err)
	}
	if p.Check(b[Sector:2*Sector], off) == nil || p.Check(b, off+Sector) == nil || NewPattern(4).Check(b, off) == nil {
		t.Error("a sector is taken for another")
	}
	for _, i := range []int{0, 7, 8, Sector - 1, Sector, 2*Sector + 2} {
		b[i]++
		if p.Check(b, off) == nil {
			t.Errorf("a change of byte %d is not noticed", i)
		}
		b[i]--
	}
}
