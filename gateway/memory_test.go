package gateway

import (
	"context"
	"log/slog"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/mapped"
	"github.com/smbgw/smbgw/transports/mem"
	"github.com/smbgw/smbgw/transports/smbdirect"
	"github.com/smbgw/smbgw/transports/smbdirect/loop"
)

// settlesAt waits until what the collector brings back leaves n blocks.
func settlesAt(t *testing.T, m *mapped.Memory, n int64) {
	t.Helper()
	end := time.Now().Add(20 * time.Second)
	for runtime.GC(); m.InUse() > n; runtime.GC() {
		if time.Now().After(end) {
			t.Fatalf("%d blocks are in use, want %d", m.InUse(), n)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// Configurations that are not in force any more, with their networks, leave
// nothing in the memory that all of them have.
func TestChangeLeavesNoMemory(t *testing.T) {
	t.Parallel()
	var memory mapped.Memory
	nas := transports.Addr{Network: "lab", Host: "nas", Service: "5445"}
	fabric, front := new(loop.Fabric), new(mem.Network)
	server, err := smbdirect.Over(fabric, smbdirect.Options{}).Announce(t.Context(), nas)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	go func() {
		for c, err := server.Accept(); err == nil; c, err = server.Accept() {
			go func() {
				defer c.Close()
				echo(c)
			}()
		}
	}()
	configuration := func() *Gateway {
		direct := smbdirect.Over(fabric, smbdirect.Options{Memory: &memory})
		return &Gateway{Log: slog.New(slog.DiscardHandler), Memory: &memory, Listeners: []Listener{{
			Name: "gw", Endpoint: Endpoint{at("gw"), front},
			Relay: &Backend{Name: "nas", Endpoints: []Endpoint{{nas, direct}}},
		}}}
	}
	func() {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		g, ready, done := configuration(), make(chan error, 1), make(chan error, 1)
		g.Ready = func([]net.Addr) { ready <- nil }
		go func() { done <- g.Run(ctx) }()
		<-ready
		visit := func() {
			c, err := front.Dial(ctx, at("gw"))
			if err != nil {
				t.Fatal(err)
			}
			ask(t, c, "hello")
			if memory.InUse() == 0 {
				t.Error("the memory is not used")
			}
			c.Close()
		}
		visit()
		once := memory.InUse()
		for range 8 {
			if err := g.Change(ctx, configuration()); err != nil {
				t.Fatal(err)
			}
			visit()
		}
		settlesAt(t, &memory, once)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	}()
	settlesAt(t, &memory, 0)
	memory.Trim()
}
