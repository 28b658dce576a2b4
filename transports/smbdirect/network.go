package smbdirect

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// A Network is SMB Direct over one RDMA provider.
type Network struct {
	provider rdma.Provider
	o        *Options
}

var _ transports.Network = (*Network)(nil)

// Over makes the network of a provider.
func Over(p rdma.Provider, o Options) *Network {
	return &Network{provider: p, o: o.withDefaults()}
}

// Dial connects as an SMB client. Its connections are transports.Placer: they
// expose. An attempt whose negotiate request nobody answers for 2 s is made
// anew, once; in all Dial takes no longer than Options.DialTimeout. A provider
// that stands for several (rdma.Chooser) is asked each time who dials.
func (n *Network) Dial(ctx context.Context, a transports.Addr) (transports.Conn, error) {
	address, err := a.DialHostPort()
	if err != nil {
		return nil, fmt.Errorf("smbdirect: dial: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, n.o.DialTimeout,
		&TimeoutError{What: "negotiate response", After: n.o.DialTimeout, Section: "3.1.6.1"})
	defer cancel()
	choices, err := n.choices(ctx, address)
	for i := range choices {
		var c *Conn
		if c, err = n.dial(ctx, choices[i], address); err == nil {
			return c, nil
		}
		if !refused(err) || ctx.Err() != nil {
			break
		}
	}
	return nil, fmt.Errorf("smbdirect: dial %s: %w", a, err)
}

// choices are who may dial.
func (n *Network) choices(ctx context.Context, address string) ([]rdma.Choice, error) {
	if c, ok := n.provider.(rdma.Chooser); ok {
		return c.Choose(ctx, address)
	}
	return []rdma.Choice{{Provider: n.provider}}, nil
}

// refused says that the peer does not want a connection, of this kind at least.
func refused(err error) bool {
	return errors.Is(err, rdma.ErrRefused) || errors.Is(err, syscall.ECONNREFUSED)
}

// dial makes an attempt, and a second one when the first is not answered.
func (n *Network) dial(ctx context.Context, by rdma.Choice, address string) (*Conn, error) {
	c, err := n.connect(ctx, by, address, redialAfter)
	if err == errUnanswered {
		n.o.Log.Debug("smbdirect: negotiate request unanswered, dialling again", "peer", address)
		c, err = n.connect(ctx, by, address, 0)
	}
	switch {
	case err == nil:
		return c, nil
	case by.Link.Reason != "":
		return nil, fmt.Errorf("%v (%s): %w", by.Link, by.Link.Reason, err)
	case by.Link.Provider != "":
		return nil, fmt.Errorf("%v: %w", by.Link, err)
	}
	return nil, err
}

// connect makes one attempt. With patience, it gives up with errUnanswered
// when nothing at all came back in that time.
func (n *Network) connect(ctx context.Context, by rdma.Choice, address string, patience time.Duration) (*Conn, error) {
	qp, err := by.Dial(address, n.o.queueConfig())
	if err != nil {
		return nil, err
	}
	c, err := newConn(qp, n.o, false)
	if err != nil {
		return nil, err
	}
	if err := qp.Establish(ctx, clientParams(n.o, by.Link)); err != nil {
		c.abandon()
		return nil, err
	}
	c.link = linkOf(qp, by.Link)
	c.start()
	return c, c.negotiated(ctx, patience)
}

// negotiated waits for the end of the negotiation. With an error the
// connection is closed.
func (c *Conn) negotiated(ctx context.Context, patience time.Duration) error {
	var unanswered <-chan time.Time
	if patience > 0 {
		t := time.NewTimer(patience)
		defer t.Stop()
		unanswered = t.C
	}
	var err error
	select {
	case <-c.ready:
		c.mu.Lock()
		err = c.err
		c.mu.Unlock()
	case <-unanswered:
		err = errUnanswered
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if err != nil {
		c.Close()
	}
	return err
}

// Announce listens as an SMB server. Its connections are transports.Placer:
// they push and pull. Peers have Options.NegotiateTimeout from their arrival
// until they are negotiated, and beyond Options.Connections are turned away.
func (n *Network) Announce(ctx context.Context, a transports.Addr) (transports.Listener, error) {
	address, err := a.HostPort()
	if err != nil {
		return nil, fmt.Errorf("smbdirect: announce: %w", err)
	}
	l, err := n.provider.Listen(ctx, address, n.o.queueConfig())
	if err != nil {
		return nil, fmt.Errorf("smbdirect: announce %s: %w", a, err)
	}
	return newListener(l, n.o), nil
}
