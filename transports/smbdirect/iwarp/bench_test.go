package iwarp

import (
	"io"
	"net"
	"testing"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

const mega = 1 << 20

// BenchmarkProvider compares one connection's RDMA write and read of 1 MiB
// with a plain copy of 1 MiB writes and reads over TCP on the same loopback.
func BenchmarkProvider(b *testing.B) {
	b.Run("tcp-copy", benchmarkTCP)
	b.Run("write-1M", func(b *testing.B) { benchmarkTransfer(b, &Provider{}, rdma.OpWrite, mega) })
	b.Run("read-1M", func(b *testing.B) { benchmarkTransfer(b, &Provider{}, rdma.OpRead, mega) })
	b.Run("write-1M-crc", func(b *testing.B) { benchmarkTransfer(b, &Provider{RequireCRC: true}, rdma.OpWrite, mega) })
	b.Run("read-1M-crc", func(b *testing.B) { benchmarkTransfer(b, &Provider{RequireCRC: true}, rdma.OpRead, mega) })
	b.Run("write-1M-ethernet", func(b *testing.B) { benchmarkTransfer(b, &Provider{MaxFPDU: 1448}, rdma.OpWrite, mega) })
	b.Run("read-1M-ethernet", func(b *testing.B) { benchmarkTransfer(b, &Provider{MaxFPDU: 1448}, rdma.OpRead, mega) })
	b.Run("write-4K", func(b *testing.B) { benchmarkTransfer(b, &Provider{}, rdma.OpWrite, 4096) })
	b.Run("tcp-ping", benchmarkTCPPing)
	b.Run("ping", benchmarkPing)
	b.Run("register", benchmarkRegister)
}

// touched is memory that has pages of its own. What was never written to is
// one page of zeros to a system that reads it, which no cache misses.
func touched(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i>>12 + i)
	}
	return b
}

func tcpPair(b testing.TB) (a, z net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	if a, err = net.Dial("tcp", l.Addr().String()); err != nil {
		b.Fatal(err)
	}
	if z, err = l.Accept(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { a.Close(); z.Close() })
	return a, z
}

func benchmarkTCP(b *testing.B) {
	a, z := tcpPair(b)
	src, dst := touched(mega), touched(mega)
	b.SetBytes(mega)
	b.ReportAllocs()
	b.ResetTimer()
	go func() {
		for range b.N {
			a.Write(src)
		}
	}()
	for range b.N {
		if _, err := io.ReadFull(z, dst); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkTCPPing(b *testing.B) {
	a, z := tcpPair(b)
	go io.Copy(struct{ io.Writer }{z}, struct{ io.Reader }{z})
	buf := make([]byte, 100)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		a.Write(buf)
		if _, err := io.ReadFull(a, buf); err != nil {
			b.Fatal(err)
		}
	}
}

// benchPair connects two queue pairs that have exchanged one message; nobody
// polls yet.
func benchPair(b testing.TB, p *Provider) (initiator, responder *queuePair) {
	l, err := p.Listen(b.Context(), "127.0.0.1:0", rdma.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	params := rdma.Params{IRD: 16, ORD: 16}
	accepted := make(chan *queuePair)
	go func() {
		q, err := l.Accept()
		if err == nil {
			q.PostReceive(0, make([]byte, 1))
			err = q.Establish(b.Context(), params)
		}
		if err != nil {
			b.Error(err)
		}
		accepted <- q.(*queuePair)
	}()
	a, err := p.Dial(l.Addr().String(), rdma.Config{})
	if err == nil {
		err = a.Establish(b.Context(), params)
	}
	if err == nil {
		err = a.PostSend(make([]rdma.Work, 1))
	}
	if err != nil {
		b.Fatal(err)
	}
	z := <-accepted
	one := make([]rdma.Completion, 1)
	if _, err := z.Poll(one); err != nil {
		b.Fatal(err)
	}
	if _, err := a.Poll(one); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		done := make(chan bool)
		go func() { z.Close(); close(done) }()
		a.Close()
		<-done
	})
	return a.(*queuePair), z
}

// benchmarkTransfer keeps transfers under way, and ends when the last has
// arrived. There are more of them than fit the socket buffer, 4 MiB as Linux
// comes, and fewer than ORD: so the side that sends always has something to
// write, like the writer of the plain copy.
func benchmarkTransfer(b *testing.B, p *Provider, op rdma.Op, size int) {
	const depth = 8
	a, z := benchPair(b, p)
	mem := touched(size)
	right := rdma.RemoteWrite
	if op == rdma.OpRead {
		right = rdma.RemoteRead
	}
	r, err := z.Register(mem, right)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Deregister()
	z.PostReceive(0, make([]byte, 1))
	arrived := make(chan error, 1)
	go func() {
		var list [16]rdma.Completion
		_, err := z.Poll(list[:])
		arrived <- err
	}()
	work := []rdma.Work{{Op: op, Body: touched(size), Remote: r.Segment()}}
	var list [16]rdma.Completion
	b.SetBytes(int64(size))
	b.ReportAllocs()
	b.ResetTimer()
	for posted, done := 0, 0; done < b.N; {
		for posted < b.N && posted < done+depth {
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
	a.PostSend([]rdma.Work{{Op: rdma.OpSend}})
	if err := <-arrived; err != nil {
		b.Fatal(err)
	}
}

// benchmarkPing is the round trip of a small message, with its buffers posted
// again.
func benchmarkPing(b *testing.B) {
	a, z := benchPair(b, &Provider{})
	const size = 100
	ping := []rdma.Work{{Op: rdma.OpSend, Head: make([]byte, 24), Body: make([]byte, size-24)}}
	pong := []rdma.Work{{Op: rdma.OpSend, Head: make([]byte, 24), Body: make([]byte, size-24)}}
	bufA, bufZ := make([]byte, size), make([]byte, size)
	z.PostReceive(0, bufZ)
	stopped := make(chan bool)
	go func() {
		defer close(stopped)
		var list [16]rdma.Completion
		for {
			n, err := z.Poll(list[:])
			if err != nil {
				return
			}
			for _, c := range list[:n] {
				if c.Op == rdma.OpReceive && c.Err == nil {
					z.PostReceive(0, bufZ)
					z.PostSend(pong)
				}
			}
		}
	}()
	var list [16]rdma.Completion
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		a.PostReceive(0, bufA)
		if err := a.PostSend(ping); err != nil {
			b.Fatal(err)
		}
		for got := false; !got; {
			n, err := a.Poll(list[:])
			if err != nil {
				b.Fatal(err)
			}
			for _, c := range list[:n] {
				got = got || c.Op == rdma.OpReceive
			}
		}
	}
	b.StopTimer()
	a.Close()
	<-stopped
}

// benchmarkRegister is what one placement costs beside its data.
func benchmarkRegister(b *testing.B) {
	a, _ := benchPair(b, &Provider{})
	mem := make([]byte, 4096)
	b.ReportAllocs()
	for b.Loop() {
		r, err := a.Register(mem, rdma.RemoteWrite)
		if err != nil {
			b.Fatal(err)
		}
		r.Deregister()
	}
}
