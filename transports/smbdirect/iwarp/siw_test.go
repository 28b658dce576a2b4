package iwarp

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// Frames that Linux siw, ksmbd and cifs were seen to send and to take.
const (
	negotiateRequest = "00010001 0000ff00 54050000 54050000 56a70200"

	requestFrame     = "00264143 00000000 00000000 00000001 00000000 00010001 0000ff00 54050000 54050000 56a70200 e3969c3a"
	requestFrameOff  = "00264143 00000000 00000000 00000001 00000000 00010001 0000ff00 54050000 54050000 56a70200 00000000"
	responseFrame    = "00324143 00000000 00000000 00000001 00000000 00010001 00010000 ff00ff00 00000000 00008000 54050000 54050000 56a70200 7dcfe628"
	responseFrameOff = "00324143 00000000 00000000 00000001 00000000 00010001 00010000 ff00ff00 00000000 00008000 54050000 54050000 56a70200 00000000"
	cureFrame        = "000ec140 00000001 00000000 00000000 ebd34c5f"
	cureFrameOff     = "000ec140 00000001 00000000 00000000 00000000"
)

// expect reads exactly these bytes.
func expect(t *testing.T, c net.Conn, what, hex string) {
	t.Helper()
	want := unhex(t, hex)
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s: %x, %v\nwant %x", what, got, err, want)
	}
}

// pollOnce posts a receive of 1364 bytes and negotiates with it as SMB Direct
// does.
func negotiate(t *testing.T, q *queuePair, want string) {
	t.Helper()
	buf := make([]byte, 1364)
	if err := q.PostReceive(1, buf); err != nil {
		t.Fatal(err)
	}
	if err := q.PostSend([]rdma.Work{{Op: rdma.OpSend, ID: 2, Body: unhex(t, negotiateRequest)}}); err != nil {
		t.Fatal(err)
	}
	var list [1]rdma.Completion
	for range 2 {
		if n, err := q.Poll(list[:]); n != 1 || err != nil || list[0].Err != nil {
			t.Fatalf("poll: %d, %v, %+v", n, err, list[0])
		}
		if list[0].Op == rdma.OpReceive && !bytes.Equal(buf[:list[0].Len], unhex(t, want)) {
			t.Errorf("response %x", buf[:list[0].Len])
		}
	}
}

// TestStall: siw reads our first Send only when something follows it. The RTR
// goes at once, the Send waits, the cure comes, and only until siw has spoken.
func TestStall(t *testing.T) {
	for _, v := range []struct{ name, reply, send, cure, response string }{
		{"without CRC", "REP 10020004 80018008", requestFrameOff, cureFrameOff, responseFrameOff},
		{"with CRC", "REP 50020004 80018008", requestFrame, cureFrame, responseFrame},
	} {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			p := quick()
			p.stallHold = 30 * time.Millisecond
			p.stallCures = []time.Duration{20 * time.Millisecond, 40 * time.Millisecond, 60 * time.Millisecond}
			done := make(chan bool)
			q, err := toInitiator(t, p, func(t *testing.T, c *net.TCPConn) {
				defer close(done)
				expect(t, c, "request", initiatorRequest)
				c.Write(unhex(t, v.reply))
				start := time.Now()
				expect(t, c, "RTR", v.cure)
				if d := time.Since(start); d > 25*time.Millisecond {
					t.Logf("RTR after %v", d) // a slow machine
				}
				expect(t, c, "first Send", v.send)
				if d := time.Since(start); d < 28*time.Millisecond {
					t.Errorf("first Send after %v", d)
				}
				expect(t, c, "cure", v.cure)
				expect(t, c, "second cure", v.cure)
				c.Write(unhex(t, v.response))
				c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
				// One more may have been under way.
				if b, _ := io.ReadAll(c); len(b) > 20 {
					t.Errorf("after the answer: %x", b)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			negotiate(t, q, "00010001 00010000 ff00ff00 00000000 00008000 54050000 54050000 56a70200")
			<-done
		})
	}
}

// TestStallRevision1: the peer of a revision 1 set-up may be siw too, and the
// cures end with the third.
func TestStallRevision1(t *testing.T) {
	t.Parallel()
	p := quick()
	p.Rev1 = true
	p.stallHold = 20 * time.Millisecond
	p.stallCures = []time.Duration{5 * time.Millisecond, 10 * time.Millisecond, 15 * time.Millisecond}
	done := make(chan bool)
	q, err := toInitiator(t, p, func(t *testing.T, c *net.TCPConn) {
		defer close(done)
		expect(t, c, "request", "REQ 00010000")
		c.Write(unhex(t, "REP 00010000"))
		start := time.Now()
		expect(t, c, "first Send", requestFrameOff)
		if d := time.Since(start); d < 18*time.Millisecond {
			t.Errorf("first Send after %v", d)
		}
		for range 3 {
			expect(t, c, "cure", cureFrameOff)
		}
		c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		if b, _ := io.ReadAll(c); len(b) != 0 {
			t.Errorf("after the cures: %x", b)
		}
		c.SetReadDeadline(time.Now().Add(patience))
		c.Write(unhex(t, responseFrameOff))
	})
	if err != nil {
		t.Fatal(err)
	}
	negotiate(t, q, "00010001 00010000 ff00ff00 00000000 00008000 54050000 54050000 56a70200")
	<-done
}

// TestNoHold: who names the Read RTR too, or no RTR, is not siw, and waits for
// nothing. PostSend never waits.
func TestNoHold(t *testing.T) {
	for _, v := range []struct{ name, reply, rtr string }{
		{"both RTRs", "REP 10020004 8001c008", cureFrameOff},
		{"no RTR", "REP 10020004 00010008", ""},
	} {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			p := quick()
			p.stallHold = time.Hour
			q, err := toInitiator(t, p, func(t *testing.T, c *net.TCPConn) {
				expect(t, c, "request", initiatorRequest)
				c.Write(unhex(t, v.reply))
				expect(t, c, "RTR", v.rtr)
				expect(t, c, "first Send", requestFrameOff)
				c.Write(unhex(t, responseFrameOff))
				io.ReadAll(c)
			})
			if err != nil {
				t.Fatal(err)
			}
			negotiate(t, q, "00010001 00010000 ff00ff00 00000000 00008000 54050000 54050000 56a70200")
		})
	}
	t.Run("held for an hour", func(t *testing.T) {
		t.Parallel()
		p := quick()
		p.stallHold = time.Hour
		q, err := toInitiator(t, p, replying("REP 10020004 80018008", nil))
		if err != nil {
			t.Fatal(err)
		}
		if err := q.PostSend([]rdma.Work{{Op: rdma.OpSend}}); err != nil {
			t.Error(err)
		}
		q.Close()
	})
}

// TestCureOutsideMessages: siw takes an RDMA Write inside a message for an
// error.
func TestCureOutsideMessages(t *testing.T) {
	t.Parallel()
	p := quick()
	p.MaxFPDU = 1448
	p.stallHold = time.Nanosecond
	p.stallCures = []time.Duration{time.Microsecond, 2 * time.Microsecond, 3 * time.Microsecond}
	done := make(chan bool)
	q, err := toInitiator(t, p, func(t *testing.T, c *net.TCPConn) {
		defer close(done)
		r := &peer{t: t, c: c}
		io.ReadFull(c, make([]byte, 24))
		c.Write(unhex(t, "REP 10020004 80018008"))
		r.readFrame() // the RTR
		for inside, cures := false, 0; cures < 3; {
			u := r.readFrame()
			switch {
			case u[0] == 0xc1 && u[1] == 0x40 && len(u) == 14:
				if cures++; inside {
					t.Error("a cure inside a message")
				}
			default:
				inside = u[0]&ddpLast == 0
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	go q.Poll(make([]rdma.Completion, 8))
	q.PostSend([]rdma.Work{{Op: rdma.OpSend, Body: make([]byte, 8<<20)},
		{Op: rdma.OpWrite, Body: make([]byte, 4<<20), Remote: rdma.Segment{Token: 1, Length: 4 << 20}}})
	<-done
}

// TestCifs: the Linux client's set-up against our responder, byte for byte. It
// offers no RTR: its first frame is its first message.
func TestCifs(t *testing.T) {
	t.Parallel()
	c, l := dialPeer(t, quick())
	c.Write(unhex(t, "REQ 1002000c 00200001 00000020 00000001"))
	q, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	if p := q.Peer(); p.IRD != 32 || p.ORD != 1 || !p.Negotiated || !bytes.Equal(p.Private, unhex(t, "00000020 00000001")) {
		t.Errorf("%+v", p)
	}
	buf := make([]byte, 1364)
	q.PostReceive(1, buf)
	if err := q.Establish(t.Context(), rdma.Params{IRD: 1, ORD: 8}); err != nil {
		t.Fatal(err)
	}
	expect(t, c, "reply", "REP 10020004 00010008")
	c.Write(unhex(t, requestFrameOff))
	var list [1]rdma.Completion
	if n, err := q.Poll(list[:]); n != 1 || err != nil || !bytes.Equal(buf[:list[0].Len], unhex(t, negotiateRequest)) {
		t.Fatalf("%+v, %v: %x", list[0], err, buf[:list[0].Len])
	}
	q.PostSend([]rdma.Work{{Op: rdma.OpSend, Body: unhex(t, "00010001 00010000 ff00ff00 00000000 00008000 54050000 54050000 56a70200")}})
	expect(t, c, "negotiate response", responseFrameOff)
	q.PostSend([]rdma.Work{{Op: rdma.OpSend, Body: unhex(t, "ff000a00 00000000 00000000 00000000 00000000"), Invalidate: 0x00112233, Invalidates: true}})
	expect(t, c, "Send with Invalidate", "00264144 00112233 00000000 00000002 00000000 ff000a00 00000000 00000000 00000000 00000000 00000000")
	go q.Poll(list[:])
	c.CloseWrite()
}

// TestAcceptedBySiw: unusual frames that are no errors, with siw's CRCs.
func TestAcceptedBySiw(t *testing.T) {
	const empty = " ff000a00 00000000 00000000 00000000 00000000 "
	for name, frame := range map[string]string{
		"PAD":                "00274143 00000000 00000000 00000002 00000000" + empty + "78 aaaaaa f1ba5f14",
		"reserved DDP bits":  "00267d43 00000000 00000000 00000002 00000000" + empty + "67ffeeb7",
		"reserved RDMA bits": "00264173 00000000 00000000 00000002 00000000" + empty + "c8ce7b9e",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := opened(t, quick(), true)
			r.write(unhex(t, frame))
			r.completed(2)
			r.msn = 3
			r.alive()
		})
	}
}

// TestRejectedAsBySiw: the same inputs as were given to siw, with Terminates
// as the RFC has them (siw swaps bits and counts the length without header).
func TestRejectedAsBySiw(t *testing.T) {
	const empty = " ff000a00 00000000 00000000 00000000 00000000 "
	for _, v := range []struct{ name, frame, terminate string }{
		{"CRC", "00264143 00000000 00000000 00000002 00000000" + empty + "01020304", "2002 0000"},
		{"ULPDU_Length 0", "0000c140 00000001 00000000 00000000 07d8c539", "2003 0000"},
		{"DV untagged", "00264043 00000000 00000000 00000002 00000000" + empty + "982fca99", "1206 0000"},
		{"DV tagged", "000ec040 00000001 00000000 00000000 ad864b0b", "1104 0000"},
		{"RV", "00264103 00000000 00000000 00000002 00000000" + empty + "57a1b6d6", "0205 0000"},
		{"opcode 8", "00264148 00000000 00000000 00000002 00000000" + empty + "68a6a83c", "0206 0000"},
		{"queue 1", "00264143 00000000 00000001 00000002 00000000" + empty + "9d449e2d", "1201 c000 0026 4143 00000000 00000001 00000002 00000000"},
		{"MSN 1 again", "00264143 00000000 00000000 00000001 00000000" + empty + "1fd318a8", "1203 c000 0026 4143 00000000 00000000 00000001 00000000"},
		{"MSN 3", "00264143 00000000 00000000 00000003 00000000" + empty + "254471f4", "1203 c000 0026 4143 00000000 00000000 00000003 00000000"},
		{"MO 4", "00264143 00000000 00000000 00000002 00000004" + empty + "0c786cee", "1204 c000 0026 4143 00000000 00000000 00000002 00000004"},
		{"MO with a gap", "001e0143 00000000 00000000 00000002 00000000 ff000a00 00000000 00000000 583d1b10 001a4143 00000000 00000000 00000002 00000010 00000000 00000000 c3c2e3ed",
			"1204 c000 001a 4143 00000000 00000000 00000002 00000010"},
		{"invalidate", "00264144 8a31c402 00000000 00000002 00000000" + empty + "6a51136a", "0109 c000 0026 4144 8a31c402 00000000 00000002 00000000"},
		{"write", "0013c140 deadbeef 00000000 00010000 68656c6c 6f000000 fa11d6b1", "1100 c000 0013 c140 deadbeef 00000000 00010000"},
		{"read", "002e4141 00000000 00000001 00000001 00000000 00001111 00000000 00002000 00001000 00003333 00000000 00004000 0332870f",
			"0100 e000 002e 4141 00000000 00000001 00000001 00000000 00001111 00000000 00002000 00001000 00003333 00000000 00004000"},
		{"read, MSN 2", "002e4141 00000000 00000001 00000002 00000000 00001111 00000000 00000000 00000000 00000000 00000000 00000000 310da8e9",
			"1203 c000 002e 4141 00000000 00000001 00000002 00000000"},
		{"response", "0013c142 00001111 00000000 00002000 68656c6c 6f000000 74dc74da", "1000 c000 0013 c142 00001111 00000000 00002000"},
	} {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			r := opened(t, quick(), true)
			r.write(unhex(t, v.frame))
			want := r.frame(append(unhex(t, "4147 00000000 00000002 00000001 00000000"), unhex(t, v.terminate)...))
			if got := r.rest(); !bytes.Equal(got, want) {
				t.Errorf("answer %x\nwant   %x", got, want)
			}
		})
	}
}
