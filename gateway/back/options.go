package back

import (
	"log/slog"
	"slices"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// Options are what a connection is made with. They do not change afterwards.
type Options struct {
	// Arena makes messages; never nil.
	Arena *transports.Arena

	// ClientGUID is the client's own, so that its leases and durable handles
	// keep their meaning, [MS-SMB2] 3.2.1.1; or one of the gateway's.
	ClientGUID smb2.GUID

	// Dialects are offered, in ascending order: 2.1 to 3.1.1 when empty.
	Dialects []smb2.Dialect

	// ServerName is the backend's, for TREE_CONNECT and the negotiation.
	ServerName string

	// Sign asks for signatures, Encrypt for encryption, where the server does
	// not ask for them itself. Either keeps data from being placed.
	Sign, Encrypt bool

	// NoPlacement keeps data inline on a connection that could place it.
	NoPlacement bool

	// Threshold is the payload from which on data is placed, DefaultThreshold
	// when 0.
	Threshold uint32

	// Lost hears why the connection has ended, unless this side has ended it; see
	// Link.
	Lost func(error)

	// Shared says that the connection is one of many clients', of which each gets
	// its part: Sessions of them at most, DefaultSessions when 0, with no more than
	// Requests that the server has said nothing to, DefaultRequests when 0. They
	// get no oplocks, leases and durable handles.
	Shared             bool
	Sessions, Requests int

	// Log gets what operators want to know; nil discards it.
	Log *slog.Logger
}

// A Memory bounds what is exposed to servers; see Tree.Draw.
type Memory interface {
	// Expose takes memory of n bytes for a client's data, unless there is none:
	// then the data goes inline. Revoke gives it back.
	Expose(client *tree.Client, n int) bool
	Revoke(client *tree.Client, n int)
}

func (o Options) complete() Options {
	if len(o.Dialects) == 0 {
		o.Dialects = []smb2.Dialect{smb2.Dialect21, smb2.Dialect30, smb2.Dialect302, smb2.Dialect311}
	}
	if o.Threshold == 0 {
		o.Threshold = DefaultThreshold
	}
	if o.Sessions == 0 {
		o.Sessions = DefaultSessions
	}
	if o.Requests == 0 {
		o.Requests = DefaultRequests
	}
	// A descriptor is as long as that: a smaller payload is better inline.
	o.Threshold = max(o.Threshold, smb2.DescriptorSize+1)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

func (o *Options) offers(d smb2.Dialect) bool { return slices.Contains(o.Dialects, d) }

// target is how many credits a connection asks for.
func (o *Options) target() uint16 {
	if o.Shared {
		return sharedCredits
	}
	return targetCredits
}

// newest is the highest dialect offered.
func (o *Options) newest() smb2.Dialect { return slices.Max(o.Dialects) }

// Limits are the largest payloads that a server takes, clamped to the
// gateway's own.
type Limits struct {
	MaxTransact, MaxRead, MaxWrite uint32 // bytes
}

func (l Limits) largest() uint32 { return max(l.MaxTransact, l.MaxRead, l.MaxWrite) }
