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
	if !l.relays() {
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
		front:    front,
		peer:     front.RemoteAddr().String(),
		began:    time.Now(),
		serial:   s.serial.Add(1),
		log:      s.log,
		in:       flow{visitor: v},
		out:      flow{visitor: v, lane: 1},
	}
	if e := c.choose(ctx, s.hosts); e != nil {
		front.Close()
		c.report(*e, nil)
		return
	}
	c.arena, c.monitor = s.arenas[c.backend], s.monitors[c.backend]
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
