//go:build linux && (amd64 || arm64) && !noverbs

package verbs

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"
	"testing"
	"unsafe"

	"github.com/smbgw/smbgw/transports/mapped"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

func TestSockaddr(t *testing.T) {
	for _, s := range []string{"192.0.2.7:445", "[2001:db8::1]:5445", "0.0.0.0:0", "[::]:445", "[::ffff:192.0.2.7]:445"} {
		a := netip.MustParseAddrPort(s)
		b := toSockaddr(a)
		want := netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
		if got := fromSockaddr(b); got != want {
			t.Errorf("%s: %v", s, got)
		}
	}
	lo := toSockaddr(netip.MustParseAddrPort("[fe80::1%lo]:445"))
	if got := fromSockaddr(lo); got.Addr().Zone() != "lo" {
		t.Errorf("zone: %v", got)
	}
	if got := fromSockaddr(new(sockaddr)); got.IsValid() {
		t.Errorf("no family: %v", got)
	}
}

// TestPorts: 445 and 5445 are for devices of one kind, others for all.
func TestPorts(t *testing.T) {
	for _, c := range []struct {
		kind Kind
		port uint16
		ok   bool
	}{
		{IWARP, 5445, true}, {IWARP, 445, false}, {IWARP, 8445, true},
		{RoCE, 445, true}, {RoCE, 5445, false}, {RoCE, 8445, true},
		{InfiniBand, 445, true}, {InfiniBand, 5445, false}, {InfiniBand, 0, true},
	} {
		err := checkPort("x", c.kind, c.port)
		if k, bad := errors.AsType[*rdma.KindError](err); (err == nil) != c.ok || bad && k.Port != int(c.port) {
			t.Errorf("%v on %d: %v", c.kind, c.port, err)
		}
	}
}

// TestPeer: who tells what of the numbers of reads.
func TestPeer(t *testing.T) {
	e := &event{private: []byte("x")}
	e.param.responder, e.param.initiator = 3, 7 // we serve 3, we may issue 7
	if p := peerOf(e, RoCE, true); !p.Negotiated || p.ORD != 3 || p.IRD != 7 || string(p.Private) != "x" {
		t.Errorf("RoCE: %+v", p)
	}
	if p := peerOf(e, RoCE, false); !p.Negotiated || p.ORD != 3 || p.IRD != 7 {
		t.Errorf("RoCE initiator: %+v", p)
	}
	if p := peerOf(e, IWARP, false); p.Negotiated || p.ORD != 0 || p.IRD != 0 {
		t.Errorf("iWARP initiator, whose event repeats its own numbers: %+v", p)
	}
	if p := peerOf(e, IWARP, true); p.Negotiated {
		t.Errorf("iWARP: %+v", p)
	}
}

// TestResources: 255 would be the device's maximum, which nobody asked for.
func TestResources(t *testing.T) {
	for _, c := range []struct {
		n      int
		device int32
		want   uint8
	}{{0, 16, 0}, {8, 16, 8}, {32, 16, 16}, {1000, 1000, 254}} {
		if got := resources(c.n, c.device); got != c.want {
			t.Errorf("%d of %d: %d", c.n, c.device, got)
		}
	}
}

func TestEventError(t *testing.T) {
	for _, c := range []struct {
		e    event
		want error
	}{
		{event{kind: eventConnectError, status: -int32(syscall.ECONNRESET)}, syscall.ECONNRESET},
		{event{kind: eventUnreachable}, syscall.ETIMEDOUT},
		{event{kind: eventAddrError}, syscall.EHOSTUNREACH},
	} {
		if err := c.e.err(); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v", c.e, err)
		}
	}
	if err := (&event{kind: eventConnectError, status: 28}).err(); err == nil {
		t.Error("a transport's own status is no error")
	}
	if !errors.Is(&RefusedError{}, rdma.ErrRefused) {
		t.Error("RefusedError is not ErrRefused")
	}
}

// TestCompletions: Poll gets each completion once, in order, in pieces.
func TestCompletions(t *testing.T) {
	var c completions
	var dst [3]rdma.Completion
	next, want := uint64(0), uint64(0)
	for range 10 {
		for range 5 {
			c.add(rdma.Completion{ID: next})
			next++
		}
		for _, d := range dst[:c.take(dst[:])] {
			if d.ID != want {
				t.Fatalf("%d, want %d", d.ID, want)
			}
			want++
		}
	}
	for n := c.take(dst[:]); n > 0; n = c.take(dst[:]) {
		want += uint64(n)
	}
	if want != next || cap(c.list) > 64 {
		t.Errorf("%d of %d, capacity %d", want, next, cap(c.list))
	}
}

// TestWindowKey: the low eight bits count, the rest is the device's.
func TestWindowKey(t *testing.T) {
	w := &window{key: 0x1234fe}
	for _, want := range []uint32{0x1234ff, 0x123400, 0x123401} {
		if w.renew(); w.key != want {
			t.Errorf("%#x, want %#x", w.key, want)
		}
	}
}

// TestTaken: what a device has taken of a chain before the request that it has
// refused.
func TestTaken(t *testing.T) {
	var m mapped.Memory
	var q queuePair
	q.wire.init(&m, 1)
	defer q.wire.free()
	at := func(i int) pointer { return pointer(unsafe.Pointer(&q.sends[i])) }
	for _, c := range []struct {
		bad     pointer
		n, want int
	}{{at(0), 4, 0}, {at(3), 4, 3}, {at(7), 8, 7}, {0, 4, 0}, {at(31), 4, 3}} {
		*q.bad = c.bad
		if got := q.taken(c.n); got != c.want {
			t.Errorf("request %#x of %d: %d, want %d", c.bad, c.n, got, c.want)
		}
	}
}

// TestLastWords: an answer that came before the end is heard, though the end
// has come too.
func TestLastWords(t *testing.T) {
	q := newQueuePair(new(Provider), nil, rdma.Config{})
	q.err = errLost
	close(q.ending)
	for range 100 {
		q.onEvent(&event{kind: eventEstablished})
		if e, err := q.next(t.Context()); err != nil || e.kind != eventEstablished {
			t.Fatalf("%+v, %v", e, err)
		}
	}
	if _, err := q.next(t.Context()); err != errLost {
		t.Errorf("the end is %v", err)
	}
}

// TestRemovedExplains: of a device that is gone no other end is told, but the
// one that we have made ourselves.
func TestRemovedExplains(t *testing.T) {
	if err := whenGone(fmt.Errorf("arming: %w", syscall.EIO)); err != ErrRemoved {
		t.Errorf("EIO is %v", err)
	}
	if err := whenGone(syscall.EINVAL); err != syscall.EINVAL {
		t.Errorf("EINVAL is %v", err)
	}
	for _, c := range []struct{ before, want error }{
		{nil, ErrRemoved}, {errLost, ErrRemoved}, {errEOF, ErrRemoved}, {errSilent, ErrRemoved}, {errClosed, errClosed},
	} {
		q := newQueuePair(new(Provider), nil, rdma.Config{})
		q.mu.Lock()
		if c.before != nil {
			q.end(c.before)
		}
		q.blame(ErrRemoved)
		got := q.err
		q.mu.Unlock()
		if got != c.want {
			t.Errorf("%v becomes %v", c.before, got)
		}
	}
}
