package gateway

import (
	"log/slog"

	"github.com/smbgw/smbgw/transports"
)

// carrier is what a leg goes over, for the connection's line in the log: which
// RDMA provider and device, and why that one. Legs that have no choice have
// none, and add nothing to the line.
func carrier(name string, c transports.Conn) slog.Attr {
	if c == nil {
		return slog.Attr{}
	}
	k := transports.CarrierOf(c)
	if k == (transports.Carrier{}) {
		return slog.Attr{}
	}
	return slog.Any(name, k)
}
