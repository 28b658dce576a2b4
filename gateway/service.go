package gateway

import (
	"net"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway/front"
	"github.com/smbgw/smbgw/gateway/store"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
)

// A Service is what listeners without a Relay give their clients.
type Service struct {
	// GUID names the gateway to clients, the same every time it runs, and Name to
	// people.
	GUID smb2.GUID
	Name string

	// NewAcceptor begins the log-in of a client, and Hint is the token that
	// offers the mechanisms, SPNEGO's Hint.
	NewAcceptor func(remote net.Addr) auth.Acceptor
	Hint        []byte

	// Interfaces are the addresses that clients of a listener may come to as well,
	// or nil.
	Interfaces func(listener string) []smb2.NetworkInterface

	// Groups are the groups that a user is in, for policies; nil is none.
	Groups func(user string) []string

	// Mounts are the shares that clients see. Two of one Seen in any case have no
	// view in common.
	Mounts []Mount
}

// A Mount is a share that clients see, and where it comes from: a share of a
// Backend, or of a Store.
type Mount struct {
	Name    string // in the configuration and in logs
	Seen    string // what clients call it; Name when empty
	Comment string // shown to who lists the shares
	Share   string // there; Name when empty

	Backend *Backend
	As      *Login // on the backend

	Store *store.Store

	// Path is the directory of the share that it is, with / between the components;
	// the whole share when empty.
	Path string

	// Origins, when there are any, are used instead: of those that are for the
	// client the first that can be reached.
	Origins []Origin

	// Encrypt demands of clients to encrypt what concerns the mount.
	Encrypt bool

	// Hosts are the servers that it is a share of, all when nil, and Listeners the
	// names of those whose clients it is for, likewise.
	Hosts     []*Host
	Listeners []string

	// Hidden keeps it out of lists. Who knows its name can connect to it.
	Hidden bool
}

// A Login is how a client's session is carried on at a backend: as the same
// user, or as somebody else.
type Login struct {
	Initiator func(*tree.Client) (auth.Initiator, error)

	// Name tells it from other Logins of one configuration, and finds it again in
	// the next one.
	Name string
}

// Terms are what a listener asks of clients that it serves.
type Terms struct {
	// MinDialect is the oldest dialect, 3.0 when 0.
	MinDialect smb2.Dialect

	// Sign demands signed requests. Encryption is what is thought of sealed
	// ones.
	Sign       bool
	Encryption front.Encryption

	// Secure says that the network encrypts by itself: QUIC.
	Secure bool

	// NoPipes denies clients every named pipe, and with it the list of the
	// shares. They connect to IPC$ all the same.
	NoPipes bool
}

// share is the mount's name where it comes from.
func (m *Mount) share() string {
	if m.Share == "" {
		return m.Name
	}
	return m.Share
}
