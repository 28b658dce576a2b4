package smbdirect

import (
	"errors"
	"testing"
	"time"
)

// [MS-SMBD] 3.1.6.2: keepalive after 120 s, end 5 s later.
func TestKeepaliveTimers(t *testing.T) {
	t.Parallel()
	s, _ := openServer(t, Options{}, linuxRequest)
	s.receive(empty(10, 0))
	opened := s.now
	if err := s.pass(time.Hour); err != nil {
		t.Fatal(err)
	}
	if d := s.now.Sub(opened); d != DefaultKeepalive {
		t.Errorf("keepalive after %v", d)
	}
	got := s.headers()
	if len(got) != 1 || got[0].Flags != FlagResponseRequested || got[0].DataLength != 0 {
		t.Fatalf("keepalive %+v", got)
	}
	s.now = s.now.Add(4 * time.Second)
	s.receive(empty(0, 0))
	if d := s.c.deadline().Sub(s.now); d != DefaultKeepalive {
		t.Errorf("after the answer the next is due in %v", d)
	}
	s.pass(time.Hour)
	s.headers()
	asked := s.now
	err := s.pass(time.Hour)
	e, ok := errors.AsType[*TimeoutError](err)
	if !ok || e.Section != "3.1.6.2" || s.now.Sub(asked) != DefaultKeepaliveReply {
		t.Errorf("unanswered: %v after %v", err, s.now.Sub(asked))
	}
}

// A keepalive that cannot be sent for want of credits times out too.
func TestKeepaliveWithoutCredits(t *testing.T) {
	t.Parallel()
	s, _ := openServer(t, Options{}, linuxRequest)
	s.pass(time.Hour)
	if got := s.headers(); len(got) != 0 {
		t.Fatalf("sent %+v without credits", got)
	}
	if err := s.pass(time.Hour); err == nil {
		t.Error("no timeout")
	}
}

// A request for a response is answered at once, without the flag, so that two
// literal readers of [MS-SMBD] 3.1.5.8 do not answer each other for ever.
func TestResponseRequested(t *testing.T) {
	t.Parallel()
	s, _ := openServer(t, Options{}, linuxRequest)
	s.receive(empty(1, FlagResponseRequested)) // the last credit
	got := s.headers()
	if len(got) != 1 || got[0].Flags != 0 || got[0].DataLength != 0 || got[0].CreditsGranted == 0 {
		t.Fatalf("answer %+v", got)
	}
	s.receive(empty(1, 0))
	if got := s.headers(); len(got) != 0 {
		t.Errorf("sent %+v", got)
	}
}

// A message that waits for credits longer than the stall timer ends the
// connection; a credit in time starts it anew.
func TestStallTimer(t *testing.T) {
	t.Parallel()
	s, _ := openServer(t, Options{StallTimeout: 5 * time.Second}, linuxRequest)
	s.c.offer(5000)
	s.headers()
	if err := s.pass(4 * time.Second); err != nil {
		t.Fatal(err)
	}
	s.receive(empty(1, 0))
	if got := s.headers(); len(got) != 1 {
		t.Fatalf("sent %+v for one credit", got)
	}
	if err := s.pass(4999 * time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if err := s.pass(time.Millisecond); err == nil {
		t.Error("no timeout 5 s after the last credit")
	}
	s, _ = openServer(t, Options{StallTimeout: -1, Keepalive: 24 * time.Hour}, linuxRequest)
	s.c.offer(5000)
	s.headers()
	if err := s.pass(10 * time.Hour); err != nil {
		t.Errorf("stall timer off: %v", err)
	}
}

// fullServer is a server whose upper layer has taken none of n messages, and
// whose peer has granted credits but has left of its own.
func fullServer(t *testing.T, n, left int) *side {
	t.Helper()
	s, _ := openServer(t, Options{InboxMessages: 4, Keepalive: time.Hour}, linuxRequest)
	s.receive(empty(1000, 0))
	s.headers()
	for range n {
		s.c.delivered(10, s.now)
	}
	s.c.in.granted = left
	return s
}

// granted is what the core's next messages grant.
func (s *side) granted() (n int) {
	for _, d := range s.headers() {
		n += int(d.CreditsGranted)
	}
	return n
}

// While the upper layer is behind nothing is granted, but a peer without
// credits gets two every 2 s, and that too has an end.
func TestFullInbox(t *testing.T) {
	t.Parallel()
	s := fullServer(t, 3, 0)
	if n := s.granted(); n == 0 {
		t.Error("nothing granted with room in the inbox")
	}

	s = fullServer(t, 4, 0)
	for range 5 {
		if n := s.granted(); n != 0 {
			t.Fatalf("granted %d at once", n)
		}
		if err := s.pass(trickleInterval); err != nil {
			t.Fatal(err)
		}
		if n := s.granted(); n != 2 {
			t.Fatalf("granted %d after the interval", n)
		}
		s.c.in.granted = 0 // the peer has used them
	}
	for s.c.inboxMessages > 0 {
		s.c.consumed(10)
	}
	if n := s.granted(); n <= 2 {
		t.Errorf("granted %d when the inbox was empty again", n)
	}

	s = fullServer(t, 4, 2)
	if s.pass(trickleInterval); s.granted() != 0 {
		t.Error("granted to a peer that has credits")
	}
	s = fullServer(t, 4*inboxOverdraft, 0)
	if s.pass(trickleInterval); s.granted() != 0 {
		t.Error("granted beyond the bound")
	}
}

// A full inbox does not make the connection look dead: the answer to a
// keepalive grants something, or the peer could not send its next.
func TestFullInboxAnswers(t *testing.T) {
	t.Parallel()
	s := fullServer(t, 4, 1)
	s.receive(empty(0, FlagResponseRequested))
	if n := s.granted(); n != 2 {
		t.Errorf("the answer grants %d", n)
	}
	s = fullServer(t, 4*inboxOverdraft, 1)
	s.c.out.available = 1
	s.receive(empty(0, FlagResponseRequested))
	if got := s.headers(); len(got) != 0 {
		t.Errorf("sent %+v with the last credit beyond the bound", got)
	}
}

// A deadline is never in the past after expired, or the timer would spin.
func TestDeadlineMovesOn(t *testing.T) {
	t.Parallel()
	s, _ := openServer(t, Options{InboxMessages: 1, StallTimeout: -1}, linuxRequest)
	s.receive(payload(10, DataTransfer{}))
	s.c.delivered(10, s.now)
	for range 30 { // pass checks
		if err := s.pass(3 * time.Second); err != nil {
			t.Fatal(err)
		}
	}
}
