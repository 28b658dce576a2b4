package smb2test

import (
	"fmt"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A Server answers NEGOTIATE, TREE_CONNECT, ECHO, READ, WRITE and QUERY_INFO,
// alone and in compounds, and everything else with an error. When its Conn can
// push and pull it serves RDMA channels.
type Server struct {
	Conn    transports.Conn
	Arena   *transports.Arena // for its messages; nil means one of its own
	Dialect smb2.Dialect
	Share   smb2.ShareType // what a TREE_CONNECT gets; a disk when 0
	File    []byte         // grows with WRITEs, up to maxFile
	Credits uint16         // granted beyond the charge with the first reply

	// Script, when set, is asked about every request.
	Script func(*Request) Action

	Books Books
}

// A Request is one element of a client's message.
type Request struct {
	smb2.Header        // and its body
	Message     []byte // all of the message
	Alone       bool   // not in a compound
}

// An Action is what a Server does. The zero Action is to answer as usual.
type Action struct {
	Status smb2.Status // an error, instead of doing anything
	Short  uint32      // READ and WRITE move at most so many bytes, when not 0
	Async  bool        // a STATUS_PENDING first
	Silent bool        // no reply
	Inline bool        // READ: ignore the channel, as ksmbd does on pipes
	Hangup bool        // Serve returns

	// Edit changes the reply, an element, and returns it.
	Edit func(reply []byte) []byte
	// Then is called after the reply has been sent.
	Then func()
}

// Books are what a Server has seen.
type Books struct {
	Requests  map[smb2.Command]int
	Inline    int // READs and WRITEs that moved bytes in messages
	Placed    int // READs and WRITEs that moved bytes by RDMA
	Largest   int // bytes of the longest message received
	granted   uint64
	spent     uint64
	used      map[smb2.MessageID]bool
	nextAsync uint64
}

// maxFile bounds the file that clients can make: tests are small.
const maxFile = 64 << 20

// Serve answers until the connection ends, and returns why. A client that
// breaks the rules of message ids and credits is an error.
func (s *Server) Serve() error {
	s.init()
	for {
		m, err := s.Conn.Receive()
		if err != nil {
			return err
		}
		s.Books.Largest = max(s.Books.Largest, m.Len())
		err = s.message(m.Bytes())
		m.Release()
		if err != nil {
			return err
		}
	}
}

func (s *Server) init() {
	if s.Arena == nil {
		s.Arena = new(transports.Arena)
	}
	s.Books = Books{Requests: map[smb2.Command]int{}, used: map[smb2.MessageID]bool{}, granted: 1}
}

type reply struct {
	bytes      []byte
	token      uint32
	invalidate bool
	then       func()
}

func (s *Server) message(b []byte) error {
	var out []reply
	alone := true
	for rest := b; len(rest) > 0; {
		element, after, err := smb2.Split(rest)
		if err != nil {
			return fmt.Errorf("smb2test: server: %w", err)
		}
		rest = after
		alone = alone && len(after) == 0
		r := &Request{Header: element, Message: b, Alone: alone}
		alone = false
		if err := s.Books.request(r.Header); err != nil {
			return err
		}
		a := Action{}
		if s.Script != nil {
			a = s.Script(r)
		}
		answer, err := s.answer(r, a)
		if err != nil {
			return err
		}
		out = append(out, answer...)
	}
	return s.send(out)
}

// request enters a request: its ids must be granted and not used before.
func (k *Books) request(h smb2.Header) error {
	k.Requests[h.Command()]++
	if h.Command() == smb2.CommandCancel {
		return nil
	}
	n := max(1, smb2.MessageID(h.CreditCharge()))
	for id := h.MessageID(); id < h.MessageID()+n; id++ {
		if k.used[id] {
			return fmt.Errorf("smb2test: message id %d used twice, last by %v", id, h.Command())
		}
		if uint64(id) >= k.granted {
			return fmt.Errorf("smb2test: message id %d of %v, %d granted", id, h.Command(), k.granted)
		}
		k.used[id] = true
	}
	k.spent += uint64(n)
	return nil
}

// grant is the CreditResponse for h.
func (s *Server) grant(h smb2.Header) uint16 {
	n := max(h.Credits(), 1)
	if s.Books.granted == 1 {
		n += s.Credits
	}
	s.Books.granted += uint64(n)
	return n
}

// answer makes the replies to one request, in order.
func (s *Server) answer(r *Request, a Action) ([]reply, error) {
	var out []reply
	switch {
	case a.Hangup:
		return nil, fmt.Errorf("smb2test: hung up on %v", r.Command())
	case a.Silent, r.Command() == smb2.CommandCancel:
		return nil, nil
	}
	h := replyHeader(r.Header)
	h.SetCredits(s.grant(r.Header))
	if a.Async {
		s.Books.nextAsync++
		h.SetFlags(h.Flags() | smb2.FlagAsync)
		h.SetAsyncID(s.Books.nextAsync)
		interim := append(smb2.Header(nil), h...)
		interim.SetStatus(smb2.StatusPending)
		if err := s.send([]reply{{bytes: errorBody(interim)}}); err != nil {
			return nil, err
		}
		h.SetCredits(0) // the interim reply has carried all, [MS-SMB2] 3.3.4.2
	}
	body, token, invalidate, err := s.handle(r, h, a)
	if err != nil {
		return nil, err
	}
	if a.Edit != nil {
		body = a.Edit(body)
	}
	return append(out, reply{body, token, invalidate, a.Then}), nil
}

func replyHeader(request smb2.Header) smb2.Header {
	h := append(smb2.Header(nil), request[:smb2.HeaderSize]...)
	h.SetFlags(h.Flags()&smb2.FlagRelated | smb2.FlagReply)
	h.SetStatus(smb2.StatusSuccess)
	h.SetNextCommand(0)
	h.ClearSignature()
	return h
}

func errorBody(h smb2.Header) []byte {
	return append(new(smb2.ErrorResponse).AppendBody(h), 0)
}

// send sends replies as one message. One token can ride on it.
func (s *Server) send(list []reply) error {
	if len(list) == 0 {
		return nil
	}
	var all []byte
	for i, r := range list {
		start := len(all)
		all = append(all, r.bytes...)
		if i < len(list)-1 {
			all = append(all, make([]byte, smb2.Pad(len(r.bytes)))...)
			smb2.Header(all[start:]).SetNextCommand(uint32(len(all) - start))
		}
	}
	m := s.Arena.New(len(all))
	copy(m.Bytes(), all)
	for _, r := range list {
		if r.invalidate && !m.Invalidates {
			m.Invalidate, m.Invalidates = r.token, true
		}
	}
	if err := s.Conn.Send(m); err != nil {
		return err
	}
	for _, r := range list {
		if r.then != nil {
			r.then()
		}
	}
	return nil
}
