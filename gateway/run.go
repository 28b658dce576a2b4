package gateway

import (
	"context"
	"sync"
	"time"
)

// A run is the state of one Run. Its goroutine owns it, and does what others
// ask of it.
type run struct {
	server *server // of connections that come from now on
	doors  []*door
	loops  sync.WaitGroup // accept loops with their connections, of doors that are shut too

	unwatch func() // ends the checks of backends; nil when there are none
}

// open lets clients in.
func (r *run) open(ctx context.Context, d *door) {
	l := d.behind.Load().listener
	r.server.log.Info("listening", "listener", l.Name, "address", boundAddress(d.addr, d.Addr()))
	r.doors = append(r.doors, d)
	r.loops.Go(func() { d.accept(ctx) })
}

// watch has the server's backends checked, and not those of the one before. No two
// check one address at the same time.
func (r *run) watch(ctx context.Context) {
	if r.unwatch != nil {
		r.unwatch()
	}
	ctx, cancel := context.WithCancel(ctx)
	var monitors sync.WaitGroup
	for _, m := range r.server.monitors {
		monitors.Go(func() { m.Run(ctx) })
	}
	r.unwatch = func() {
		cancel()
		monitors.Wait()
	}
}

// attend does what is asked until ctx ends.
func (r *run) attend(ctx context.Context, calls <-chan call) {
	for {
		select {
		case <-ctx.Done():
			return
		case c := <-calls:
			c.do(ctx, r)
			close(c.done)
		}
	}
}

// close ends what there is, when its context is over.
func (r *run) close() {
	r.server.log.Info("shutting down", "connections", r.server.served.Load())
	for _, d := range r.doors {
		d.shut()
	}
	r.loops.Wait()
	r.server.shared.close()
	r.unwatch()
	r.server.trim()
}

// A call is what somebody asks of Run's goroutine.
type call struct {
	do   func(context.Context, *run)
	done chan struct{} // closed when it is done
}

// A mailbox is how calls come to Run. The zero value is one.
type mailbox struct {
	once  sync.Once
	calls chan call
}

func (m *mailbox) opened() chan call {
	m.once.Do(func() { m.calls = make(chan call) })
	return m.calls
}

// ask has Run's goroutine do something, between two things of its own, and waits
// for it; the error is that of ctx, when Run does not come to it before.
func (g *Gateway) ask(ctx context.Context, do func(context.Context, *run)) error {
	c := call{do, make(chan struct{})}
	select {
	case g.mailbox.opened() <- c:
		<-c.done
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Check says how many connections are being served, or what keeps clients from
// being served, while Run is running: Run's goroutine or that of a listener does
// not get on, or a listener has ended by itself. When what all connections need
// is held by one that does not let go, it does not return: whoever waits for it
// has a watchdog.
func (g *Gateway) Check(ctx context.Context) (connections int64, err error) {
	var s *server
	asked := g.ask(ctx, func(_ context.Context, r *run) {
		s = r.server
		for _, d := range r.doors {
			if err == nil {
				err = d.check(time.Now())
			}
		}
	})
	if asked != nil {
		return 0, asked
	}
	s.lobby.sources()
	s.sessions.Len()
	return s.served.Load(), err
}
