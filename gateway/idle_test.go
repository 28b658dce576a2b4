package gateway

import (
	"runtime"
	"testing"
)

// BenchmarkIdleClient reports what an idle client costs that has an open file, in
// bytes of memory, the client and the backend included: at the gateway itself, by
// way of a connection that all clients share, and by one of its own.
func BenchmarkIdleClient(b *testing.B) {
	for _, mount := range []string{"here", "shared", "plain", "direct"} {
		b.Run(mount, func(b *testing.B) {
			for range b.N {
				b.ReportMetric(idle(b, mount), "B/client")
			}
		})
	}
}

// idle is what one of many idle clients of a mount holds.
func idle(b *testing.B, mount string) float64 {
	const clients = 200
	h := newHouse(b, Terms{})
	first, err := h.member("alice", mount, "first")
	if err != nil {
		b.Fatal(err)
	}
	defer first.client.Close()
	before := memory()
	list := make([]*member, clients)
	for i := range list {
		m, err := h.member("alice", mount, "idle")
		if err != nil {
			b.Fatal(err)
		}
		if err := m.write(i); err != nil {
			b.Fatal(err)
		}
		list[i] = m
	}
	grown := float64(memory()) - float64(before)
	for _, m := range list {
		m.client.Close()
	}
	return grown / clients
}

// memory is what the heap and the goroutines' stacks hold.
func memory() uint64 {
	runtime.GC()
	runtime.GC() // what pools have kept
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}
