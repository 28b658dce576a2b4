package store

import (
	"testing"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A sink takes replies and keeps nothing.
type sink struct{ last smb2.Status }

func (s *sink) Reply(r *tree.Request, m *transports.Message) {
	s.last = smb2.Header(m.Bytes()).Status()
	m.Release()
}

func (s *sink) Pending(*tree.Request) {}

// hot is one request, to be served again and again.
func hot(tb testing.TB, c *client, p part) (serve func()) {
	element := p.put(smb2.NewHeader(p.command, 1))
	s := &sink{}
	chain := []*tree.Request{{Element: element, Replier: s}}
	return func() {
		if c.server.Serve(chain); s.last != ok {
			tb.Fatal(s.last)
		}
	}
}

const hotSize = 1 << 20

func hotFile(c *client) smb2.FileID {
	f := c.file("f")
	c.write(ok, f, 0, string(make([]byte, hotSize)))
	return f
}

// READ and WRITE allocate nothing once the file has its pages.
func TestAllocations(t *testing.T) {
	c := newWorld(t, Config{}).connect()
	f := hotFile(c)
	for name, p := range map[string]part{
		"read":       reading(f, 0, hotSize),
		"write":      writing(f, 0, make([]byte, hotSize)),
		"small read": reading(f, 5, 10),
	} {
		if n := testing.AllocsPerRun(20, hot(t, c, p)); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	c := newWorld(b, Config{}).connect()
	bench(b, hot(b, c, reading(hotFile(c), 0, hotSize)))
}

func BenchmarkWrite(b *testing.B) {
	c := newWorld(b, Config{}).connect()
	bench(b, hot(b, c, writing(hotFile(c), 0, make([]byte, hotSize))))
}

func bench(b *testing.B, serve func()) {
	b.SetBytes(hotSize)
	b.ReportAllocs()
	for b.Loop() {
		serve()
	}
}
