package iwarp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// TestNegativeRequest: start-up frames to our responder, and what it must do.
// The numbers are those of the list of cases that an iWARP stack has to stand.
func TestNegativeRequest(t *testing.T) {
	zeros := func(n int) string { return strings.Repeat("00", n) }
	for _, v := range []struct {
		name  string
		send  string
		reply string // all that comes back
		open  bool   // the connection stands
	}{
		{"1 HTTP", fmt.Sprintf("%x", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "", false},
		{"2 reply key in a request", "REP 50020004 00200001", "", false},
		{"3 PD_Length 513", "REQ 40010201", "", false},
		{"5 rev 0", "REQ 40000000", "", false},
		{"5 rev 3", "REQ 40030000", "", false},
		{"5 rev 129", "REQ 40810000", "", false},
		{"6 markers, rev 1", "REQ c0010000", "REP 60010000", false},
		{"6 markers, rev 2", "REQ d002000c 00200001 00000020 00000001", "REP 70020004 00000000", false},
		{"7 S with PD_Length 3", "REQ 50020003 002000", "REP 70020004 00000000", false},
		{"7 S with PD_Length 0", "REQ 50020000", "REP 70020004 00000000", false},
		{"8 A=0 with B, C, D", "REQ 5002000c 4020c001 00000020 00000001", "REP 50020004 00010008", true},
		{"9 A=1 with nothing offered", "REQ 5002000c 80200001 00000020 00000001", "REP 50020004 80018008", true},
		{"9 A=1 with only Send offered", "REQ 5002000c c0200001 00000020 00000001", "REP 50020004 80018008", true},
		{"9 A=1 with Write and Read", "REQ 5002000c 8020c001 00000020 00000001", "REP 50020004 8001c008", true},
		{"9 A=1 with Read", "REQ 50020004 80204001", "REP 50020004 80014008", true},
		{"10 not negotiated", "REQ 50020004 3fff3fff", "REP 50020004 3fff3fff", true},
		{"10 only IRD not negotiated", "REQ 50020004 3fff0004", "REP 50020004 00043fff", true},
		{"11 frame glued to the request", "REQ 50020004 00200001 000ec140 00000001 00000000 00000000 ebd34c5f", "", false},
		{"11 one byte glued", "REQ 50020004 00200001 00", "", false},
		{"14 rev 1", "REQ 40010000", "REP 40010000", true},
		{"14 rev 1, no CRC", "REQ 00010000", "REP 00010000", true},
		{"14 rev 2, not enhanced", "REQ 40020000", "REP 40020000", true},
		{"15 reserved flags", "REQ 5f02000c 00200001 00000020 00000001", "REP 50020004 00010008", true},
		{"15 R in a request", "REQ 60010000", "REP 40010000", true},
		{"16 IRD 0", "REQ 50020004 00000001", "REP 50020004 00010000", true},
		{"cifs", "REQ 1002000c 00200001 00000020 00000001", "REP 10020004 00010008", true},
		{"IRD 8, ORD 16", "REQ 50020004 00080010", "REP 50020004 00100008", true},
		{"IRD and ORD 200", "REQ 50020004 00c800c8", "REP 50020004 00800008", true},
		{"PD_Length 512", "REQ 40010200" + zeros(512), "REP 40010000", true},
	} {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			p := quick()
			c, l := dialPeer(t, p)
			go func() {
				q, err := l.Accept()
				if err != nil {
					return
				}
				q.Establish(t.Context(), rdma.Params{IRD: 1, ORD: 8})
				t.Cleanup(func() { q.Close() })
			}()
			c.Write(unhex(t, v.send))
			want := unhex(t, v.reply)
			got := make([]byte, len(want))
			if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, want) {
				t.Fatalf("reply %x, %v\nwant  %x", got, err, want)
			}
			if !v.open {
				// Closed, with FIN or, where input was left unread, a reset.
				if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("not closed: %d bytes, %v", n, err)
				}
				return
			}
			c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
			if n, err := c.Read(make([]byte, 1)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("not open: %d bytes, %v", n, err)
			}
		})
	}
}

// TestNegativeRequestORD is case 16: what a responder may read then.
func TestNegativeRequestORD(t *testing.T) {
	t.Parallel()
	c, l := dialPeer(t, quick())
	c.Write(unhex(t, "REQ 50020004 00000001"))
	q, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	if err := q.Establish(t.Context(), rdma.Params{IRD: 1, ORD: 8}); err != nil || q.ORD() != 0 {
		t.Errorf("ORD %d, %v", q.ORD(), err)
	}
	read := []rdma.Work{{Op: rdma.OpRead, Body: make([]byte, 1), Remote: rdma.Segment{Length: 1}}}
	if err := q.PostSend(read); !errors.Is(err, rdma.ErrNoReads) {
		t.Errorf("read: %v", err)
	}
}

// TestNegativeRequestTime: cases 4 and 12, peers that go silent.
func TestNegativeRequestTime(t *testing.T) {
	for name, send := range map[string]string{
		"4 half the private data": "REQ 40010064" + strings.Repeat("00", 50),
		"4 half the header":       "REQ 40",
		"12 nothing":              "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := quick()
			p.RequestTimeout = 100 * time.Millisecond
			c, _ := dialPeer(t, p)
			c.Write(unhex(t, send))
			start := time.Now()
			if b, err := io.ReadAll(c); len(b) != 0 || err != nil {
				t.Errorf("%x, %v", b, err)
			}
			if d := time.Since(start); d < 50*time.Millisecond {
				t.Errorf("closed after %v", d)
			}
		})
	}
}

// TestNegativeHalfOpen is case 12 in numbers: silent peers beyond the limit
// push out the oldest, and do not keep a speaking one from being served.
func TestNegativeHalfOpen(t *testing.T) {
	t.Parallel()
	p := quick()
	p.HalfOpen = 4
	c, l := dialPeer(t, p)
	var silent []net.Conn
	for range 20 {
		s, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		s.SetDeadline(time.Now().Add(patience))
		silent = append(silent, s)
	}
	if _, err := c.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the oldest: %v", err)
	}
	for i, s := range silent[:16] {
		if _, err := s.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("silent peer %d: %v", i, err)
		}
	}
	silent[19].Write(unhex(t, "REQ 40010000"))
	q, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	q.Close()
}

// TestNegativeDribble is case 13: a request byte by byte.
func TestNegativeDribble(t *testing.T) {
	t.Parallel()
	c, l := dialPeer(t, quick())
	go func() {
		for _, b := range unhex(t, "REQ 5002000c 00200001 00000020 00000001") {
			c.Write([]byte{b})
			time.Sleep(time.Millisecond)
		}
	}()
	q, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	if p := q.Peer(); p.IRD != 32 || p.ORD != 1 || !p.Negotiated || len(p.Private) != 8 {
		t.Errorf("%+v", p)
	}
}

// TestNegativeEarly is case 99: a frame before our reply.
func TestNegativeEarly(t *testing.T) {
	t.Parallel()
	c, l := dialPeer(t, quick())
	c.Write(unhex(t, "REQ 50020004 00200001"))
	q, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	c.Write(unhex(t, "000ec140 00000001 00000000 00000000 ebd34c5f"))
	for !early(q.(*queuePair).conn) {
	}
	var p *rdma.ProtocolError
	if err := q.Establish(t.Context(), rdma.Params{}); !errors.As(err, &p) || !p.Remote {
		t.Errorf("establish: %v", err)
	}
	if b, err := io.ReadAll(c); len(b) != 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%x, %v", b, err)
	}
}

// request is what our initiator sends in these tests.
const initiatorRequest = "REQ 10020004 8008c004"

// replying is a script that answers the request with s and notes all that
// comes until the end.
func replying(s string, then *[]byte) script {
	return func(t *testing.T, c *net.TCPConn) {
		want := unhex(t, initiatorRequest)
		got := make([]byte, len(want))
		if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, want) {
			t.Errorf("request %x, %v", got, err)
		}
		c.Write(unhex(t, s))
		b, err := io.ReadAll(c)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("not closed")
		}
		if then != nil {
			*then = b
		}
	}
}

// rev1 is a script for the second attempt, which it accepts.
func rev1(t *testing.T, c *net.TCPConn) {
	want := unhex(t, "REQ 00010000")
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, want) {
		t.Errorf("second request %x, %v", got, err)
	}
	c.Write(unhex(t, "REP 00010000"))
	io.ReadAll(c)
}

// TestNegativeReply: replies to our initiator, and what it must do.
func TestNegativeReply(t *testing.T) {
	for _, v := range []struct {
		name  string
		reply string
		then  string // all that follows our request
		check func(*queuePair, error) bool
	}{
		{"17 request key", "REQ 10020004 80018008", "", refuses},
		{"18 rev 2 without S", "REP 00020000", "", refuses},
		{"19 S with PD_Length 0", "REP 10020000", "", refuses},
		{"19 S with PD_Length 3", "REP 10020003 000000", "", refuses},
		{"20 markers", "REP 90020004 80018008", "", refuses},
		{"21 rejected with private data", "REP 30020006 00000000 abcd", "", func(_ *queuePair, err error) bool {
			var r *RefusedError
			return errors.Is(err, rdma.ErrRefused) && errors.As(err, &r) && bytes.Equal(r.Private, []byte{0xab, 0xcd})
		}},
		{"21 rejected in rev 1", "REP 20010000", "", func(_ *queuePair, err error) bool { return errors.Is(err, rdma.ErrRefused) }},
		{"23 only Send as RTR", "REP 10020004 c0010008", "00164147 00000000 00000002 00000001 00000000 20070000 00000000", terminated(7)},
		{"23 only Send as RTR, CRC", "REP 50020004 c0010008", "00164147 00000000 00000002 00000001 00000000 20070000 " + crcOf("00164147 00000000 00000002 00000001 00000000 20070000"), terminated(7)},
		{"24 ORD 129", "REP 10020004 80018081", "00164147 00000000 00000002 00000001 00000000 20060000 00000000", terminated(6)},
		{"24 ORD not negotiated", "REP 10020004 8001bfff", "00164147 00000000 00000002 00000001 00000000 20060000 00000000", terminated(6)},
		{"25 frame glued to the reply", "REP 10020004 80018008 000ec140 00000001 00000000 00000000 00000000", "", refuses},
		{"rev 3", "REP 10030004 80018008", "", refuses},
		{"PD_Length 513", "REP 10020201", "", refuses},
		{"HTTP", fmt.Sprintf("%x", "HTTP/1.1 400 Bad Request"), "", refuses},
	} {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			var then []byte
			done := make(chan bool)
			q, err := toInitiator(t, quick(), func(t *testing.T, c *net.TCPConn) {
				defer close(done)
				replying(v.reply, &then)(t, c)
			})
			if !v.check(q, err) {
				t.Errorf("establish: %v", err)
			}
			<-done
			if !bytes.Equal(then, unhex(t, v.then)) {
				t.Errorf("after the reply: %x, want %s", then, v.then)
			}
		})
	}
}

func refuses(_ *queuePair, err error) bool {
	return err != nil && !errors.Is(err, rdma.ErrRefused) && !errors.Is(err, context.DeadlineExceeded)
}

func terminated(code uint8) func(*queuePair, error) bool {
	return func(_ *queuePair, err error) bool {
		var p *rdma.ProtocolError
		var e *TerminateError
		return errors.As(err, &p) && p.Remote && errors.As(err, &e) && e.Layer == layerMPA && e.Code == code
	}
}

func crcOf(s string) string {
	var b []byte
	fmt.Sscanf(strings.ReplaceAll(s, " ", ""), "%x", &b)
	f := rawFrame(b[2:], int(b[1]), 0, true)
	return fmt.Sprintf("%x", f[len(f)-4:])
}

// TestReplyAccepted: replies that are unusual and fine.
func TestReplyAccepted(t *testing.T) {
	write, read := "000ec140 00000001 00000000 00000000 00000000", "002e4141 00000000 00000001 00000001"+strings.Repeat("00000000", 9)
	for _, v := range []struct {
		name, reply string
		first       string // the first frame
		ird, ord    int
	}{
		{"22 A=0 after A=1", "REP 10020004 00040008", "", 8, 4},
		{"Write", "REP 10020004 80018008", write, 8, 1},
		{"Write with CRC", "REP 50020004 80018008", "000ec140 00000001 00000000 00000000 ebd34c5f", 8, 1},
		{"Read", "REP 10020004 80024009", read, 9, 2},
		{"both: Write", "REP 10020004 8002c000", write, 8, 2},
		{"IRD 0, ORD 0", "REP 10020004 80008000", write, 8, 0},
		{"IRD not negotiated", "REP 10020004 bfff8001", write, 8, 1},
		{"private data", "REP 1002000c 80018008 00000001 00000008", write, 8, 1},
		{"reserved flags", "REP 1f020004 80018008", write, 8, 1},
	} {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			want := unhex(t, v.first)
			done := make(chan bool)
			q, err := toInitiator(t, quick(), func(t *testing.T, c *net.TCPConn) {
				defer close(done)
				io.ReadFull(c, make([]byte, 24))
				for _, b := range slices.Collect(slices.Chunk(unhex(t, v.reply), 13)) {
					c.Write(b) // in pieces
				}
				got := make([]byte, len(want))
				if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, want) {
					t.Errorf("first frame %x, %v, want %x", got, err, want)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			<-done
			if q.ird != v.ird || q.ORD() != v.ord {
				t.Errorf("IRD %d ORD %d, want %d and %d", q.ird, q.ORD(), v.ird, v.ord)
			}
		})
	}
}

// TestRevision1 is case 26 and its kin: exactly one second attempt, and with
// revision 1.
func TestRevision1(t *testing.T) {
	for name, first := range map[string]script{
		"26 reset before any byte": func(t *testing.T, c *net.TCPConn) {
			io.ReadFull(c, make([]byte, 24))
			c.SetLinger(0)
		},
		"26 FIN before any byte": func(t *testing.T, c *net.TCPConn) { io.ReadFull(c, make([]byte, 24)) },
		"rev 1 reply":            replying("REP 00010000", nil),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q, err := toInitiator(t, quick(), first, rev1)
			if err != nil {
				t.Fatal(err)
			}
			if q.Peer().Negotiated || q.ORD() != 4 {
				t.Errorf("%+v, ORD %d", q.Peer(), q.ORD())
			}
			go q.Poll(make([]rdma.Completion, 1))
		})
		t.Run(name+" twice", func(t *testing.T) {
			t.Parallel()
			reset := func(t *testing.T, c *net.TCPConn) {
				io.ReadFull(c, make([]byte, 20))
				c.SetLinger(0)
			}
			if _, err := toInitiator(t, quick(), first, reset); err == nil {
				t.Error("established")
			}
		})
	}
	t.Run("FIN inside the reply: no second attempt", func(t *testing.T) {
		t.Parallel()
		_, err := toInitiator(t, quick(), func(t *testing.T, c *net.TCPConn) {
			io.ReadFull(c, make([]byte, 24))
			c.Write([]byte("MPA ID Rep"))
		})
		if err == nil {
			t.Error("established")
		}
	})
}

// TestNegativeReplySilence is case 27.
func TestNegativeReplySilence(t *testing.T) {
	t.Parallel()
	p := quick()
	p.ReplyTimeout = 100 * time.Millisecond
	_, err := toInitiator(t, p, replying("", nil))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("establish: %v", err)
	}
}
