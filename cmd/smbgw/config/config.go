package config

import (
	"log/slog"

	"github.com/smbgw/smbgw/auth/users"
	"github.com/smbgw/smbgw/gateway/health"
	"github.com/smbgw/smbgw/gateway/limit"
	"github.com/smbgw/smbgw/policy"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/access"
)

// A Config is a whole, checked configuration file. It is not changed after
// Load.
type Config struct {
	Log       Log
	Listeners []Listener // in the order of the file, at least one
	Backends  []*Backend // in the order of the file
	Hosts     []*Host    // in the order of the file
	Users     *Users     // nil when every listener relays
	Mounts    []*Mount   // in the order of the file
	Policies  []*policy.Policy
	Limits    limit.Rules // what there is without any included
	Share     int64       // bytes that a connection has under way while others are busy; 0: no limit
}

// Users is who may log in to listeners that do not relay.
type Users struct {
	File      string
	Groups    *users.Groups // nil when there are none
	Guest     bool          // lets in whose name is not known
	Anonymous bool          // lets in who names nobody
}

// A Mount is a share that clients see.
type Mount struct {
	Name    string
	Seen    string  // what clients call it; Name when empty
	Hosts   []*Host // that it is a share of; all when nil
	Hidden  bool    // from lists
	Comment string  // shown to who lists the shares

	Listeners []string // whose clients see it; all when nil

	Backend *Backend
	Share   string   // its name at the backend
	Path    string   // the directory below it; "" for all of it
	As      *Account // nil: the client's own user
	Encrypt Demand

	Sources []*Source // instead of Backend, Share and As: the first that fits and can be reached
}

// A Source is one of several places that a mount comes from.
type Source struct {
	Backend *Backend
	Share   string
	Path    string   // the directory below the share, with / between components; "" for all of it
	As      *Account // nil: the client's own user

	// Users and groups (@GROUP), and listeners, whose clients it is for; all when
	// nil.
	Users, Listeners []string
}

// An Account is a user of a backend.
type Account struct {
	User         string
	PasswordFile string // see Password
}

// A Demand is what is asked of somebody.
type Demand uint8

const (
	Allowed  Demand = iota // nothing
	Required               // those who do not are refused
	Off                    // those who want it do not get it
)

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
	Relay *Backend   // nil: serves the mounts, or nobody when there is a RelayTo

	RelayTo map[*Host]*Backend // for clients that name one of these

	Pipes  bool           // clients that are served may open named pipes
	Policy *policy.Policy // nil: whoever can log in may do everything

	// What a listener asks of the clients that it serves.
	MinDialect    smb2.Dialect // 0: the default
	Sign, Encrypt Demand
}

// ServerTLS names the files of a listener's certificate.
type ServerTLS struct {
	Cert, Key string
	ClientCA  string  // "" when clients need no certificate
	Access    *Access // nil when every client with a certificate may connect
	Hosts     []*Host // that have certificates of their own
}

// An Access says which certificates of clients are let in.
type Access struct {
	Entries []access.Entry
	File    string // with more of them; "" when there is none
}

// A Backend is an SMB server behind the gateway.
type Backend struct {
	Name      string
	Addrs     []transports.Addr // in order of preference, at least one
	Place     bool
	Threshold uint32 // bytes

	Pool *Pool // that clients share; nil: each has a connection of its own

	Sign, Encrypt Demand // of the sessions of mounts

	Health health.Options

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
	Socket string // "tcp", "udp" or "RDMA": listeners on the same kind cannot share a port

	// At is the kind at ports where it is another: 445 is SMB's on TCP, and SMB
	// Direct's of its own on RoCE and InfiniBand, while iWARP's 5445 is TCP's.
	At map[int]string
}
