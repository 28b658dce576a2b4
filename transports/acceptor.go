package transports

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// Accepting tells an Acceptor how to make connections. R is what the network
// below accepts: a QUIC connection, a queue pair.
type Accepting[R any] struct {
	// AcceptRaw blocks for the next peer. It returns when CloseRaw is called or
	// ctx ends. An error whose Temporary method says so is reported and tried
	// again; any other ends the Acceptor.
	AcceptRaw func(ctx context.Context) (R, error)

	// CloseRaw makes AcceptRaw return and gives back the address.
	CloseRaw func() error

	// Handshake makes raw ready. It owns raw, also on error, and gives up when
	// ctx ends. ctx ends as soon as Handshake returns: the Conn does not
	// depend on it.
	Handshake func(ctx context.Context, raw R) (Conn, error)

	// Failed, when set, is told of peers that did not become ready, as
	// *HandshakeError, and of temporary failures to accept. It is called from
	// several goroutines and must not block.
	Failed func(error)

	Pending int           // handshakes at a time, DefaultPending when 0
	Timeout time.Duration // for each, DefaultHandshakeTimeout when 0
}

// An Acceptor is the part of a Listener between a peer's arrival and a
// connection that is ready: handshakes run side by side, so that a slow peer
// delays no other. While Pending of them are under way or wait for Accept, no
// further peer is taken from the network.
type Acceptor[R any] struct {
	c      Accepting[R]
	ctx    context.Context // ends at Close: the Acceptor's own life, not a caller's
	cancel context.CancelFunc
	slots  chan struct{}
	ready  chan Conn

	once     sync.Once
	closeErr error

	admissions sync.WaitGroup
	ended      chan struct{} // closed when all goroutines are done
	cause      error         // why accepting ended, set before that
}

// NewAcceptor starts accepting. Close ends it.
func NewAcceptor[R any](c Accepting[R]) *Acceptor[R] {
	if c.Pending <= 0 {
		c.Pending = DefaultPending
	}
	if c.Timeout <= 0 {
		c.Timeout = DefaultHandshakeTimeout
	}
	a := &Acceptor[R]{
		c:     c,
		slots: make(chan struct{}, c.Pending),
		ready: make(chan Conn),
		ended: make(chan struct{}),
	}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	go a.run()
	return a
}

// Accept blocks for the next connection that is ready. After Close its error
// is net.ErrClosed; when the network failed, that failure.
func (a *Acceptor[R]) Accept() (Conn, error) {
	select {
	case <-a.ctx.Done():
		return nil, net.ErrClosed
	default:
	}
	select {
	case c := <-a.ready:
		return c, nil
	case <-a.ctx.Done():
		return nil, net.ErrClosed
	case <-a.ended:
		return nil, a.cause
	}
}

// Close makes Accept and every handshake under way fail, closes connections
// that nobody has accepted, and waits until all that has ended.
func (a *Acceptor[R]) Close() error {
	a.once.Do(func() {
		a.cancel()
		a.closeErr = a.c.CloseRaw()
	})
	<-a.ended
	return a.closeErr
}

// run ends when no more peers come and those whose handshakes were under way
// have been handed out or closed.
func (a *Acceptor[R]) run() {
	a.cause = a.acceptAll()
	a.admissions.Wait()
	close(a.ended)
}

func (a *Acceptor[R]) acceptAll() error {
	pause := minAcceptPause
	for {
		select {
		case a.slots <- struct{}{}:
		case <-a.ctx.Done():
			return net.ErrClosed
		}
		raw, err := a.c.AcceptRaw(a.ctx)
		if err == nil {
			pause = minAcceptPause
			a.admissions.Go(func() { a.admit(raw) })
			continue
		}
		<-a.slots
		if a.ctx.Err() != nil || !Temporary(err) {
			return err
		}
		a.report(fmt.Errorf("accepting: %w", err))
		if !a.sleep(pause) {
			return net.ErrClosed
		}
		pause = min(2*pause, maxAcceptPause)
	}
}

// admit takes one peer through its handshake to Accept.
func (a *Acceptor[R]) admit(raw R) {
	defer func() { <-a.slots }()
	peer := peerOf(raw)
	c, err := a.handshake(raw)
	if err != nil {
		if a.ctx.Err() == nil {
			a.report(&HandshakeError{Peer: peer, Err: err})
		}
		return
	}
	select {
	case a.ready <- c:
	case <-a.ctx.Done():
		c.Close()
	}
}

func (a *Acceptor[R]) handshake(raw R) (Conn, error) {
	ctx, cancel := context.WithTimeout(a.ctx, a.c.Timeout)
	defer cancel()
	return a.c.Handshake(ctx, raw)
}

func (a *Acceptor[R]) report(err error) {
	if a.c.Failed != nil {
		a.c.Failed(err)
	}
}

// sleep waits, and says whether the Acceptor is still wanted after that.
func (a *Acceptor[R]) sleep(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-a.ctx.Done():
		return false
	}
}

// Temporary says whether an error of accepting passes by itself: too many open
// files, a peer that went away while it waited.
func Temporary(err error) bool {
	t, ok := errors.AsType[interface {
		error
		Temporary() bool
	}](err)
	return ok && t.Temporary() && !errors.Is(err, net.ErrClosed)
}

// A HandshakeError is a peer that did not become a connection. The peer, or
// the line to it, is to blame.
type HandshakeError struct {
	Peer net.Addr // nil when it is not known
	Err  error
}

func (e *HandshakeError) Error() string {
	if e.Peer == nil {
		return fmt.Sprintf("handshake: %v", e.Err)
	}
	return fmt.Sprintf("handshake with %v: %v", e.Peer, e.Err)
}

func (e *HandshakeError) Unwrap() error { return e.Err }

func peerOf(raw any) net.Addr {
	if r, ok := raw.(interface{ RemoteAddr() net.Addr }); ok {
		return r.RemoteAddr()
	}
	return nil
}
