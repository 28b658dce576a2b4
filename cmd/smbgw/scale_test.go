package main

import (
	"bytes"
	"encoding/binary"
	"net"
	"runtime"
	"sync"
	"testing"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect"
	"github.com/smbgw/smbgw/transports/smbdirect/iwarp"
	"github.com/smbgw/smbgw/transports/tcp"
	"github.com/smbgw/smbgw/transports/transporttest"
)

func loopback(network string) transports.Addr {
	return transports.Addr{Network: network, Host: "127.0.0.1", Service: "0"}
}

// TestThousandConnections relays a thousand connections at a time from TCP over
// SMB Direct, on real sockets, to a server that echoes.
func TestThousandConnections(t *testing.T) {
	const connections, rounds = 1000, 3
	transporttest.Watch(t)
	arena := new(transports.Arena)
	transporttest.Buffers(t, arena)

	direct := smbdirect.Over(new(iwarp.Provider), smbdirect.Options{Arena: arena, PreferredSendSize: 1364, MaxReceiveSize: 1364})
	server := echo(t, direct, loopback("smbdirect"))
	network := tcp.Network{Arena: arena}
	at, log, stop := relay(t, network, loopback("tcp"), direct, server)

	conns := make([]transports.Conn, connections)
	var wg sync.WaitGroup
	dialling := make(chan struct{}, 64) // all at once would overflow the listen queue
	for i := range conns {
		dialling <- struct{}{}
		wg.Go(func() {
			defer func() { <-dialling }()
			c, err := network.Dial(t.Context(), at)
			if err != nil {
				t.Error(err)
				return
			}
			conns[i] = c
			talk(t, c, arena, uint64(i), 1)
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	for i, c := range conns { // all of them are up at the same time
		wg.Go(func() { talk(t, c, arena, uint64(i), rounds) })
	}
	wg.Wait()
	for _, c := range conns {
		c.Close()
	}
	stop()
	if n := len(log.closed("reason")); n != connections {
		t.Errorf("%d connections in the log, want %d", n, connections)
	}
}

// talk sends messages of growing size and expects each back.
func talk(t *testing.T, c transports.Conn, arena *transports.Arena, seed uint64, rounds int) {
	for r := range rounds {
		m := arena.New(64 << (2 * r))
		b := m.Bytes()
		for i := 0; i+8 <= len(b); i += 8 {
			binary.LittleEndian.PutUint64(b[i:], seed<<32|uint64(r)<<24|uint64(i))
		}
		want := bytes.Clone(b)
		if err := c.Send(m); err != nil {
			t.Error(err)
			return
		}
		got, err := c.Receive()
		if err != nil {
			t.Error(err)
			return
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("connection %d round %d: another message came back", seed, r)
		}
		got.Release()
	}
}

// BenchmarkIdleConnection reports what an idle relayed connection from TCP to
// TCP costs the gateway, both legs, in bytes of memory.
func BenchmarkIdleConnection(b *testing.B) {
	const connections = 500
	arena := new(transports.Arena)
	network := tcp.Network{Arena: arena}
	for b.Loop() {
		// The peers are bare sockets, so that all that grows is the gateway's.
		server, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		to := loopback("tcp")
		_, to.Service, _ = net.SplitHostPort(server.Addr().String())
		at, _, stop := relay(b, network, loopback("tcp"), network, to)
		address, err := at.HostPort()
		if err != nil {
			b.Fatal(err)
		}
		before := memory()
		var ends []net.Conn
		for range connections {
			front, err := net.Dial("tcp", address)
			if err != nil {
				b.Fatal(err)
			}
			back, err := server.Accept()
			if err != nil {
				b.Fatal(err)
			}
			ends = append(ends, front, back)
			exchange(b, front, back)
			exchange(b, back, front)
		}
		b.ReportMetric(float64(memory()-before)/connections, "B/conn")
		for _, c := range ends {
			c.Close()
		}
		stop()
		server.Close()
	}
}

// exchange sends one message through, so that stacks and buffers have grown to
// what a connection in use has.
func exchange(b *testing.B, from, to net.Conn) {
	frame := transports.AppendPrefix(nil, 4096)
	frame = append(frame, make([]byte, 4096)...)
	if _, err := from.Write(frame); err != nil {
		b.Fatal(err)
	}
	for got := 0; got < len(frame); {
		n, err := to.Read(frame[got:])
		if err != nil {
			b.Fatal(err)
		}
		got += n
	}
}

// memory is what the heap and the goroutines' stacks hold.
func memory() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}
