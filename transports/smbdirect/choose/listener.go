package choose

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// Listen accepts queue pairs on host:port, of all who can listen there.
func (p *Provider) Listen(ctx context.Context, address string, c rdma.Config) (rdma.Listener, error) {
	host, port, err := split(address)
	if err != nil {
		return nil, err
	}
	at := place{host: host, port: port}
	var v Verbs
	if p.Force != OnlyIWARP {
		if v, at.none = p.Verbs(); at.none == nil {
			at.devices, at.none = devices(ctx, v, &at)
		}
	}
	t, err := listen(at, p.Force)
	if err != nil {
		return nil, err
	}
	l := &listener{accepted: make(chan rdma.QueuePair), closed: make(chan struct{}), ended: make(chan struct{})}
	err = p.open(ctx, l, t, v, at, c)
	go func() {
		l.loops.Wait()
		close(l.ended)
	}()
	if err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// devices are those that count for a place. An address that stands for all is
// none.
func devices(ctx context.Context, v Verbs, at *place) ([]Device, error) {
	host := at.host
	a, err := netip.ParseAddr(host)
	if err != nil && host != "" {
		list, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		if err != nil {
			return nil, err
		}
		host = list[0].Unmap().String()
	}
	if host == "" || err == nil && a.IsUnspecified() {
		at.any = true
		return v.Devices()
	}
	d, err := v.Local(host)
	if err != nil {
		return nil, err
	}
	return []Device{d}, nil
}

// open has everybody of the plan listen, and says so.
func (p *Provider) open(ctx context.Context, l *listener, t plan, v Verbs, at place, c rdma.Config) error {
	port := at.port
	if t.software {
		if err := l.add(ctx, p.Software, at.host, port, c); err != nil {
			return err
		}
		if port == 0 {
			_, port, _ = split(l.Addr().String())
		}
	}
	links := t.links
	heard := 0
	for _, host := range t.verbs {
		err := l.add(ctx, v, host, port, c)
		switch {
		case err == nil:
			heard++
		case t.must:
			return err
		case t.software:
			p.Log.Warn("RDMA devices do not listen", "address", join(host, port), "error", err)
		default: // a device's own address, and software can have it as well
			if e := l.add(ctx, p.Software, host, port, c); e != nil {
				return errors.Join(err, e)
			}
			links = []rdma.Link{overTCP(brief(err))}
		}
	}
	for _, k := range links {
		if k.Device == "" || heard > 0 {
			p.Log.Info("RDMA provider", attrs(join(at.host, port), k)...)
		}
	}
	return nil
}

func join(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }

// A listener hands out what several others accept.
type listener struct {
	below    []rdma.Listener // of whom the first says where they are
	accepted chan rdma.QueuePair
	closed   chan struct{} // by Close
	once     sync.Once
	loops    sync.WaitGroup
	ended    chan struct{} // closed when none of them accepts any more
}

func (l *listener) add(ctx context.Context, p rdma.Provider, host string, port int, c rdma.Config) error {
	b, err := p.Listen(ctx, join(host, port), c)
	if err != nil {
		return err
	}
	l.below = append(l.below, b)
	l.loops.Go(func() { l.run(b) })
	return nil
}

// run accepts for one of them. Errors of a listener that goes on are its own
// business: all there are end it.
func (l *listener) run(b rdma.Listener) {
	for {
		q, err := b.Accept()
		if err != nil {
			return
		}
		select {
		case l.accepted <- q:
		case <-l.closed:
			q.Close()
			return
		}
	}
}

func (l *listener) Accept() (rdma.QueuePair, error) {
	select {
	case q := <-l.accepted:
		return q, nil
	case <-l.ended:
		return nil, fmt.Errorf("choose: accept: %w", net.ErrClosed)
	}
}

// Close ends all of them.
func (l *listener) Close() error {
	var list []error
	l.once.Do(func() {
		close(l.closed)
		for _, b := range l.below {
			list = append(list, b.Close())
		}
	})
	<-l.ended
	return errors.Join(list...)
}

func (l *listener) Addr() net.Addr { return l.below[0].Addr() }
