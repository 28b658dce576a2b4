package transporttest

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/smbgw/smbgw/transports"
)

func testDialCancelled(t *testing.T, f *Fixture) {
	l := f.listen(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c, err := f.Network.Dial(ctx, f.target(t, l))
	if err == nil {
		c.Close()
		t.Fatal("Dial with a context that has ended: no error")
	}
}

func testDialUnanswered(t *testing.T, f *Fixture) {
	if f.Unanswered == nil {
		t.Skip("every address answers")
	}
	a := f.Unanswered(t)
	ctx, cancel := context.WithCancel(t.Context())
	got := start(func() error {
		c, err := f.Network.Dial(ctx, a)
		if err == nil {
			c.Close()
		}
		return err
	})
	select {
	case err := <-got:
		t.Fatalf("Dial of an address that does not answer: %v before it was cancelled", err)
	default:
	}
	cancel()
	if err := await(t, "Dial", got); !errors.Is(err, context.Canceled) {
		t.Errorf("Dial, cancelled: %v, want context.Canceled", err)
	}
}

// Nobody listens where a listener was.
func testDialRefused(t *testing.T, f *Fixture) {
	l := f.listen(t)
	a := f.target(t, l)
	if err := await(t, "Close", start(l.Close)); err != nil {
		t.Fatalf("Close: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience/20)
	defer cancel()
	c, err := f.Network.Dial(ctx, a)
	if err == nil {
		c.Close()
		t.Error("Dial where nobody listens: no error")
	}
}

// Peers that connect and say nothing delay nobody else.
func testSilentPeers(t *testing.T, f *Fixture) {
	if f.Silent == nil {
		t.Skip("no silent peers")
	}
	l := f.listen(t)
	for range 5 {
		f.Silent(t, l)
	}
	served := make(chan transports.Conn, 16)
	accepting := start(func() error {
		for {
			c, err := l.Accept()
			if err != nil {
				close(served)
				return err
			}
			served <- c
			go echoAll(c, 1)
		}
	})
	a := f.dial(t, l)
	if err := f.send(a, 1, 1000); err != nil {
		t.Fatalf("Send: %v", err)
	}
	got := start(func() error { return receive(a, 1, 1000) })
	if err := await(t, "answer", got); err != nil {
		t.Error(err)
	}
	await(t, "Close", start(l.Close))
	await(t, "Accept", accepting)
	for c := range served {
		closeNow(t, c)
	}
}

func testKilledIdle(t *testing.T, f *Fixture) {
	if f.Kill == nil {
		t.Skip("links cannot be killed")
	}
	a, b := f.connect(t)
	f.exchange(t, a, b)
	got := start(func() error { return drain(b) })
	own := start(func() error { return drain(a) })
	f.Kill(a)
	if err := await(t, "Receive of the peer", got); err == nil {
		t.Error("Receive of the peer: no error")
	}
	if err := await(t, "Receive", own); err == nil {
		t.Error("Receive on the killed link: no error")
	}
	if err := f.send(a, 0, 10); err == nil {
		t.Error("Send on the killed link: no error")
	}
	await(t, "Close", start(a.Close))
	await(t, "Close of the peer", start(b.Close))
}

// The link ends while its sender is stuck inside a message. The peer gets only
// whole messages, and then an error that is not an orderly end.
func testKilledInside(t *testing.T, f *Fixture) {
	if f.Kill == nil {
		t.Skip("links cannot be killed")
	}
	a, b := f.connect(t)
	s := f.startSender(a, f.blockSize())
	s.untilStuck(t)
	f.Kill(a)
	if err := await(t, "Send", s.done); err == nil {
		t.Error("Send on the killed link: no error")
	}
	got := start(func() error {
		for i := 0; ; i++ {
			if err := receive(b, i, s.size); err != nil {
				return err
			}
		}
	})
	err := await(t, "Receive", got)
	if _, ok := errors.AsType[*contentError](err); ok {
		t.Errorf("Receive of the peer: %v", err)
	}
	if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Receive of the peer: %v, an orderly end", err)
	}
	await(t, "Close", start(a.Close))
	await(t, "Close of the peer", start(b.Close))
}

func testKilledBusy(t *testing.T, f *Fixture) {
	if f.Kill == nil {
		t.Skip("links cannot be killed")
	}
	a, b := f.connect(t)
	senders := []*sender{f.startSender(a, f.blockSize()), f.startSender(b, f.blockSize())}
	receivers := []<-chan error{
		start(func() error { return drain(a) }),
		start(func() error { return drain(b) }),
	}
	f.Kill(b)
	for _, s := range senders {
		if await(t, "Send", s.done) == nil {
			t.Error("Send after the link was killed: no error")
		}
	}
	for _, r := range receivers {
		await(t, "Receive", r)
	}
	await(t, "Close", start(a.Close))
	await(t, "Close of the peer", start(b.Close))
}
