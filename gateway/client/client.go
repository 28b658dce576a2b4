package client

import (
	"context"
	"crypto/rand"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway/back"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A Client is a connection to a server, on which users have their sessions.
type Client struct {
	conn  *back.Conn
	arena *transports.Arena
	guid  smb2.GUID
	ended chan struct{}
}

// New negotiates over conn, which it owns. Without a ClientGUID in o it makes
// one.
func New(ctx context.Context, conn transports.Conn, o back.Options) (*Client, error) {
	if o.ClientGUID == (smb2.GUID{}) {
		rand.Read(o.ClientGUID[:])
	}
	c := &Client{conn: back.New(conn, o), arena: o.Arena, guid: o.ClientGUID, ended: make(chan struct{})}
	go func() {
		defer close(c.ended)
		c.conn.Run(context.Background()) // until Hangup; Err has its reason
	}()
	if err := c.conn.Negotiate(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Hangup ends the connection without a word, as a client does that vanishes. It
// does not wait.
func (c *Client) Hangup() { c.conn.Close() }

// Close ends the connection and waits until nothing of it is left. Shares are
// closed before, for the server to see an orderly end.
func (c *Client) Close() {
	c.conn.Close()
	<-c.ended
}

// Err is why the connection is over, or nil.
func (c *Client) Err() error { return c.conn.Err() }

// Counts say how READs and WRITEs went.
func (c *Client) Counts() back.Counts { return c.conn.Counts() }

// Dialect is what was negotiated.
func (c *Client) Dialect() smb2.Dialect { return c.conn.Dialect() }

// Connect logs in, as whoever the initiator is, and connects to a share.
func (c *Client) Connect(ctx context.Context, initiator auth.Initiator, share string) (*Share, error) {
	session, err := c.conn.Login(ctx, initiator, 0)
	if err != nil {
		return nil, err
	}
	connected, err := session.Connect(ctx, &tree.Client{ClientGUID: c.guid, Notify: ignored{}}, share)
	if err != nil {
		session.Logoff(ctx) // the reason is the share's
		return nil, err
	}
	server := connected.Server.(*back.Tree)
	limits := server.Limits()
	return &Share{
		Unit:    min(limits.MaxRead, limits.MaxWrite),
		Depth:   DefaultDepth,
		client:  c,
		session: session,
		server:  server,
	}, nil
}

// ignored is what becomes of breaks, since nothing that could break is asked
// for.
type ignored struct{}

func (ignored) Break(m *transports.Message) { m.Release() }

// Lost says nothing new: every call fails.
func (ignored) Lost() {}
