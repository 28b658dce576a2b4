package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/smbgw/smbgw/gateway/front"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// fronts makes the SMB server of each listener that does not relay.
func (s *server) fronts(g *Gateway) {
	for i := range g.Listeners {
		l := &g.Listeners[i]
		if l.relays() {
			continue
		}
		s.front[l] = &front.Server{
			GUID:           g.Service.GUID,
			MinDialect:     l.Terms.MinDialect,
			RequireSigning: l.Terms.Sign,
			Encryption:     l.Terms.Encryption,
			Secure:         l.Terms.Secure,
			NewAcceptor:    g.Service.NewAcceptor,
			Hint:           g.Service.Hint,
			Sessions:       &s.sessions,
			Arena:          s.replies,
			Log:            g.Log.With("listener", l.Name),
		}
		if !l.Terms.Secure && g.Service.Interfaces != nil { // who comes from outside is told nothing of the inside
			s.front[l].Interfaces = func() []smb2.NetworkInterface { return g.Service.Interfaces(l.Name) }
		}
	}
}

// terminate serves one client's connection from its beginning to its line in
// the log.
func (s *server) terminate(ctx context.Context, l *Listener, conn transports.Conn) {
	serial, began := s.serial.Add(1), time.Now()
	peer := conn.RemoteAddr().String()
	log := s.log.With("conn", serial)
	ward := s.ward(l, conn, log.With("listener", l.Name, "peer", peer))
	if v := ward.arrives(); !v.Allowed {
		conn.Close()
		log.Warn("connection refused", "listener", l.Name, "peer", peer, "reason", v)
		return
	}
	leave, ok := s.lobby.enter(Source(conn.RemoteAddr()))
	if !ok {
		conn.Close()
		log.Info("connection closed", "listener", l.Name, "peer", peer,
			"reason", fmt.Sprintf("%d connections of this source are without a share", maxWaiting))
		return
	}
	defer leave()
	v := s.welcome(l, conn)
	if v == nil {
		s.turned.turnAway(conn)
		log.Info("connection closed", "listener", l.Name, "peer", peer, "reason", tooMany)
		return
	}
	if d, ok := conn.(transports.Deferred); ok {
		// Its listener may have relayed when it came, and then it still waits.
		if err := d.Admit(0); err != nil {
			v.leave()
			conn.Close()
			log.Info("connection closed", "listener", l.Name, "peer", peer, "reason", "client closed: "+err.Error())
			return
		}
	}
	space := &space{server: s, log: log, arrived: leave, noPipes: l.Terms.NoPipes, ward: ward, visitor: v, name: nameOf(conn), listener: l}
	used, err := s.front[l].Serve(ctx, conn, &limitedSpace{space, v, s.replies})
	reason := "client closed"
	switch {
	case ctx.Err() != nil:
		reason = end{side: gateway}.String()
	case err != nil:
		reason = "client closed: " + err.Error()
	}
	log.LogAttrs(ctx, slog.LevelInfo, "connection closed",
		slog.String("listener", l.Name),
		slog.String("peer", peer),
		slog.String("front", l.Endpoint.Addr.Network),
		slog.Duration("duration", time.Since(began)),
		slog.String("reason", reason),
		carrier("front_rdma", conn),
		slog.Any("", used), // its attributes, without a name before them
		space.used(),
	)
}
