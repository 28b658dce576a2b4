package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/smbgw/smbgw/transports"
)

// A door is an announced listener, with its accept loop.
type door struct {
	transports.Listener
	addr transports.Addr // as it was asked for

	behind  atomic.Pointer[behind] // serves the next connection
	closing atomic.Bool
	ended   atomic.Bool  // the accept loop is over
	away    atomic.Int64 // since when it is not in Accept, in nanoseconds of 1970; 0: it is
}

// A behind is what a connection that comes through a door is served by.
type behind struct {
	server   *server
	listener *Listener
}

// announce opens every listener or none. What comes through them is the server's.
func announce(ctx context.Context, s *server, listeners []*Listener) ([]*door, error) {
	var doors []*door
	for _, l := range listeners {
		ln, err := l.Endpoint.Network.Announce(ctx, l.Endpoint.Addr)
		if err != nil {
			for _, d := range doors {
				d.Close()
			}
			return nil, fmt.Errorf("listener %q: %s: %w", l.Name, l.Endpoint.Addr, err)
		}
		d := &door{Listener: ln, addr: l.Endpoint.Addr}
		d.lead(s, l)
		doors = append(doors, d)
	}
	return doors, nil
}

// lead makes what comes from now on a listener's.
func (d *door) lead(s *server, l *Listener) {
	if ln, ok := d.Listener.(transports.Deferrer); ok && l.relays() {
		ln.Defer() // until the backend has said what it takes: connection.admit
	}
	d.behind.Store(&behind{s, l})
}

// shut closes the door; connections that have come through it go on.
func (d *door) shut() {
	d.closing.Store(true)
	d.Close()
}

// accept serves every connection that comes through the door until it is shut,
// and returns when the last of them is gone.
func (d *door) accept(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	defer d.ended.Store(true)
	var pause time.Duration
	for {
		d.away.Store(0)
		conn, err := d.Accept()
		d.away.Store(time.Now().UnixNano())
		b := d.behind.Load()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				if !d.closing.Load() {
					b.server.log.Error("listener ended", "listener", b.listener.Name, "error", err)
				}
				return
			}
			// Out of descriptors or memory, or a peer that gave up in between:
			// all pass. Without the pause the loop would spin meanwhile.
			pause = min(max(2*pause, minAcceptPause), maxAcceptPause)
			b.server.log.Warn("accept failed", "listener", b.listener.Name, "error", err, "pause", pause)
			sleep(ctx, pause)
			continue
		}
		pause = 0
		wg.Go(func() { b.server.serve(ctx, b.listener, conn) })
	}
}

// check says what keeps clients from coming in.
func (d *door) check(now time.Time) error {
	name := d.behind.Load().listener.Name
	if d.ended.Load() {
		return fmt.Errorf("listener %q has ended", name)
	}
	if since := d.away.Load(); since != 0 {
		if away := now.Sub(time.Unix(0, since)); away > maxAway {
			return fmt.Errorf("listener %q has not accepted for %v", name, away.Round(time.Second))
		}
	}
	return nil
}
