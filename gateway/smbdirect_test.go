package gateway

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/smb2test"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/mapped"
	"github.com/smbgw/smbgw/transports/mem"
	"github.com/smbgw/smbgw/transports/smbdirect"
	"github.com/smbgw/smbgw/transports/smbdirect/loop"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// The conversion over SMB Direct itself: fragments, credits, regions and
// invalidation are real, only the queue pairs are in memory.
func TestOverSMBDirect(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ front, back bool }{{false, true}, {true, false}, {true, true}} {
		memory := new(mapped.Memory)
		arena := &transports.Arena{Memory: memory}
		fabric := &loop.Fabric{Over: rdma.Link{Provider: "verbs", Device: "rxe0", Kind: rdma.RoCE}}
		message := &mem.Network{Arena: arena}
		direct := smbdirect.Over(fabric, smbdirect.Options{Arena: arena, Memory: memory})
		pick := func(placing bool) transports.Network {
			if placing {
				return direct
			}
			return message
		}
		runOver(t, memory, pick(c.front), pick(c.back), pairing{front: map[bool]uint32{true: 1}[c.front]})
		if n := fabric.Regions(); n != 0 {
			t.Errorf("%+v: %d regions are left", c, n)
		}
		if n := arena.InUse(); n != 0 {
			t.Errorf("%+v: %d messages are left", c, n)
		}
		arena.Trim()
		if n := memory.InUse(); n != 0 {
			t.Errorf("%+v: %d blocks are left", c, n)
		}
		memory.Trim()
	}
}

func runOver(t *testing.T, memory *mapped.Memory, front, back transports.Network, p pairing) {
	t.Helper()
	nas := transports.Addr{Network: "lab", Host: "nas", Service: "5445"}
	gw := transports.Addr{Network: "lab", Host: "gw", Service: "5446"}
	l, err := back.Announce(t.Context(), nas)
	if err != nil {
		t.Fatal(err)
	}
	server := &smb2test.Server{Dialect: smb2.Dialect311, File: pattern(2 * mib), Credits: 600}
	var wg sync.WaitGroup
	wg.Go(func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		server.Conn = conn
		server.Serve()
		conn.Close()
	})
	log := new(logBook)
	g := &Gateway{Log: slog.New(log), Memory: memory, Listeners: []Listener{{
		Name: "lab", Endpoint: Endpoint{gw, front},
		Relay: &Backend{Name: "nas", Endpoints: []Endpoint{{nas, back}}, Place: true},
	}}}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ln, err := front.Announce(ctx, gw)
	if err != nil {
		t.Fatal(err)
	}
	// The gateway does so before it accepts; the client below is quicker.
	if d, ok := ln.(transports.Deferrer); ok {
		d.Defer()
	}
	g.Listeners[0].Endpoint.Network = ready{ln}
	wg.Go(func() {
		if err := g.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	conn, err := front.Dial(t.Context(), gw)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{client: smb2test.NewClient(conn)}
	if _, err := r.client.Negotiate(smb2.Dialect311); err != nil {
		t.Fatal(err)
	}
	file := bytes.Clone(server.File)
	rng := rand.New(rand.NewPCG(7, 7))
	for i := range 60 {
		n, off := uint32(1+rng.IntN(mib)), uint64(rng.IntN(mib))
		if i%3 == 0 {
			n = uint32(1 + rng.IntN(6000))
		}
		if i%2 == 0 {
			got, status, err := p.read(r, off, n, v1Invalidate)
			if err != nil || status != 0 || !bytes.Equal(got, file[off:][:n]) {
				t.Fatalf("read %d of %d bytes at %d: %v, %v", i, n, off, status, err)
			}
			continue
		}
		data := pattern(int(n) + i)[i:]
		k, status, err := p.write(r, off, data, v1)
		if err != nil || status != 0 || k != n {
			t.Fatalf("write %d of %d bytes at %d: %v, %v", i, n, off, status, err)
		}
		copy(file[off:], data)
	}
	conn.Close()
	cancel()
	l.Close()
	wg.Wait()
	if !bytes.Equal(server.File, file) {
		t.Error("the server has other bytes than were written")
	}
	e := log.find("connection closed")
	if n := e["placed_reads"].Uint64() + e["placed_writes"].Uint64(); n < 40 {
		t.Errorf("%d of 60 were placed: %v", n, e)
	}
	// Which leg goes over what, and nothing of a leg that has no choice.
	want := map[bool]string{true: "[provider=verbs device=rxe0 kind=RoCE]", false: "<nil>"}
	for leg, n := range map[string]transports.Network{"front_rdma": front, "back_rdma": back} {
		_, direct := n.(*smbdirect.Network)
		if got := fmt.Sprint(e[leg].Resolve()); got != want[direct] {
			t.Errorf("%s is %s, want %s", leg, got, want[direct])
		}
	}
}
