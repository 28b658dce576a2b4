package smbdirect_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/synctest"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect"
	"github.com/smbgw/smbgw/transports/smbdirect/loop"
)

// A pair is a client and a server of ours, in a bubble.
type pair struct {
	t              *testing.T
	fabric         *loop.Fabric
	arena          *transports.Arena
	client, server transports.Placer
}

func withPair(t *testing.T, o smbdirect.Options, f func(p *pair)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &pair{t: t, fabric: new(loop.Fabric), arena: new(transports.Arena)}
		o.Arena = p.arena
		n := smbdirect.Over(p.fabric, o)
		a := transports.Addr{Network: "loop", Host: "h", Service: "5445"}
		l, err := n.Announce(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		c, err := n.Dial(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		s, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		p.client, p.server = c.(transports.Placer), s.(transports.Placer)
		f(p)
		c.Close()
		s.Close()
		l.Close()
		if n := p.fabric.Regions(); n != 0 {
			t.Errorf("%d regions left", n)
		}
		if n := p.arena.InUse(); n != 0 {
			t.Errorf("%d messages left", n)
		}
	})
}

func (p *pair) expose(b []byte, r transports.Right) (transports.Exposure, transports.Descriptor) {
	p.t.Helper()
	e, err := p.client.Expose(b, r)
	if err != nil {
		p.t.Fatal(err)
	}
	return e, e.Descriptor()
}

// ended is a Done that delivers, once.
type ended chan error

func (e ended) Done(err error) { e <- err }

func (p *pair) push(to []transports.Descriptor, src []byte) error {
	e := make(ended, 2)
	p.server.Push(to, src, e)
	return e.once(p.t)
}

func (p *pair) pull(dst []byte, from []transports.Descriptor) error {
	e := make(ended, 2)
	p.server.Pull(dst, from, e)
	return e.once(p.t)
}

func (e ended) once(t *testing.T) error {
	t.Helper()
	err := <-e
	synctest.Wait()
	if len(e) > 0 {
		t.Error("Done was told twice")
	}
	return err
}

// alive checks that messages still go both ways.
func (p *pair) alive() {
	p.t.Helper()
	for _, way := range [][2]transports.Conn{{p.client, p.server}, {p.server, p.client}} {
		if err := way[0].Send(p.arena.New(100)); err != nil {
			p.t.Fatal(err)
		}
		m, err := way[1].Receive()
		if err != nil {
			p.t.Fatal(err)
		}
		m.Release()
	}
}

// dead checks that the connection has ended, on both sides.
func (p *pair) dead() {
	p.t.Helper()
	for _, c := range []transports.Conn{p.client, p.server} {
		if m, err := c.Receive(); err == nil {
			m.Release()
			p.t.Error("Receive: no error")
		} else if errors.Is(err, io.EOF) {
			p.t.Errorf("Receive: %v, an orderly end", err)
		}
	}
}

func TestPlacement(t *testing.T) {
	withPair(t, smbdirect.Options{MaxReadWriteSize: 1 << 20}, func(p *pair) {
		if got := p.client.Placement(); got != (transports.Placement{MaxReadWrite: 1 << 20, Invalidates: true}) {
			t.Errorf("client: %+v", got)
		}
		if got := p.server.Placement(); got != (transports.Placement{MaxReadWrite: 1 << 20, Server: true}) {
			t.Errorf("server: %+v", got)
		}
	})
}

// Large transfers through one descriptor and through several of odd sizes and
// alignments.
func TestPushPull(t *testing.T) {
	withPair(t, smbdirect.Options{}, func(p *pair) {
		for _, cuts := range [][]int{{1 << 20}, {100, 5000, 1<<20 - 5100}, {1, 1 << 19, 7, 1 << 20}} {
			src, dst := pattern(1<<20), make([]byte, 2<<20)
			var list []transports.Descriptor
			var es []transports.Exposure
			at := 1 // unaligned
			for _, n := range cuts {
				e, d := p.expose(dst[at:at+n], transports.Writable)
				es, list = append(es, e), append(list, d)
				at += n
			}
			if err := p.push(list, src); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(dst[1:1+len(src)], src) || dst[0] != 0 || dst[1+len(src)] != 0 {
				t.Errorf("%v: pushed wrong bytes", cuts)
			}
			for _, e := range es {
				e.Revoke()
			}
			list, es = nil, nil
			at = 0
			for _, n := range cuts {
				e, d := p.expose(dst[at:at+n], transports.Readable)
				es, list = append(es, e), append(list, d)
				at += n
			}
			got := make([]byte, 1<<20)
			if err := p.pull(got, list); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, dst[:len(got)]) {
				t.Errorf("%v: pulled wrong bytes", cuts)
			}
			for _, e := range es {
				e.Revoke()
			}
		}
		p.alive()
	})
}

// What is pushed is in place when the next message arrives.
func TestPushThenSend(t *testing.T) {
	withPair(t, smbdirect.Options{}, func(p *pair) {
		for i := range 50 {
			dst := make([]byte, 100_000)
			e, d := p.expose(dst, transports.Writable)
			src := bytes.Repeat([]byte{byte(i + 1)}, len(dst))
			done := make(ended, 1)
			p.server.Push([]transports.Descriptor{d}, src, done)
			m := p.arena.New(10)
			m.Invalidate, m.Invalidates = d.Token, true
			if err := p.server.Send(m); err != nil {
				t.Fatal(err)
			}
			got, err := p.client.Receive()
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(dst, src) {
				t.Fatal("the data was not in place")
			}
			if !got.Invalidates || got.Invalidate != d.Token {
				t.Error("the invalidation is not reported")
			}
			got.Release()
			e.Revoke()
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Lists that cannot be served: nothing is transferred, the connection lives.
func TestBadLists(t *testing.T) {
	withPair(t, smbdirect.Options{MaxReadWriteSize: 1 << 20}, func(p *pair) {
		b := make([]byte, 10000)
		e, d := p.expose(b, transports.Writable)
		defer e.Revoke()
		none := d
		none.Length = 0
		max := d
		max.Length = 1<<32 - 1
		for name, test := range map[string]struct {
			list []transports.Descriptor
			n    int
		}{
			"empty list":           {nil, 1},
			"first without length": {[]transports.Descriptor{none, d}, 10},
			"one without length":   {[]transports.Descriptor{d, none, d}, 10001},
			"sum too small":        {[]transports.Descriptor{d}, 10001},
			"too many":             {make([]transports.Descriptor, 1<<20/4096+2), 0},
			"larger than agreed":   {[]transports.Descriptor{max}, 1<<20 + 1},
		} {
			for way, f := range map[string]func() error{
				"push": func() error { return p.push(test.list, make([]byte, test.n)) },
				"pull": func() error { return p.pull(make([]byte, test.n), test.list) },
			} {
				err := f()
				_, a := errors.AsType[*smbdirect.DescriptorError](err)
				_, b := errors.AsType[*transports.DescriptorError](err)
				if !a && !b {
					t.Errorf("%s, %s: %v", name, way, err)
				}
			}
		}
		if err := p.push([]transports.Descriptor{d, none}, b); err != nil {
			t.Errorf("no length behind the data: %v", err)
		}
		if err := p.push([]transports.Descriptor{d}, nil); err != nil {
			t.Errorf("no data: %v", err)
		}
		for range 2 { // 64-bit sums: two maximal lengths are not few bytes
			if err := p.push([]transports.Descriptor{d, max, max}, b); err != nil {
				t.Errorf("large lengths: %v", err)
			}
		}
		p.alive()
	})
}

func TestRoles(t *testing.T) {
	withPair(t, smbdirect.Options{}, func(p *pair) {
		if _, err := p.server.Expose(make([]byte, 1), transports.Readable); !errors.Is(err, transports.ErrRole) {
			t.Errorf("Expose of a server: %v", err)
		}
		done := make(ended, 2)
		p.client.Push([]transports.Descriptor{{Length: 1}}, []byte{1}, done)
		p.client.Pull(make([]byte, 1), []transports.Descriptor{{Length: 1}}, done)
		for range 2 {
			if err := <-done; !errors.Is(err, transports.ErrRole) {
				t.Errorf("transfer of a client: %v", err)
			}
		}
		for name, f := range map[string]func() error{
			"nothing":  func() error { _, err := p.client.Expose(nil, transports.Readable); return err },
			"too much": func() error { _, err := p.client.Expose(make([]byte, 8<<20+1), transports.Readable); return err },
			"no right": func() error { _, err := p.client.Expose(make([]byte, 1), 0); return err },
			"both":     func() error { _, err := p.client.Expose(make([]byte, 1), 3); return err },
		} {
			if f() == nil {
				t.Errorf("Expose of %s: no error", name)
			}
		}
		p.alive()
	})
}

// Descriptors that lie end the connection: token, offset, length, memory that
// is revoked, and the right that was not given.
func TestSmb2OverRdmaChannel_InvalidBufferDescriptor(t *testing.T) {
	for name, change := range map[string]func(*transports.Descriptor){
		"Token":         func(d *transports.Descriptor) { d.Token ^= 1 },
		"Offset":        func(d *transports.Descriptor) { d.Offset++ },
		"Offset before": func(d *transports.Descriptor) { d.Offset-- },
		"Offset wraps":  func(d *transports.Descriptor) { d.Offset = 1<<64 - 10 },
		"Length":        func(d *transports.Descriptor) { d.Length++ },
	} {
		for _, right := range []transports.Right{transports.Readable, transports.Writable} {
			t.Run(name, func(t *testing.T) {
				withPair(t, smbdirect.Options{}, func(p *pair) {
					b := make([]byte, 1001)
					_, d := p.expose(b[:1000], right)
					change(&d)
					if err := p.transfer(right, b[:d.Length], d); err == nil {
						t.Error("the transfer succeeded")
					}
					p.dead()
				})
			})
		}
	}
}

// transfer goes the way that the right allows.
func (p *pair) transfer(r transports.Right, b []byte, d transports.Descriptor) error {
	b = make([]byte, len(b))
	if r == transports.Readable {
		return p.pull(b, []transports.Descriptor{d})
	}
	return p.push([]transports.Descriptor{d}, b)
}

func TestSmb2OverRdmaChannel_InvalidBufferDescriptor_DeregisteredBuffer(t *testing.T) {
	for _, right := range []transports.Right{transports.Readable, transports.Writable} {
		t.Run("", func(t *testing.T) {
			withPair(t, smbdirect.Options{}, func(p *pair) {
				e, d := p.expose(make([]byte, 1000), right)
				e.Revoke()
				if err := p.transfer(right, make([]byte, 1000), d); err == nil {
					t.Error("the transfer succeeded")
				}
				p.dead()
			})
		})
	}
}

func TestWrongRight(t *testing.T) {
	for _, right := range []transports.Right{transports.Readable, transports.Writable} {
		t.Run("", func(t *testing.T) {
			withPair(t, smbdirect.Options{}, func(p *pair) {
				_, d := p.expose(make([]byte, 1000), right)
				other := transports.Readable + transports.Writable - right
				if err := p.transfer(other, make([]byte, 1000), d); err == nil {
					t.Error("the transfer succeeded")
				}
				p.dead()
			})
		})
	}
}

// After a Send with Invalidate the window is dead; without it, alive.
func TestInvalidatedWindow(t *testing.T) {
	for _, invalidate := range []bool{false, true} {
		t.Run("", func(t *testing.T) {
			withPair(t, smbdirect.Options{}, func(p *pair) {
				_, d := p.expose(make([]byte, 1000), transports.Writable)
				m := p.arena.New(100)
				m.Invalidate, m.Invalidates = d.Token, invalidate
				p.server.Send(m)
				got, err := p.client.Receive()
				if err != nil {
					t.Fatal(err)
				}
				got.Release()
				err = p.push([]transports.Descriptor{d}, make([]byte, 1000))
				if (err != nil) != invalidate {
					t.Errorf("push with invalidation %v: %v", invalidate, err)
				}
				if invalidate {
					p.dead()
				}
			})
		})
	}
}
