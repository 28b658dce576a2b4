package gateway

import (
	"context"
	"fmt"

	"github.com/smbgw/smbgw/transports"
)

// Change has a Gateway that runs serve what next says, from the next connection
// on: all of it, or nothing when it fails. next is not changed any more; its Ready
// is not called.
//
// A listener at an address that was one's before keeps the socket, and what its
// Network is made of besides as far as the socket can (transports.Adopter). New
// ones are announced, and those that are not in next are closed. Connections go
// on with what they began with, also those of listeners that are closed.
func (g *Gateway) Change(ctx context.Context, next *Gateway) error {
	var err error
	asked := g.ask(ctx, func(ctx context.Context, r *run) { err = r.change(ctx, next) })
	if asked != nil {
		return asked
	}
	return err
}

func (r *run) change(ctx context.Context, next *Gateway) error {
	s := newServerAfter(next, r.server)
	kept, fresh := r.match(next.Listeners)
	commits, err := adopt(kept)
	if err != nil {
		return err
	}
	opened, err := announce(ctx, s, fresh)
	if err != nil {
		return err
	}
	// From here on nothing fails.
	s.succeed(r.server)
	r.server = s
	s.limits.Change(next.Limits)
	s.limits.Share(next.Share)
	for _, commit := range commits {
		commit()
	}
	r.keep(kept)
	for _, d := range opened {
		r.open(ctx, d)
	}
	r.watch(ctx)
	return nil
}

// match finds the doors that are kept, with the listeners that they get, and the
// listeners that have none. A door that has ended by itself is no door.
func (r *run) match(listeners []Listener) (kept map[*door]*Listener, fresh []*Listener) {
	kept = make(map[*door]*Listener)
	find := func(l *Listener, fits func(*door) bool) bool {
		for _, d := range r.doors {
			if kept[d] == nil && !d.ended.Load() && d.addr == l.Endpoint.Addr && fits(d) {
				kept[d] = l
				return true
			}
		}
		return false
	}
	// Several listeners may have asked for any port of one host: those of the
	// same name go first.
	var others []*Listener
	for _, l := range pointers(listeners) {
		if !find(l, func(d *door) bool { return d.behind.Load().listener.Name == l.Name }) {
			others = append(others, l)
		}
	}
	for _, l := range others {
		if !find(l, func(*door) bool { return true }) {
			fresh = append(fresh, l)
		}
	}
	return kept, fresh
}

// adopt makes ready what is new about the networks of doors that are kept.
func adopt(kept map[*door]*Listener) (commits []func(), err error) {
	for d, l := range kept {
		a, ok := d.Listener.(transports.Adopter)
		if !ok {
			continue
		}
		commit, err := a.Adopt(l.Endpoint.Network)
		if err != nil {
			return nil, fmt.Errorf("listener %q: %s: %w", l.Name, l.Endpoint.Addr, err)
		}
		commits = append(commits, commit)
	}
	return commits, nil
}

// keep leads doors to what is behind them now, and shuts the others.
func (r *run) keep(kept map[*door]*Listener) {
	doors := r.doors
	r.doors = nil
	for _, d := range doors {
		if l := kept[d]; l != nil {
			d.lead(r.server, l)
			r.doors = append(r.doors, d)
			continue
		}
		r.server.log.Info("no longer listening", "listener", d.behind.Load().listener.Name,
			"address", boundAddress(d.addr, d.Addr()))
		d.shut()
	}
}
