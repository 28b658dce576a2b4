package rooted

import (
	"sync"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A proxy is a request to the server in the place of a client's, or one of our
// own. It owns its message, and the client's request until that is answered.
type proxy struct {
	server  *Server
	client  *tree.Request // nil: our own
	request tree.Request
	refused smb2.Status // it is not to be sent

	// edit makes the client's reply of the server's, in place, or returns another.
	edit func(*transports.Message) *transports.Message

	gate  *gate               // holds the client's reply back; nil: nothing does
	reply *transports.Message // held back, or our own
	done  chan struct{}       // our own: the reply is there
}

var _ tree.Replier = (*proxy)(nil)

// as puts another element in the place of a client's.
func (s *Server) as(client *tree.Request, element []byte) *proxy {
	p := s.proxy(client)
	p.request.Message.Release()
	p.take(element)
	return p
}

// proxy passes a client's request on as it is.
func (s *Server) proxy(client *tree.Request) *proxy {
	p := &proxy{server: s, client: client}
	p.request = tree.Request{Message: client.Message.Retain(), Element: client.Element, Replier: p}
	s.mu.Lock()
	s.proxies[client] = p
	s.mu.Unlock()
	return p
}

// own is a request of our own. A related one is in the chain of the one before.
func (s *Server) own(command smb2.Command, related bool, body func([]byte) []byte) *proxy {
	p := &proxy{server: s, done: make(chan struct{})}
	h := smb2.NewHeader(command, 0)
	if related {
		h.Set(smb2.FlagRelated)
	}
	p.take(body(h))
	return p
}

func (p *proxy) take(element []byte) {
	m := p.server.replies.Arena.New(len(element))
	copy(m.Bytes(), element)
	p.request = tree.Request{Message: m, Element: m.Bytes(), Replier: p}
}

// Reply is called by the server.
func (p *proxy) Reply(_ *tree.Request, m *transports.Message) {
	p.request.Message.Release()
	switch {
	case p.client == nil:
		p.reply = m
		close(p.done)
	case p.gate == nil:
		p.deliver(m)
	default:
		p.gate.arrive(p, m)
	}
}

// Pending tells the client. Our own waits anyway.
func (p *proxy) Pending(*tree.Request) {
	if p.client != nil {
		p.client.Pending()
	}
}

// fail answers the client without asking the server.
func (p *proxy) fail(status smb2.Status) {
	m := p.server.replies.Failure(&p.request, status)
	p.edit = nil
	p.request.Message.Release()
	if p.client == nil {
		p.reply = m
		close(p.done)
		return
	}
	p.deliver(m)
}

// deliver gives the client its reply.
func (p *proxy) deliver(m *transports.Message) {
	if p.edit != nil {
		m = p.edit(m)
	}
	p.server.mu.Lock()
	delete(p.server.proxies, p.client)
	p.server.mu.Unlock()
	p.client.Reply(m)
}

// instead is a failure in place of a reply.
func (p *proxy) instead(m *transports.Message, status smb2.Status) *transports.Message {
	out := p.server.replies.Failure(&tree.Request{Element: m.Bytes()}, status)
	m.Release()
	return out
}

// A gate holds the replies of a chain back until it is known where its CREATE has
// led.
type gate struct {
	mu      sync.Mutex
	decided bool
	denied  bool
	waiting []*proxy

	first   chan struct{} // the CREATE is answered
	opening *proxy
}

// arrive holds a reply back, or passes it.
func (g *gate) arrive(p *proxy, m *transports.Message) {
	g.mu.Lock()
	if !g.decided {
		p.reply = m
		g.waiting = append(g.waiting, p)
		if p == g.opening {
			close(g.first)
		}
		g.mu.Unlock()
		return
	}
	denied := g.denied
	g.mu.Unlock()
	p.through(m, denied)
}

func (p *proxy) through(m *transports.Message, denied bool) {
	if denied {
		m, p.edit = p.instead(m, smb2.StatusAccessDenied), nil
	}
	p.deliver(m)
}

// decide opens the gate for good.
func (g *gate) decide(denied bool) {
	g.mu.Lock()
	g.decided, g.denied = true, denied
	waiting := g.waiting
	g.waiting = nil
	g.mu.Unlock()
	for _, p := range waiting {
		m := p.reply
		p.reply = nil
		p.through(m, denied)
	}
}
