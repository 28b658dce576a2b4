package tree

import (
	"context"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A Space is the shares as one client connection sees them, and the sessions that
// begin on it, which may go on when it has ended. Its methods may be called at the
// same time.
type Space interface {
	// Connect begins a tree connect of client's user to share, a name without
	// the server's, in any case. It may block until a backend has answered or
	// ctx ends. An error that is an smb2.Status is what the client gets,
	// others become STATUS_BAD_NETWORK_NAME and a line in the log.
	Connect(ctx context.Context, client *Client, share string) (*Share, error)

	// Abandon says that client's session is over without a LOGOFF: its
	// connection was lost, or it has come back on another one. It comes before
	// its trees' Close, so that what a server has promised to keep for the
	// client's return, durable opens, is kept. It blocks no longer than a Logoff
	// or Connect that is under way.
	Abandon(client *Client)

	// Logoff says that client's session ends by a LOGOFF. It comes before its
	// trees' Close, which is then no TREE_DISCONNECT: a server may keep durable
	// opens for the client's next session. It blocks until a backend has answered,
	// or been given up.
	Logoff(client *Client)

	// Close ends the space, once, after all of its trees. It blocks until
	// nothing of it is left.
	Close()
}

// An Admitter is a Space that has a say in who logs in. Found by assertion.
type Admitter interface {
	Space

	// Admit says why client's session may not be. An error that is an smb2.Status
	// is what the client gets, others become STATUS_ACCESS_DENIED. It does not
	// block.
	Admit(client *Client) error
}

// A Hosting is a Space that is several servers: which shares there are depends on
// what the client calls the server. Found by assertion.
type Hosting interface {
	Space

	// ConnectTo is Connect to the share of a server, \\server\share.
	ConnectTo(ctx context.Context, client *Client, server, share string) (*Share, error)
}

// A Share is a tree that has been connected.
type Share struct {
	Server Server
	Name   string // of the mount, in the configuration; "" of what is none

	// Shut comes before Close, as often as there is a reason, and has a Serve that
	// blocks come back: what it holds, and what comes later, is refused. It is nil
	// where none blocks.
	Shut func()

	// As TREE_CONNECT's response has them, [MS-SMB2] 2.2.10.
	Type          smb2.ShareType
	Flags         smb2.ShareFlags
	Capabilities  smb2.ShareCapabilities
	MaximalAccess smb2.Access
}

// A Server serves one tree.
type Server interface {
	// Serve begins a chain. It owns the requests and their messages. It may
	// block while what it needs of its own has no room, which holds up this
	// client alone.
	Serve(chain []*Request)

	// Cancel asks for the early end of a request that has been served and not
	// answered. It still gets its answer, STATUS_CANCELLED or what it came to.
	Cancel(r *Request)

	// Close ends the tree: outstanding requests are answered, opens closed.
	// It is called once, when the client disconnects the tree, logs off or is
	// gone, and blocks until nothing of the tree is left.
	Close()
}

// A Client is who a tree belongs to: a session, the same one for all of its
// trees.
type Client struct {
	User       auth.Identity
	Dialect    smb2.Dialect
	ClientGUID smb2.GUID
	SessionID  uint64 // the front leg's, of which no two are the same
	Previous   uint64 // the session that this one takes the place of, if it was User's; or 0
	Signed     bool   // its requests have to be signed
	Encrypted  bool   // they have to be sealed
	Address    string // for logs
	NetName    string // what the client calls the server in NEGOTIATE; "" when it does not say
	Notify     Notify
}

// Notify is how a server reaches the client unasked.
type Notify interface {
	// Break sends an oplock or lease break notification, a whole element of
	// which the front leg writes the header. It owns m, does not block for long,
	// and forgets it when the client has gone.
	Break(m *transports.Message)

	// Lost says that the server has lost its hold on what waits for the client
	// to come back, durable opens: the client's connection ends, and nothing is
	// sent on it any more. It does not block for long.
	Lost()
}

// A Request is one element on its way through a tree.
type Request struct {
	// Message is the buffer that Element lies in. Elements of one compound
	// share it, with a reference for each.
	Message *transports.Message

	// Element is header and body, padding of the compound included.
	Element []byte

	// Replier is the front leg's.
	Replier Replier
}

// A Replier takes a request's answers.
type Replier interface {
	// Reply ends r. It owns m and with it r and its message.
	Reply(r *Request, m *transports.Message)

	// Pending says that the answer takes a while. It is called at most once,
	// before Reply.
	Pending(r *Request)
}

// Header is the request's.
func (r *Request) Header() smb2.Header { return smb2.Header(r.Element) }

// Reply answers r with the element in m.
func (r *Request) Reply(m *transports.Message) { r.Replier.Reply(r, m) }

// Pending tells the client to wait.
func (r *Request) Pending() { r.Replier.Pending(r) }
