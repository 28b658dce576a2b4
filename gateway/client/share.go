package client

import (
	"context"
	"fmt"
	"time"

	"github.com/smbgw/smbgw/gateway/back"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A Share is a share as one user's session is connected to it.
type Share struct {
	// Unit is what one READ or WRITE moves, in bytes: the server's most, unless
	// it is made less. Depth is how many of a transfer are under way. Both are
	// set before they are used.
	Unit  uint32
	Depth int

	client  *Client
	session *back.Session
	server  tree.Server
}

// logoffTime bounds the server's last answer.
const logoffTime = 10 * time.Second

// Close disconnects the share and logs its session off. It fails when the
// server does not say that this has happened.
func (s *Share) Close() error {
	s.server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), logoffTime)
	defer cancel()
	return s.session.Logoff(ctx)
}

// Signs and Seals say what protects the session's messages.
func (s *Share) Signs() bool { return s.session.Signs() }
func (s *Share) Seals() bool { return s.session.Seals() }

// Do asks one thing and waits for the reply, an element with a status that is no
// error, which the caller releases. body appends the request's to its header.
func (s *Share) Do(command smb2.Command, body func([]byte) []byte) (*transports.Message, error) {
	b := body(smb2.NewHeader(command, 0))
	k := &call{done: make(chan *call, 1)}
	k.take(s.client.arena, len(b))
	copy(k.request.Element, b)
	s.send(k)
	<-k.done
	return k.result()
}

// send gives a request away. Its answer comes by k.done.
func (s *Share) send(k *call) {
	k.chain[0] = &k.request
	s.server.Serve(k.chain[:])
}

// A call is a request and its answer. It is used again.
type call struct {
	done    chan *call // with room for it
	request tree.Request
	chain   [1]*tree.Request
	reply   *transports.Message

	off int64 // of a READ or WRITE
	n   int
}

var _ tree.Replier = (*call)(nil)

// take makes the request's message, of n bytes.
func (k *call) take(arena *transports.Arena, n int) {
	m := arena.New(n)
	k.request = tree.Request{Message: m, Element: m.Bytes(), Replier: k}
}

// Reply is called by whoever brings the answer.
func (k *call) Reply(r *tree.Request, m *transports.Message) {
	r.Message.Release()
	k.reply = m
	k.done <- k
}

// Pending does not matter: who asked waits in any case.
func (k *call) Pending(*tree.Request) {}

// result is the reply, or the error that it is.
func (k *call) result() (*transports.Message, error) {
	m := k.reply
	k.reply = nil
	h := smb2.Header(m.Bytes())
	if h.HasErrorBody() {
		err := fmt.Errorf("%v: %w", h.Command(), h.Status())
		m.Release()
		return nil, err
	}
	return m, nil
}
