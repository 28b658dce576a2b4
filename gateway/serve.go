package gateway

import (
	"context"
	"time"

	"github.com/smbgw/smbgw/transports"
)

// serve serves one connection from its beginning to its line in the log.
func (s *server) serve(ctx context.Context, l *Listener, front transports.Conn) {
	s.served.Add(1)
	defer s.served.Add(-1)
	if l.Relay == nil {
		s.terminate(ctx, l, front)
		return
	}
	v := s.welcome(l, front)
	if v == nil {
		s.turned.turnAway(front)
		s.log.Info("connection closed", "conn", s.serial.Add(1), "listener", l.Name, "peer", front.RemoteAddr().String(), "reason", tooMany)
		return
	}
	defer v.leave()
	c := &connection{
		listener: l,
		backend:  l.Relay,
		front:    front,
		peer:     front.RemoteAddr().String(),
		began:    time.Now(),
		serial:   s.serial.Add(1),
		arena:    s.arenas[l.Relay],
		monitor:  s.monitors[l.Relay],
		log:      s.log,
		in:       flow{visitor: v},
		out:      flow{visitor: v, lane: 1},
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
