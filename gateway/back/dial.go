package back

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"sync"

	"github.com/smbgw/smbgw/transports"
)

// A Dial connects to a backend: it calls open with a connection, which is open's
// from then on. When open fails, because nobody answers there, a backend that is at
// other addresses too is tried at the next one.
type Dial func(ctx context.Context, open func(context.Context, Link) error) error

// A Link is a connection that has just been made.
type Link struct {
	Conn transports.Conn

	// Lost hears why it has ended, unless this side has ended it, and before its
	// clients do; nil is nobody.
	Lost func(error)
}

// Direct is the Dial of a backend with one way to connect to it.
func Direct(dial func(context.Context) (transports.Conn, error)) Dial {
	return func(ctx context.Context, open func(context.Context, Link) error) error {
		conn, err := dial(ctx)
		if err != nil {
			return err
		}
		return open(ctx, Link{Conn: conn})
	}
}

// Check asks whether a server answers on conn, which it closes. Any answer will do:
// a server that refuses what it is offered is there.
func Check(ctx context.Context, conn transports.Conn, o Options) error {
	if _, err := rand.Read(o.ClientGUID[:]); err != nil {
		conn.Close()
		return err
	}
	c := New(conn, o)
	var running sync.WaitGroup
	running.Go(func() { c.Run(context.Background()) })
	defer running.Wait()
	defer c.Close()
	if err := c.Negotiate(ctx); err != nil && !c.answered() {
		return err
	}
	return nil
}

// answered says that something has come from the server.
func (c *Conn) answered() bool { return c.received.Load() > 0 }

// perished says that the connection has ended by itself, and not because one side
// did not want it any more.
func (c *Conn) perished() bool {
	err := c.Err()
	return err != nil && !one(err, ErrClosed, ErrProtocol, ErrDowngrade, errGuest, errKeyless)
}

func one(err error, of ...error) bool {
	return slices.ContainsFunc(of, func(e error) bool { return errors.Is(err, e) })
}

// bereave says that the connection has ended, to whom it was made by. One that has
// not been negotiated has failed to be made.
func (c *Conn) bereave() {
	c.mu.Lock()
	cause, made := c.cause, c.suite.Dialect != 0
	c.mu.Unlock()
	if c.options.Lost != nil && made && !errors.Is(cause, ErrClosed) {
		c.options.Lost(cause)
	}
}
