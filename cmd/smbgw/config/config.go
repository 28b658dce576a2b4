package config

import (
	"log/slog"

	"github.com/smbgw/smbgw/transports"
)

// A Config is a whole, checked configuration file. It is not changed after
// Load.
type Config struct {
	Log       Log
	Listeners []Listener // in the order of the file, at least one
	Backends  []*Backend // in the order of the file
}

// Log says what is logged and how.
type Log struct {
	Level  slog.Level
	Format Format
}

// A Format is how log records are written.
type Format string

// The formats of slog's two handlers.
const (
	FormatText Format = "text"
	FormatJSON Format = "json"
)

// A Listener is an address that clients connect to.
type Listener struct {
	Name  string
	Addr  transports.Addr
	TLS   *ServerTLS // nil when the network does not run over TLS
	Relay *Backend   // never nil: the only mode of this version
}

// ServerTLS names the files of a listener's certificate.
type ServerTLS struct {
	Cert, Key string
	ClientCA  string // "" when clients need no certificate
}

// A Backend is an SMB server behind the gateway.
type Backend struct {
	Name      string
	Addrs     []transports.Addr // in order of preference, at least one
	Place     bool
	Threshold uint32 // bytes

	// ServerName is the name to look for in the server's certificate, "" for
	// the address's host.
	ServerName string
	TLS        ClientTLS
}

// ClientTLS names the files for connections to a backend over TLS. Empty ones
// are not used.
type ClientTLS struct {
	CA        string // default: the system's authorities
	Cert, Key string
}

// A Network is what Load has to know about a network that addresses may name.
type Network struct {
	TLS    bool   // runs over TLS: listeners need a certificate
	Socket string // "tcp" or "udp": listeners on the same kind cannot share a port
}
