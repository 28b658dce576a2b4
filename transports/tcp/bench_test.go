package tcp

import (
	"fmt"
	"io"
	"net"
	"runtime"
	"testing"

	"github.com/smbgw/smbgw/transports"
)

func portOf(l transports.Listener) string {
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		panic(err)
	}
	return port
}

// dialPort connects to a listener on this machine.
func dialPort(t testing.TB, n Network, port string) *conn {
	t.Helper()
	c, err := n.Dial(t.Context(), transports.Addr{Network: "tcp", Host: "127.0.0.1", Service: port})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*conn)
}

// relays are ways to join a client's connection with a server's.
var relays = map[string]func(front, back *conn){
	"messages": func(front, back *conn) {
		pass := func(from, to *conn) {
			for {
				m, err := from.Receive()
				if err != nil || to.Send(m) != nil {
					to.Close()
					return
				}
			}
		}
		go pass(front, back)
		pass(back, front)
	},
	"copy": func(front, back *conn) {
		pass := func(from, to *conn) {
			buffer := make([]byte, 256<<10)
			// Plain reads and writes: what a proxy without splice does.
			io.CopyBuffer(struct{ io.Writer }{to.raw}, struct{ io.Reader }{from.raw}, buffer)
			to.Close()
		}
		go pass(front, back)
		pass(back, front)
	},
	"splice": func(front, back *conn) {
		pass := func(from, to *conn) {
			io.Copy(to.raw, from.raw)
			to.Close()
		}
		go pass(front, back)
		pass(back, front)
	},
}

// BenchmarkRelay sends requests through a relay to a server that answers each
// with a message of the given size, some in flight at a time.
func BenchmarkRelay(b *testing.B) {
	for _, size := range []int{4 << 10, 1 << 20} {
		for _, name := range []string{"messages", "copy", "splice"} {
			b.Run(fmt.Sprintf("%d/%s", size, name), func(b *testing.B) { benchmarkRelay(b, size, relays[name]) })
		}
	}
}

func benchmarkRelay(b *testing.B, size int, relay func(front, back *conn)) {
	const inFlight = 4
	n := Network{Arena: new(transports.Arena), Linger: -1}
	server := listen(b, n, func(c *conn) { answer(c, n.Arena, size) })
	middle := listen(b, n, func(c *conn) { relay(c, dialPort(b, n, server)) })
	client := dialPort(b, n, middle)
	ask := func() {
		if err := client.Send(n.Arena.New(100)); err != nil {
			b.Fatal(err)
		}
	}
	for range inFlight {
		ask()
	}
	b.ReportAllocs()
	b.SetBytes(int64(size))
	for b.Loop() {
		m, err := client.Receive()
		if err != nil {
			b.Fatal(err)
		}
		m.Release()
		ask()
	}
}

func answer(c *conn, arena *transports.Arena, size int) {
	for {
		m, err := c.Receive()
		if err != nil {
			return
		}
		m.Release()
		if c.Send(arena.New(size)) != nil {
			return
		}
	}
}

// listen serves every connection with f and returns the port.
func listen(t testing.TB, n Network, f func(*conn)) string {
	t.Helper()
	l, err := n.Announce(t.Context(), anyPort())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				f(c.(*conn))
			}()
		}
	}()
	return portOf(l)
}

// Messages of a warm connection cost no allocation, small or large.
func TestNoAllocations(t *testing.T) {
	n := Network{Arena: new(transports.Arena)}
	port := listen(t, n, func(c *conn) {
		for {
			m, err := c.Receive()
			if err != nil || c.Send(m) != nil {
				return
			}
		}
	})
	c := dialPort(t, n, port)
	for _, size := range []int{100, 1 << 20} {
		round := func() {
			if err := c.Send(n.Arena.New(size)); err != nil {
				t.Fatal(err)
			}
			m, err := c.Receive()
			if err != nil {
				t.Fatal(err)
			}
			m.Release()
		}
		for range 10 {
			round()
		}
		if n := testing.AllocsPerRun(100, round); n >= 1 {
			t.Errorf("%v allocations for a message of %d bytes there and back", n, size)
		}
	}
}

// A relayed TCP connection that is idle, with the goroutines that wait for its
// messages, costs at most 64 KiB. Measured here for both of its ends, after a
// large message has passed.
func TestIdleMemory(t *testing.T) {
	const connections, budget = 200, 64 << 10
	n := Network{Arena: &transports.Arena{Idle: 1}, Linger: -1}
	echoed := make(chan struct{})
	port := listen(t, n, func(c *conn) {
		for {
			m, err := c.Receive()
			if err != nil || c.Send(m) != nil {
				return
			}
			echoed <- struct{}{}
		}
	})
	before := inUse()
	for range connections {
		c := dialPort(t, n, port)
		if err := c.Send(n.Arena.New(300 << 10)); err != nil {
			t.Fatal(err)
		}
		m, err := c.Receive()
		if err != nil {
			t.Fatal(err)
		}
		m.Release()
		<-echoed
		go c.Receive()
	}
	each := (inUse() - before) / connections
	t.Logf("%d bytes for both ends of a connection", each)
	if each > budget {
		t.Errorf("%d bytes for both ends of an idle connection, budget %d", each, budget)
	}
}

// inUse is what heap and stacks hold.
func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc + s.StackInuse)
}
