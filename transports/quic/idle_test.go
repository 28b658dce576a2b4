package quic

import (
	"runtime"
	"testing"

	"github.com/smbgw/smbgw/transports"
)

// An idle connection costs at most 128 KiB, the library's part and the
// goroutine that waits in Receive included. Measured for both of its ends,
// the dialler's with a socket of its own.
func TestIdleMemory(t *testing.T) {
	const connections, budget = 50, 2 * 128 << 10
	client, server := networks(t)
	arena := &transports.Arena{Idle: 1}
	client.Arena, server.Arena = arena, arena
	client, server = quick(client), quick(server)
	l := listen(t, server)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				echo(c)
			}()
		}
	}()
	before := inUse()
	for range connections {
		c, err := dialTo(t, client, l)
		if err != nil {
			t.Fatal(err)
		}
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
