package back_test

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/smbgw/smbgw/gateway/back"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
	"github.com/smbgw/smbgw/smb2/smb2test"
	"github.com/smbgw/smbgw/transports"
)

// Those who wait for each other's attempts wait no longer than one of them.
func TestConnectTimeout(t *testing.T) {
	t.Parallel()
	r := newRig(t, gmac)
	r.space.Timeout = 100 * time.Millisecond
	r.space.Dial = back.Direct(func(ctx context.Context) (transports.Conn, error) {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	})
	began := time.Now()
	var clients sync.WaitGroup
	for range 5 {
		clients.Go(func() {
			_, err := r.space.Connect(t.Context(), r.client, "data")
			if !errors.Is(err, smb2.StatusServerUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("told %v", err)
			}
		})
	}
	clients.Wait()
	if took := time.Since(began); took > 3*r.space.Timeout {
		t.Errorf("five of them took %v", took)
	}
	r.end(nil)
}

// attempts is what becomes of a Dial's connections: open's errors, and what Lost
// hears.
type attempts struct {
	errs []error
	lost []error
}

// dials has the space dial like this, as often as open fails, and no more often
// than there are connections.
func (r *rig) dials(conns ...func() transports.Conn) *attempts {
	o := new(attempts)
	r.space.Dial = func(ctx context.Context, open func(context.Context, back.Link) error) error {
		var err error
		for _, conn := range conns {
			err = open(ctx, back.Link{Conn: conn(), Lost: func(err error) { o.lost = append(o.lost, err) }})
			o.errs = append(o.errs, err)
			if err == nil {
				return nil
			}
		}
		return err
	}
	return o
}

// closedBy is a connection that the other side closes at once.
func (r *rig) closedBy() transports.Conn {
	a, b := r.net.Pipe()
	b.Close()
	return a
}

// A server that says nothing is as good as none: another address is tried. One that
// answers is the server, also when it refuses.
func TestUnanswered(t *testing.T) {
	t.Parallel()
	r := newRig(t, gmac)
	o := r.dials(r.closedBy, r.answering)
	r.mustConnect()
	if len(o.errs) != 2 || !hungUp(o.errs[0]) || o.errs[1] != nil || len(o.lost) != 0 {
		t.Errorf("%v, lost %v", o.errs, o.lost)
	}
	r.end(nil)

	r = newRig(t, crypt.Suite{Dialect: smb2.Dialect311, Signing: crypt.AESGMAC})
	r.space.Options.Encrypt = true // and the server has no cipher
	o = r.dials(r.answering, r.closedBy)
	if err := r.connect(); !errors.Is(err, smb2.StatusServerUnavailable) || !errors.Is(err, back.ErrProtocol) {
		t.Errorf("told %v", err)
	}
	if len(o.errs) != 1 || o.errs[0] != nil {
		t.Errorf("%v", o.errs)
	}
	r.end(back.ErrProtocol)
}

// Who has made a connection hears of its end before its clients do, and nothing when
// it is we who end it.
func TestBereaved(t *testing.T) {
	t.Parallel()
	r := newRig(t, gmac)
	o := r.dials(r.answering)
	r.mustConnect()
	r.end(nil)
	if len(o.lost) != 0 {
		t.Errorf("lost %v", o.lost)
	}

	r = newRig(t, gmac)
	o = r.dials(r.answering)
	r.mustConnect()
	r.server.Conn.Close()
	r.end(io.EOF)
	if len(o.lost) != 1 {
		t.Errorf("lost %v", o.lost)
	}
}

// A numb connection is dead, and nobody has noticed.
type numb struct {
	transports.Conn
	dead atomic.Bool
}

func (c *numb) Send(m *transports.Message) error {
	if c.dead.Load() {
		m.Release()
		return syscall.EPIPE
	}
	return c.Conn.Send(m)
}

// Who comes to a connection that has died unnoticed gets a new one.
func TestDeadUnnoticed(t *testing.T) {
	t.Parallel()
	r := newRig(t, gmac)
	var conns []*numb
	r.dial(func(c transports.Conn) transports.Conn {
		conns = append(conns, &numb{Conn: c})
		return conns[len(conns)-1]
	})
	r.mustConnect()
	first := r.share
	conns[0].dead.Store(true)
	r.server = &smb2test.Keyed{Suite: gmac, Key: testKey}
	r.server.Credits = 30
	r.mustConnect()
	<-r.served // the first
	if len(conns) != 2 {
		t.Errorf("%d connections", len(conns))
	}
	first.Server.Close()
	if got := r.do(smb2.CommandFlush, new(smb2.FlushRequest).AppendBody); got.status() != smb2.StatusSuccess {
		t.Errorf("told %v", got.status())
	}
	r.end(nil)
}

// Any answer is a sign of life, silence and hanging up are none.
func TestCheck(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]crypt.Suite{"3.1.1": gmac, "2.1": {Dialect: smb2.Dialect21}, "not offered": {Dialect: 0x202}} {
		r := newRig(t, s)
		if err := back.Check(t.Context(), r.answering(), back.Options{Arena: &r.back, ServerName: "nas1"}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		r.end(nil)
	}
	r := newRig(t, gmac)
	if err := back.Check(t.Context(), r.closedBy(), back.Options{Arena: &r.back}); !hungUp(err) {
		t.Errorf("hung up: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	a, b := r.net.Pipe()
	if err := back.Check(ctx, a, back.Options{Arena: &r.back}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("silent: %v", err)
	}
	b.Close()
	r.end(nil)
}
