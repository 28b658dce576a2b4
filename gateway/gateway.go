package gateway

import (
	"context"
	"log/slog"

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
	// Threshold is the smallest payload that is worth it, in bytes.
	Place     bool
	Threshold uint32
}

// A Listener is an address that clients connect to.
type Listener struct {
	Name     string
	Endpoint Endpoint
	Relay    *Backend
}

// A Gateway serves its listeners.
type Gateway struct {
	Listeners []Listener
	Log       *slog.Logger
}

// Run announces every listener, logs "listening" with listener and address for
// each, and serves until ctx ends; then it hangs up every connection and
// returns nil. It returns an error when a listener cannot be announced.
func (g *Gateway) Run(ctx context.Context) error
