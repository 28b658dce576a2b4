package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/smbgw/smbgw/transports"
)

// An Endpoint is an address together with the network that reaches it.
type Endpoint struct {
	Addr    transports.Addr
	Network transports.Network
}

// A Backend is an SMB server behind the gateway.
type Backend struct {
	Name      string
	Endpoints []Endpoint // in order of preference

	// Place lets payload in the clear be moved by RDMA where the back leg can;
	// Threshold is the smallest payload that is worth it, in bytes, and
	// DefaultThreshold when 0.
	Place     bool
	Threshold uint32
}

// A Listener is an address that clients connect to.
type Listener struct {
	Name     string
	Endpoint Endpoint
	Relay    *Backend
}

// A Gateway serves its listeners. Its fields are read by Run and not changed
// while Run is running.
type Gateway struct {
	Listeners []Listener
	Log       *slog.Logger
}

// Run announces every listener, logs "listening" with listener and address for
// each, and serves until ctx ends; then it hangs up every connection and
// returns nil. It returns an error when a listener cannot be announced. When
// it returns, no goroutine and no connection of it is left.
func (g *Gateway) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	doors, err := g.announce(ctx)
	if err != nil {
		return err
	}
	s := &server{log: g.Log, arenas: arenas(g.Listeners)}
	var wg sync.WaitGroup
	for _, d := range doors {
		g.Log.Info("listening", "listener", d.listener.Name,
			"address", boundAddress(d.listener.Endpoint.Addr, d.Addr()))
		wg.Go(func() { s.accept(ctx, d) })
	}
	<-ctx.Done()
	g.Log.Info("shutting down", "connections", s.open.Load())
	for _, d := range doors {
		d.Close()
	}
	wg.Wait()
	return nil
}

// A door is an announced listener.
type door struct {
	transports.Listener
	listener *Listener
}

// announce opens every listener or none.
func (g *Gateway) announce(ctx context.Context) ([]door, error) {
	var doors []door
	for i := range g.Listeners {
		l := &g.Listeners[i]
		ln, err := l.Endpoint.Network.Announce(ctx, l.Endpoint.Addr)
		if err != nil {
			for _, d := range doors {
				d.Close()
			}
			return nil, fmt.Errorf("listener %q: %s: %w", l.Name, l.Endpoint.Addr, err)
		}
		if d, ok := ln.(transports.Deferrer); ok {
			d.Defer() // until the backend has said what it takes: connection.admit
		}
		doors = append(doors, door{ln, l})
	}
	return doors, nil
}

// A server is what the connections of one Run share.
type server struct {
	log *slog.Logger

	// One arena for each backend: a buffer that is exposed to a backend has
	// never held the data of another one, so a backend that claims to have
	// placed what it has not placed learns and reveals nothing new.
	arenas map[*Backend]*transports.Arena

	serial atomic.Uint64 // numbers connections in the log
	open   atomic.Int64  // connections being served
}

func arenas(ls []Listener) map[*Backend]*transports.Arena {
	m := make(map[*Backend]*transports.Arena)
	for _, l := range ls {
		if m[l.Relay] == nil {
			m[l.Relay] = new(transports.Arena)
		}
	}
	return m
}
