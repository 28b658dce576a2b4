package iwarp

import (
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// A Provider makes iWARP queue pairs over ordinary TCP sockets. The zero
// Provider is ready. Its fields are set before the first use; its methods may
// be called from any goroutine.
type Provider struct {
	// RequireCRC makes both directions of every connection carry CRC32C even
	// when the peer does not ask for it. A peer that asks always gets it. Off
	// by default: TCP has a checksum, hardware asks for CRC by itself, and
	// Linux siw breaks on frames whose trailer TCP cuts in two.
	RequireCRC bool

	// MaxFPDU, when not 0, is the length in bytes of the frames we send,
	// instead of what fits one TCP segment. Large frames (up to 64 KiB) are
	// cheaper between software peers; hardware may not take more than its MTU.
	MaxFPDU int

	// Rev1 makes initiators begin with MPA revision 1, without IRD and ORD.
	Rev1 bool

	// HalfOpen bounds the connections of one listener whose start-up frame is
	// not complete, 256 when 0. Beyond it the oldest is closed.
	HalfOpen int

	// Refused, when set, is told of each peer that a listener did not let in,
	// and Failed each time it cannot accept for a while, such as for want of
	// file descriptors. They are called from several goroutines and must not
	// block.
	Refused, Failed func(error)

	// Timers, each with a Default constant for 0.
	RequestTimeout time.Duration // responder: wait for the start-up frame
	ReplyTimeout   time.Duration // initiator: TCP set-up and the reply
	FirstTimeout   time.Duration // responder: wait for the first frame after its reply
	WriteTimeout   time.Duration // the peer takes nothing
	CloseTimeout   time.Duration // Close: sending the rest, then the peer's FIN

	buffers bufferPool
	regions atomic.Int64
	open    atomic.Int64

	// For tests.
	firstMSN   uint32          // instead of 1
	zeroMSN    bool            // firstMSN is meant to be 0
	stallHold  time.Duration   // instead of the constant
	stallCures []time.Duration // likewise
}

var _ rdma.Provider = (*Provider)(nil)

// Regions is the number of regions of all connections that have not been
// given back by Deregister: zero when everything has been cleaned up.
func (p *Provider) Regions() int64 { return p.regions.Load() }

// Connections is the number of connections that hold a socket after their
// start-up.
func (p *Provider) Connections() int64 { return p.open.Load() }

// refuse reports why peer does not become a connection.
func (p *Provider) refuse(peer net.Addr, why error) {
	if p.Refused != nil {
		p.Refused(fmt.Errorf("iwarp: %v: %w", peer, why))
	}
}

func or[T comparable](v, standard T) T {
	var zero T
	if v == zero {
		return standard
	}
	return v
}

func (p *Provider) requestTimeout() time.Duration { return or(p.RequestTimeout, DefaultRequestTimeout) }
func (p *Provider) replyTimeout() time.Duration   { return or(p.ReplyTimeout, DefaultReplyTimeout) }
func (p *Provider) firstTimeout() time.Duration   { return or(p.FirstTimeout, DefaultFirstTimeout) }
func (p *Provider) writeTimeout() time.Duration   { return or(p.WriteTimeout, DefaultWriteTimeout) }
func (p *Provider) closeTimeout() time.Duration   { return or(p.CloseTimeout, DefaultCloseTimeout) }

func (p *Provider) cures() []time.Duration {
	if p.stallCures != nil {
		return p.stallCures
	}
	return stallCures[:]
}

// Dial prepares a queue pair towards host:port. Establish connects.
func (p *Provider) Dial(address string, c rdma.Config) (rdma.QueuePair, error) {
	if _, _, err := net.SplitHostPort(address); err != nil {
		return nil, fmt.Errorf("iwarp: dial: %w", err)
	}
	if err := checkConfig(c); err != nil {
		return nil, err
	}
	q := newQueuePair(p, c)
	q.initiator, q.address = true, address
	return q, nil
}

func checkConfig(c rdma.Config) error {
	if c.SendDepth < 0 || c.SendDepth > maxDepth || c.ReceiveDepth < 0 || c.ReceiveDepth > maxDepth {
		return fmt.Errorf("iwarp: queue depths %d and %d, limit %d", c.SendDepth, c.ReceiveDepth, maxDepth)
	}
	return nil
}

func checkParams(p rdma.Params) error {
	if len(p.Private) > rdma.MaxPrivate {
		return fmt.Errorf("iwarp: establish: private data of %d bytes, limit %d", len(p.Private), rdma.MaxPrivate)
	}
	if p.IRD < 0 || p.IRD > MaxIRD || p.ORD < 0 || p.ORD >= notNegotiated {
		return fmt.Errorf("iwarp: establish: IRD %d and ORD %d, limits %d and %d", p.IRD, p.ORD, MaxIRD, notNegotiated-1)
	}
	return nil
}

// A RefusedError is the peer's rejection of a connection: rdma.ErrRefused with
// the private data it came with.
type RefusedError struct {
	Private []byte
}

func (e *RefusedError) Error() string { return rdma.ErrRefused.Error() }

// Is makes errors.Is(err, rdma.ErrRefused) true.
func (e *RefusedError) Is(target error) bool { return target == rdma.ErrRefused }
