package gateway

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/smbgw/smbgw/transports"
)

// accept serves every connection that comes through d until d is closed, and
// returns when the last of them is gone.
func (s *server) accept(ctx context.Context, d door) {
	var wg sync.WaitGroup
	defer wg.Wait()
	var pause time.Duration
	for {
		front, err := d.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				if ctx.Err() == nil {
					s.log.Error("listener ended", "listener", d.listener.Name, "error", err)
				}
				return
			}
			// Out of descriptors or memory, or a peer that gave up in between:
			// all pass. Without the pause the loop would spin meanwhile.
			pause = min(max(2*pause, minAcceptPause), maxAcceptPause)
			s.log.Warn("accept failed", "listener", d.listener.Name, "error", err, "pause", pause)
			sleep(ctx, pause)
			continue
		}
		pause = 0
		wg.Go(func() { s.serve(ctx, d.listener, front) })
	}
}

// serve serves one connection from its beginning to its line in the log.
func (s *server) serve(ctx context.Context, l *Listener, front transports.Conn) {
	s.open.Add(1)
	defer s.open.Add(-1)
	if l.Relay == nil {
		s.terminate(ctx, l, front)
		return
	}
	c := &connection{
		listener: l,
		backend:  l.Relay,
		front:    front,
		peer:     front.RemoteAddr().String(),
		began:    time.Now(),
		serial:   s.serial.Add(1),
		arena:    s.arenas[l.Relay],
		log:      s.log,
	}
	c.run(ctx)
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
