package demo

import (
	"context"
	"fmt"
	"sync"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A store is an SMB2 server with one file, for one client at a time as far as
// the file's content is concerned.
type store struct {
	arena transports.Arena

	mu   sync.RWMutex
	file []byte
}

// store starts the built-in store; it ends with ctx.
func (d *demonstration) store(ctx context.Context) (transports.Addr, error) {
	a := transports.Addr{Network: d.Listen.Network, Host: "127.0.0.1", Service: "0"}
	l, err := d.TCP.Announce(ctx, a)
	if err != nil {
		return a, fmt.Errorf("demo: built-in store: %w", err)
	}
	s := &store{file: make([]byte, d.Size)}
	stop := context.AfterFunc(ctx, func() { l.Close() })
	d.running.Go(func() {
		defer stop()
		if err := s.accept(ctx, l); ctx.Err() == nil {
			d.fail(fmt.Errorf("demo: built-in store: %w", err))
		}
	})
	return tcpAddr(a.Network, l.Addr()), nil
}

func (s *store) accept(ctx context.Context, l transports.Listener) error {
	defer l.Close()
	var serving sync.WaitGroup
	defer serving.Wait()
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		serving.Go(func() {
			defer conn.Close()
			stop := context.AfterFunc(ctx, func() { conn.Close() })
			defer stop()
			// Why a client's connection ends concerns the client, and the
			// gateway in between reports it.
			_ = s.serve(conn)
		})
	}
}

// serve answers requests in their order until the connection ends.
func (s *store) serve(conn transports.Conn) error {
	for {
		m, err := conn.Receive()
		if err != nil {
			return err
		}
		reply, err := s.answer(m.Bytes())
		m.Release()
		if err != nil {
			return err
		}
		if err := conn.Send(reply); err != nil {
			return err
		}
	}
}

// answer makes the reply to a request. An error is about a message that no
// client sends that means this server.
func (s *store) answer(b []byte) (*transports.Message, error) {
	h, err := smb2.ParseHeader(b)
	if err != nil {
		return nil, err
	}
	switch h.Command() {
	case smb2.CommandNegotiate:
		r := smb2.NegotiateResponse{
			Dialect: smb2.Dialect302, Capabilities: largeMTU,
			MaxTransactSize: maxTransfer, MaxReadSize: maxTransfer, MaxWriteSize: maxTransfer,
		}
		return s.reply(h, r.AppendBody(nil)), nil
	case smb2.CommandTreeConnect:
		r := smb2.TreeConnectResponse{ShareType: smb2.ShareDisk}
		return s.reply(h, r.AppendBody(nil)), nil
	case smb2.CommandRead:
		return s.read(h, b)
	case smb2.CommandWrite:
		return s.write(h, b)
	}
	return s.refuse(h, smb2.StatusNotSupported), nil
}

func (s *store) read(h smb2.Header, b []byte) (*transports.Message, error) {
	r, err := smb2.ParseReadRequest(b)
	if err != nil {
		return nil, err
	}
	size := uint64(len(s.file))
	switch {
	case r.Channel != smb2.ChannelNone || r.Length > maxTransfer:
		return s.refuse(h, smb2.StatusInvalidParameter), nil
	case r.Offset >= size:
		return s.refuse(h, smb2.StatusEndOfFile), nil
	}
	n := min(uint64(r.Length), size-r.Offset)
	body := smb2.ReadResponse{DataOffset: smb2.ReadResponseBuffer, DataLength: uint32(n)}
	m := s.arena.New(smb2.ReadResponseBuffer + int(n))
	head := body.AppendBody(append(m.Bytes()[:0], s.header(h)...))
	s.mu.RLock()
	copy(m.Bytes()[len(head):], s.file[r.Offset:r.Offset+n])
	s.mu.RUnlock()
	return m, nil
}

func (s *store) write(h smb2.Header, b []byte) (*transports.Message, error) {
	r, err := smb2.ParseWriteRequest(b)
	if err != nil {
		return nil, err
	}
	data, err := r.Data(b)
	if err != nil {
		return nil, err
	}
	size, n := uint64(len(s.file)), uint64(len(data))
	switch {
	case r.Channel != smb2.ChannelNone:
		return s.refuse(h, smb2.StatusInvalidParameter), nil
	case r.Offset > size || n > size-r.Offset:
		return s.refuse(h, smb2.StatusNoSpace), nil
	}
	s.mu.Lock()
	copy(s.file[r.Offset:], data)
	s.mu.Unlock()
	done := smb2.WriteResponse{Count: uint32(n)}
	return s.reply(h, done.AppendBody(nil)), nil
}

// header is that of the reply to h: what it charged is granted again.
func (s *store) header(h smb2.Header) smb2.Header {
	r := smb2.NewHeader(h.Command(), h.MessageID())
	r.SetFlags(smb2.FlagReply)
	r.SetCreditCharge(h.CreditCharge())
	grant := max(h.CreditCharge(), 1)
	if h.Command() == smb2.CommandNegotiate {
		grant = credits
	}
	r.SetCredits(grant)
	r.SetSessionID(h.SessionID())
	r.SetTreeID(h.TreeID())
	return r
}

func (s *store) reply(h smb2.Header, body []byte) *transports.Message {
	m := s.arena.New(smb2.HeaderSize + len(body))
	copy(m.Bytes(), s.header(h))
	copy(m.Bytes()[smb2.HeaderSize:], body)
	return m
}

func (s *store) refuse(h smb2.Header, status smb2.Status) *transports.Message {
	var e smb2.ErrorResponse
	m := s.reply(h, append(e.AppendBody(nil), 0))
	smb2.Header(m.Bytes()).SetStatus(status)
	return m
}

// largeMTU is SMB2_GLOBAL_CAP_LARGE_MTU, [MS-SMB2] 2.2.4.
const largeMTU = 0x04
