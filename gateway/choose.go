package gateway

import (
	"context"
	"errors"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// relays says that what comes passes to a backend.
func (l *Listener) relays() bool { return l.Relay != nil || len(l.RelayTo) > 0 }

var (
	errNameless = errors.New("the client does not say in time what it calls the server")
	errNoHost   = errors.New("the client names no server that the listener has a backend for")
)

// choose finds the client's backend. Where there is a choice it is by what the
// client calls the server: in TLS, and if it has said nothing there in NEGOTIATE,
// which is its first message.
func (c *connection) choose(ctx context.Context, h hosts) *end {
	c.backend = c.listener.Relay
	if len(c.listener.RelayTo) == 0 {
		return nil
	}
	name := nameOf(c.front)
	if name == "" {
		var e *end
		if name, e = c.netName(ctx); e != nil {
			return e
		}
	}
	c.host = h.find(name)
	if b := c.listener.RelayTo[c.host]; b != nil {
		c.backend = b
	}
	if c.backend == nil {
		c.dropFirst()
		return &end{side: gateway, err: errNoHost}
	}
	return nil
}

// netName receives the client's first message and returns the name in it, "" when
// there is none. A client that waits for the answer to its set-up says nothing
// before it has it, so that it is not told what the backend takes.
func (c *connection) netName(ctx context.Context) (string, *end) {
	if d, ok := c.front.(transports.Deferred); ok {
		if err := d.Admit(0); err != nil {
			return "", &end{client, ended, err}
		}
		c.admitted = true
	}
	if l, ok := c.front.(transports.Limited); ok {
		l.SetLimit(maxBeforeLogin) // until gate opens
	}
	ctx, cancel := context.WithTimeoutCause(ctx, nameTime, errNameless)
	defer cancel()
	defer context.AfterFunc(ctx, func() { c.front.Close() })()
	m, err := c.front.Receive()
	switch {
	case err == nil:
	case errors.Is(context.Cause(ctx), errNameless):
		return "", &end{side: gateway, err: errNameless}
	case ctx.Err() != nil:
		return "", &end{side: gateway}
	default:
		return "", &end{client, ended, err}
	}
	m.Invalidates = false // tokens of one leg mean nothing on the other
	c.first = m
	return netNameOf(m.Bytes()), nil
}

// netNameOf is the server's name in a NEGOTIATE request, "" when the message is
// another or has none.
func netNameOf(m []byte) string {
	if smb2.KindOf(m) != smb2.KindSMB2 {
		return ""
	}
	h, err := smb2.ParseHeader(m)
	if err != nil || h.Command() != smb2.CommandNegotiate || h.Has(smb2.FlagReply) {
		return ""
	}
	q, err := smb2.ParseNegotiateRequest(m)
	if err != nil {
		return ""
	}
	list, err := q.Contexts(nil, m)
	if err != nil {
		return ""
	}
	for _, x := range list {
		if x.Type == smb2.ContextNetName {
			name, _ := smb2.ParseNetNameContext(x.Data)
			return name.Name
		}
	}
	return ""
}

// sendFirst passes on what was read to choose the backend, as it is.
func (c *connection) sendFirst() *end {
	m := c.first
	if m == nil {
		return nil
	}
	c.first = nil
	n := m.Len()
	if err := c.back.Send(m); err != nil {
		e := sendFailed(client, err)
		return &e
	}
	c.in.bytes += uint64(n)
	return nil
}

// dropFirst forgets it.
func (c *connection) dropFirst() {
	if c.first != nil {
		c.first.Release()
		c.first = nil
	}
}

func (c *connection) backendName() string {
	if c.backend == nil {
		return ""
	}
	return c.backend.Name
}
