package gateway

import (
	"context"
	"errors"
	"io"
	"time"
)

// A side is who ended a connection.
type side uint8

const (
	gateway side = iota // we did
	client
	backend
)

func (s side) String() string {
	switch s {
	case client:
		return "client"
	case backend:
		return "backend"
	}
	return "gateway"
}

// How a side ended.
type manner uint8

const (
	ended    manner = iota // nothing more comes from the side: everything it sent has been taken
	deaf                   // the side takes nothing any more; it may still have sent something
	offended               // the side broke the protocol so that going on could do harm
)

// An end is why a connection is over.
type end struct {
	side   side
	manner manner
	err    error // nil or io.EOF when it was orderly
}

// String is the reason as operators read it.
func (e end) String() string {
	if e.side == gateway {
		if e.err == nil {
			return "shutdown"
		}
		return e.err.Error()
	}
	if e.manner == offended {
		return e.side.String() + " error: " + e.err.Error()
	}
	if e.err == nil || errors.Is(e.err, io.EOF) {
		return e.side.String() + " closed"
	}
	return e.side.String() + " closed: " + e.err.Error()
}

// await blocks until the connection has to be hung up, and says why. It reads
// the ends that the workers report; ends has room for one of each.
func await(ctx context.Context, ends <-chan end) end {
	select {
	case e := <-ends:
		if e.manner == deaf {
			return drain(ctx, e, ends)
		}
		return e
	case <-ctx.Done():
		return end{}
	}
}

// drain gives a side that takes nothing any more the time to finish what it
// was saying: a server that refuses closes after its last reply, and the
// request that crossed it on the way must not cost the client that reply.
func drain(ctx context.Context, first end, ends <-chan end) end {
	t := time.NewTimer(drainTime)
	defer t.Stop()
	for {
		select {
		case e := <-ends:
			if e.manner == ended && e.side == first.side {
				if e.err == nil || errors.Is(e.err, io.EOF) {
					return e
				}
				return first // the first error is nearer to the cause
			}
			if e.manner != deaf {
				return first
			}
		case <-t.C:
			return first
		case <-ctx.Done():
			return end{}
		}
	}
}

// hangUp closes both legs in order: first the leg that is still alive, so that
// what was passed on to it is delivered, then the one that ended. When it
// returns, both are gone and every worker is on its way out.
func (c *connection) hangUp(why end) {
	if why.side == client {
		c.back.Close()
		c.front.Close()
		return
	}
	c.front.Close()
	c.back.Close()
}
