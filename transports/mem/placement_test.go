package mem

import (
	"bytes"
	"errors"
	"net"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/transporttest"
)

// ends are the two sides of a connection that can place.
func ends(t *testing.T) (client, server transports.Placer, arena *transports.Arena) {
	t.Helper()
	arena = new(transports.Arena)
	transporttest.Buffers(t, arena)
	a, b := (&Network{Arena: arena, MaxReadWrite: 1 << 16}).Pipe()
	t.Cleanup(func() { a.Close(); b.Close() })
	return a.(transports.Placer), b.(transports.Placer), arena
}

// An outcome is a Done that can be waited for.
type outcome chan error

func (o outcome) Done(err error) { o <- err }

func push(c transports.Placer, to []transports.Descriptor, src []byte) error {
	o := make(outcome, 2)
	c.Push(to, src, o)
	return <-o
}

func pull(c transports.Placer, dst []byte, from []transports.Descriptor) error {
	o := make(outcome, 2)
	c.Pull(dst, from, o)
	return <-o
}

func expose(t *testing.T, c transports.Placer, b []byte, r transports.Right) transports.Exposure {
	t.Helper()
	e, err := c.Expose(b, r)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestPlace(t *testing.T) {
	client, server, _ := ends(t)
	p := make([]byte, 300)
	one, two := expose(t, client, p[:100], transports.Writable), expose(t, client, p[100:], transports.Writable)
	src := bytes.Repeat([]byte("0123456789"), 25)
	// In the order of the list, and no more than there is.
	if err := push(server, []transports.Descriptor{two.Descriptor(), one.Descriptor()}, src); err != nil {
		t.Fatal(err)
	}
	if want := append(append(bytes.Clone(src[200:]), make([]byte, 50)...), src[:200]...); !bytes.Equal(p, want) {
		t.Errorf("pushed %q", p)
	}

	from := expose(t, client, []byte("payload of a write"), transports.Readable).Descriptor()
	from.Offset, from.Length = from.Offset+8, 2 // a part
	dst := make([]byte, 2)
	if err := pull(server, dst, []transports.Descriptor{from}); err != nil || string(dst) != "of" {
		t.Errorf("pulled %q, %v", dst, err)
	}
}

// What may not be is refused without harm to the connection.
func TestRefused(t *testing.T) {
	client, server, arena := ends(t)
	d := []transports.Descriptor{expose(t, client, make([]byte, 10), transports.Writable).Descriptor()}
	if _, err := server.Expose(make([]byte, 10), transports.Readable); err != transports.ErrRole {
		t.Errorf("server exposes: %v", err)
	}
	if err := push(client, d, make([]byte, 1)); err != transports.ErrRole {
		t.Errorf("client pushes: %v", err)
	}
	err := push(server, d, make([]byte, 11))
	if e, ok := errors.AsType[*transports.DescriptorError](err); !ok || e.Need != 11 || e.Have != 10 {
		t.Errorf("short descriptors: %v", err)
	}
	long := make([]byte, 1<<16+1)
	if _, ok := errors.AsType[*transports.TransferSizeError](pull(server, long, d)); !ok {
		t.Error("transfer beyond the limit was not refused")
	}
	if _, err := client.Expose(long, transports.Readable); err == nil {
		t.Error("exposure beyond the limit was not refused")
	}
	if _, err := client.Expose(long[:1], 3); err == nil {
		t.Error("both rights were not refused")
	}
	if err := client.Send(arena.New(1)); err != nil {
		t.Errorf("after all that: %v", err)
	}
	m, err := server.Receive()
	if err != nil {
		t.Fatal(err)
	}
	m.Release()
}

// A protection fault ends the connection on both sides, touches nothing, and
// names the fault.
func TestFault(t *testing.T) {
	for name, change := range map[string]func(*transports.Descriptor){
		"token":           func(d *transports.Descriptor) { d.Token++ },
		"before":          func(d *transports.Descriptor) { d.Offset-- },
		"behind":          func(d *transports.Descriptor) { d.Offset++ },
		"length":          func(d *transports.Descriptor) { d.Length++ },
		"offset overflow": func(d *transports.Descriptor) { d.Offset = ^uint64(0) - 3 },
	} {
		t.Run(name, func(t *testing.T) {
			client, server, _ := ends(t)
			memory := make([]byte, 30)
			d := expose(t, client, memory[10:20], transports.Writable).Descriptor()
			change(&d)
			err := push(server, []transports.Descriptor{d}, bytes.Repeat([]byte{1}, int(d.Length)))
			if _, ok := errors.AsType[*AccessError](err); !ok {
				t.Errorf("Push: %v", err)
			}
			for _, c := range []transports.Conn{client, server} {
				if _, got := c.Receive(); got != err {
					t.Errorf("Receive: %v, want the fault", got)
				}
			}
			if !bytes.Equal(memory, make([]byte, 30)) {
				t.Error("memory was touched")
			}
		})
	}
	for name, right := range map[string]transports.Right{"push": transports.Readable, "pull": transports.Writable} {
		client, server, _ := ends(t)
		d := []transports.Descriptor{expose(t, client, make([]byte, 8), right).Descriptor()}
		transfer := map[string]func() error{
			"push": func() error { return push(server, d, make([]byte, 8)) },
			"pull": func() error { return pull(server, make([]byte, 8), d) },
		}
		if _, ok := errors.AsType[*AccessError](transfer[name]()); !ok {
			t.Errorf("%s without the right was not refused", name)
		}
	}
}

// Where a peer cannot invalidate, a message that does so changes nothing.
func TestNoInvalidation(t *testing.T) {
	arena := new(transports.Arena)
	transporttest.Buffers(t, arena)
	a, b := (&Network{Arena: arena, MaxReadWrite: 1 << 16, NoInvalidation: true}).Pipe()
	t.Cleanup(func() { a.Close(); b.Close() })
	client, server := a.(transports.Placer), b.(transports.Placer)
	if client.Placement().Invalidates {
		t.Error("the placement says that the peer can invalidate")
	}
	e := expose(t, client, make([]byte, 8), transports.Writable)
	m := arena.New(4)
	m.Invalidate, m.Invalidates = e.Descriptor().Token, true
	if err := server.Send(m); err != nil {
		t.Fatal(err)
	}
	got, err := client.Receive()
	if err != nil {
		t.Fatal(err)
	}
	got.Release()
	if err := push(server, []transports.Descriptor{e.Descriptor()}, make([]byte, 8)); err != nil {
		t.Errorf("the memory is out of reach: %v", err)
	}
	e.Revoke()
}

// Revoked, and invalidated by a message: out of reach.
func TestOutOfReach(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, client, server transports.Placer, e transports.Exposure, arena *transports.Arena){
		"revoked": func(t *testing.T, _, _ transports.Placer, e transports.Exposure, _ *transports.Arena) {
			e.Revoke()
			e.Revoke()
		},
		"invalidated": func(t *testing.T, client, server transports.Placer, e transports.Exposure, arena *transports.Arena) {
			m := arena.New(4)
			m.Invalidate, m.Invalidates = e.Descriptor().Token, true
			if err := server.Send(m); err != nil {
				t.Fatal(err)
			}
			got, err := client.Receive()
			if err != nil {
				t.Fatal(err)
			}
			if !got.Invalidates || got.Invalidate != e.Descriptor().Token {
				t.Errorf("invalidates %v, token %#x", got.Invalidates, got.Invalidate)
			}
			got.Release()
			e.Revoke()
		},
	} {
		client, server, arena := ends(t)
		e := expose(t, client, make([]byte, 8), transports.Writable)
		d := []transports.Descriptor{e.Descriptor()}
		if err := push(server, d, make([]byte, 8)); err != nil {
			t.Fatal(err)
		}
		end(t, client, server, e, arena)
		if _, ok := errors.AsType[*AccessError](push(server, d, make([]byte, 8))); !ok {
			t.Errorf("%s memory is within reach", name)
		}
	}
}

// A message sent after a Push is delivered after its data.
func TestMessageAfterPush(t *testing.T) {
	client, server, arena := ends(t)
	for i := range 200 {
		b := make([]byte, 1000)
		d := []transports.Descriptor{expose(t, client, b, transports.Writable).Descriptor()}
		o := make(outcome, 1)
		server.Push(d, bytes.Repeat([]byte{byte(i + 1)}, 1000), o)
		if err := server.Send(arena.New(1)); err != nil {
			t.Fatal(err)
		}
		m, err := client.Receive()
		if err != nil {
			t.Fatal(err)
		}
		m.Release()
		if b[999] != byte(i+1) {
			t.Fatal("the message has overtaken the data")
		}
		<-o
	}
}

// Every transfer is told its end exactly once, also at the connection's.
func TestDoneOnce(t *testing.T) {
	client, server, _ := ends(t)
	d := []transports.Descriptor{expose(t, client, make([]byte, 8), transports.Writable).Descriptor()}
	const transfers = 500
	o := make(outcome, 2*transfers)
	go server.Close()
	for range transfers {
		server.Push(d, make([]byte, 8), o)
	}
	server.Close()
	for range transfers {
		if err := <-o; err != nil && !errors.Is(err, net.ErrClosed) {
			t.Errorf("Push: %v", err)
		}
	}
	if len(o) != 0 {
		t.Errorf("%d transfers were told twice", len(o))
	}
}

// Everything waits where synctest sees it.
func TestSynctest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server, arena := ends(t)
		got := make(chan error)
		go func() { _, err := client.Receive(); got <- err }()
		sent := make(chan error, 1)
		go func() {
			for {
				if err := client.Send(arena.New(10)); err != nil {
					sent <- err
					return
				}
			}
		}()
		synctest.Wait() // both are blocked for good
		client.Close()
		if err := <-got; err != net.ErrClosed {
			t.Errorf("Receive: %v", err)
		}
		if err := <-sent; err != net.ErrClosed {
			t.Errorf("Send: %v", err)
		}
		server.Close()
	})
}

func TestAnyHost(t *testing.T) {
	n := &Network{}
	any := labAddr()
	any.Host, any.Service = transports.AnyHost, "445"
	l, err := n.Announce(t.Context(), any)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := n.Announce(t.Context(), any); err == nil {
		t.Error("an address was announced twice")
	}
	a := labAddr()
	a.Service = "smb"
	c, err := n.Dial(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

// What is sent to a peer that has closed is nobody's, and is given back.
func TestSendToClosedPeer(t *testing.T) {
	client, server, arena := ends(t)
	server.Close()
	for range 50 {
		if err := client.Send(arena.New(10)); err != nil && !errors.Is(err, syscall.EPIPE) {
			t.Errorf("Send: %v", err)
		}
		if n := arena.InUse(); n != 0 {
			t.Fatalf("%d messages in use", n)
		}
	}
}
