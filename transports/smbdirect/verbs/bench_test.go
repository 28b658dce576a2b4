//go:build linux && (amd64 || arm64) && !noverbs

package verbs

import (
	"net"
	"testing"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// benchPair connects two queue pairs through a device of this machine.
func benchPair(b *testing.B, p *Provider) (a, z rdma.QueuePair) {
	b.Helper()
	l, err := p.Listen(b.Context(), net.JoinHostPort(needDevice(b), "0"), rdma.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	if a, err = p.Dial(l.Addr().String(), rdma.Config{}); err != nil {
		b.Fatal(err)
	}
	accepted := make(chan error, 1)
	go func() {
		var err error
		if z, err = l.Accept(); err == nil {
			z.PostReceive(1, p.memory().Alloc(64))
			err = z.Establish(b.Context(), rdma.Params{IRD: 16, ORD: 16})
		}
		accepted <- err
	}()
	if err := a.Establish(b.Context(), rdma.Params{IRD: 16, ORD: 16}); err != nil {
		b.Fatal(err)
	}
	if err := <-accepted; err != nil {
		b.Fatal(err)
	}
	a.PostSend([]rdma.Work{{Op: rdma.OpSend, Head: []byte("hello")}})
	var one [1]rdma.Completion
	if _, err := z.Poll(one[:]); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { a.Close(); z.Close() })
	return a, z
}

// BenchmarkProvider moves payload of 1 MiB, 16 at a time, as perftest's
// ib_write_bw and ib_read_bw do beside it.
func BenchmarkProvider(b *testing.B) {
	const size, depth = 1 << 20, 16
	for _, c := range []struct {
		name  string
		op    rdma.Op
		right rdma.Access
	}{{"write-1M", rdma.OpWrite, rdma.RemoteWrite}, {"read-1M", rdma.OpRead, rdma.RemoteRead}} {
		b.Run(c.name, func(b *testing.B) {
			p := new(Provider)
			a, z := benchPair(b, p)
			go func() {
				var list [16]rdma.Completion
				for {
					if _, err := z.Poll(list[:]); err != nil {
						return
					}
				}
			}()
			there, here := p.memory().Alloc(size), p.memory().Alloc(size)
			defer p.memory().Free(here)
			r, err := z.Register(there, c.right)
			if err != nil {
				b.Fatal(err)
			}
			r.(*region).Settle()
			work := []rdma.Work{{Op: c.op, Body: here, Remote: r.Segment()}}
			var list [depth]rdma.Completion
			b.SetBytes(size)
			b.ReportAllocs()
			b.ResetTimer()
			posted := 0
			for done := 0; done < b.N; {
				for posted < b.N && posted-done < depth {
					if err := a.PostSend(work); err != nil {
						b.Fatal(err)
					}
					posted++
				}
				n, err := a.Poll(list[:])
				if err != nil {
					b.Fatal(err)
				}
				done += n
			}
			b.StopTimer()
			r.Deregister()
		})
	}
}

// BenchmarkRoundTrip sends a message of 4 KiB there and back, one at a time:
// what it costs to wait for a completion.
func BenchmarkRoundTrip(b *testing.B) {
	const size = 4096
	p := new(Provider)
	a, z := benchPair(b, p)
	block := p.memory().Alloc(4 * size)
	defer p.memory().Free(block)
	piece := func(i int) []byte { return block[i*size : (i+1)*size : (i+1)*size] }
	ended := make(chan struct{})
	b.Cleanup(func() { a.Close(); z.Close(); <-ended })
	if err := z.PostReceive(1, piece(1)); err != nil {
		b.Fatal(err)
	}
	go func() {
		defer close(ended)
		answer(z, piece(1), piece(2))
	}()
	b.ReportAllocs()
	work := []rdma.Work{{Op: rdma.OpSend, Body: piece(0)}}
	for b.Loop() {
		if err := a.PostReceive(1, piece(3)); err != nil {
			b.Fatal(err)
		}
		if err := a.PostSend(work); err != nil {
			b.Fatal(err)
		}
		if err := received(a); err != nil {
			b.Fatal(err)
		}
	}
}

// received waits for a message.
func received(q rdma.QueuePair) error {
	var list [4]rdma.Completion
	for {
		n, err := q.Poll(list[:])
		if err != nil {
			return err
		}
		for _, c := range list[:n] {
			if c.Op == rdma.OpReceive {
				return c.Err
			}
		}
	}
}

// answer sends a message back for each that comes, until the end.
func answer(q rdma.QueuePair, in, out []byte) {
	work := []rdma.Work{{Op: rdma.OpSend, Body: out}}
	for received(q) == nil {
		_ = q.PostReceive(1, in)
		_ = q.PostSend(work)
	}
}
