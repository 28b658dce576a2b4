package smbdirect_test

import (
	"context"
	"net"
	"runtime"
	"testing"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect"
	"github.com/smbgw/smbgw/transports/smbdirect/iwarp"
	"github.com/smbgw/smbgw/transports/smbdirect/loop"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// providers are what the benchmarks run over.
var providers = []struct {
	name    string
	make    func() rdma.Provider
	options smbdirect.Options
}{
	{"loop", func() rdma.Provider { return new(loop.Fabric) }, smbdirect.Options{}},
	{"iwarp", func() rdma.Provider { return new(iwarp.Provider) }, smbdirect.Options{}},
	{"iwarp-1364", func() rdma.Provider { return new(iwarp.Provider) }, smbdirect.Options{PreferredSendSize: 1364, MaxReceiveSize: 1364}},
	{"iwarp-8136", func() rdma.Provider { return new(iwarp.Provider) }, smbdirect.Options{PreferredSendSize: 8136, MaxReceiveSize: 8192}},
}

func benchmark(b *testing.B, f func(b *testing.B, client, server transports.Placer, arena *transports.Arena)) {
	for _, p := range providers {
		b.Run(p.name, func(b *testing.B) {
			o := p.options
			o.Arena = new(transports.Arena)
			n := smbdirect.Over(p.make(), o)
			l, err := n.Announce(context.Background(), transports.Addr{Host: "127.0.0.1", Service: "0"})
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			_, port, _ := net.SplitHostPort(l.Addr().String())
			c, err := n.Dial(context.Background(), transports.Addr{Host: "127.0.0.1", Service: port})
			if err != nil {
				b.Fatal(err)
			}
			defer c.Close()
			s, err := l.Accept()
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			b.ReportAllocs()
			f(b, c.(transports.Placer), s.(transports.Placer), o.Arena)
		})
	}
}

// BenchmarkMessage1MiB sends 1 MiB messages one way.
func BenchmarkMessage1MiB(b *testing.B) {
	benchmark(b, func(b *testing.B, client, server transports.Placer, arena *transports.Arena) {
		b.SetBytes(1 << 20)
		go func() {
			for b.Loop() {
				if client.Send(arena.New(1<<20)) != nil {
					return
				}
			}
			client.Send(arena.New(1))
		}()
		for {
			m, err := server.Receive()
			if err != nil {
				b.Fatal(err)
			}
			n := m.Len()
			m.Release()
			if n == 1 {
				b.ReportMetric(float64(smbdirect.Window(server)), "window")
				return
			}
		}
	})
}

// BenchmarkPingPong128 sends 128 bytes and waits for 128 bytes.
func BenchmarkPingPong128(b *testing.B) {
	benchmark(b, func(b *testing.B, client, server transports.Placer, arena *transports.Arena) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			for {
				m, err := server.Receive()
				if err != nil || server.Send(m) != nil {
					return
				}
			}
		}()
		for b.Loop() {
			if err := client.Send(arena.New(128)); err != nil {
				b.Fatal(err)
			}
			m, err := client.Receive()
			if err != nil {
				b.Fatal(err)
			}
			m.Release()
		}
		client.Close()
		<-done
	})
}

// told is a Done that is used again and again.
type told chan error

func (d told) Done(err error) { d <- err }

// placed is how many transfers are under way in the benchmarks.
const placed = 4

// BenchmarkPush1MiB is the data path of SMB2 READ: the client exposes, the
// server pushes and sends a small message that retires the token, and the
// client gives the region back when that has arrived.
func BenchmarkPush1MiB(b *testing.B) {
	benchmark(b, func(b *testing.B, client, server transports.Placer, arena *transports.Arena) {
		b.SetBytes(1 << 20)
		src := make([]byte, 1<<20)
		var dst [placed][]byte
		var open [placed]transports.Exposure
		list := make([]transports.Descriptor, 1)
		done := make(told, placed+1)
		for i := range dst {
			dst[i] = make([]byte, 1<<20)
		}
		finish := func(k int) {
			m, err := client.Receive()
			if err != nil {
				b.Fatal(err)
			}
			m.Release()
			if err := <-done; err != nil {
				b.Fatal(err)
			}
			open[k].Revoke()
			open[k] = nil
		}
		i := 0
		for ; b.Loop(); i++ {
			k := i % placed
			if open[k] != nil {
				finish(k)
			}
			e, err := client.Expose(dst[k], transports.Writable)
			if err != nil {
				b.Fatal(err)
			}
			open[k], list[0] = e, e.Descriptor()
			server.Push(list, src, done)
			m := arena.New(128)
			m.Invalidate, m.Invalidates = list[0].Token, true
			if err := server.Send(m); err != nil {
				b.Fatal(err)
			}
		}
		for range open { // the oldest first
			if k := i % placed; open[k] != nil {
				finish(k)
			}
			i++
		}
	})
}

// BenchmarkPull1MiB is the data path of SMB2 WRITE.
func BenchmarkPull1MiB(b *testing.B) {
	benchmark(b, func(b *testing.B, client, server transports.Placer, _ *transports.Arena) {
		b.SetBytes(1 << 20)
		src := make([]byte, 1<<20)
		var dst [placed][]byte
		var open [placed]transports.Exposure
		list := make([]transports.Descriptor, 1)
		done := make(told, placed)
		for i := range dst {
			dst[i] = make([]byte, 1<<20)
		}
		finish := func(k int) {
			if err := <-done; err != nil { // in the order of the pulls
				b.Fatal(err)
			}
			open[k].Revoke()
			open[k] = nil
		}
		i := 0
		for ; b.Loop(); i++ {
			k := i % placed
			if open[k] != nil {
				finish(k)
			}
			e, err := client.Expose(src, transports.Readable)
			if err != nil {
				b.Fatal(err)
			}
			open[k], list[0] = e, e.Descriptor()
			server.Pull(dst[k], list, done)
		}
		for range open {
			if k := i % placed; open[k] != nil {
				finish(k)
			}
			i++
		}
	})
}

// BenchmarkIdle reports what a pair of connections that have exchanged one
// small message costs, both ends and the provider together.
func BenchmarkIdle(b *testing.B) {
	for _, p := range providers {
		b.Run(p.name, func(b *testing.B) {
			o := p.options
			o.Arena, o.Connections = new(transports.Arena), 1<<20
			n := smbdirect.Over(p.make(), o)
			l, err := n.Announce(context.Background(), transports.Addr{Host: "127.0.0.1", Service: "0"})
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			_, port, _ := net.SplitHostPort(l.Addr().String())
			var open []transports.Conn
			before := heap()
			for b.Loop() {
				c, err := n.Dial(context.Background(), transports.Addr{Host: "127.0.0.1", Service: port})
				if err != nil {
					b.Fatal(err)
				}
				s, err := l.Accept()
				if err != nil {
					b.Fatal(err)
				}
				c.Send(o.Arena.New(100))
				m, err := s.Receive()
				if err != nil {
					b.Fatal(err)
				}
				m.Release()
				open = append(open, c, s)
			}
			b.ReportMetric(float64(heap()-before)/float64(len(open)), "B/conn")
			for _, c := range open {
				c.Close()
			}
		})
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

// BenchmarkExpose registers and revokes.
func BenchmarkExpose(b *testing.B) {
	benchmark(b, func(b *testing.B, client, _ transports.Placer, _ *transports.Arena) {
		buf := make([]byte, 1<<20)
		for b.Loop() {
			e, err := client.Expose(buf, transports.Readable)
			if err != nil {
				b.Fatal(err)
			}
			e.Revoke()
		}
	})
}
