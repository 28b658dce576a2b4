package smb2test

import (
	"fmt"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// handle does what a request asks and returns the reply: h and a body.
func (s *Server) handle(r *Request, h smb2.Header, a Action) (b []byte, token uint32, invalidate bool, err error) {
	fail := func(st smb2.Status) []byte {
		h.SetStatus(st)
		return errorBody(h)
	}
	switch {
	case r.Command() == smb2.CommandRead:
		return s.read(r, h, a)
	case r.Command() == smb2.CommandWrite:
		return s.write(r, h, a)
	case a.Status != 0:
		return fail(a.Status), 0, false, nil
	}
	switch r.Command() {
	case smb2.CommandNegotiate:
		n := smb2.NegotiateResponse{Dialect: s.Dialect, MaxTransactSize: 8 << 20, MaxReadSize: 8 << 20, MaxWriteSize: 8 << 20, SecurityOffset: 128}
		return n.AppendBody(h), 0, false, nil
	case smb2.CommandTreeConnect:
		t := smb2.TreeConnectResponse{ShareType: max(s.Share, smb2.ShareDisk)}
		return t.AppendBody(h), 0, false, nil
	case smb2.CommandEcho, smb2.CommandTreeDisconnect:
		return append(h, 4, 0, 0, 0), 0, false, nil
	case smb2.CommandQueryInfo:
		if _, err := smb2.ParseQueryInfoRequest(r.Header); err != nil {
			return nil, 0, false, err
		}
		b := append(h, 9, 0, 72, 0, smb2.FileBasicInfoLength, 0, 0, 0)
		return append(b, make([]byte, smb2.FileBasicInfoLength)...), 0, false, nil
	}
	return fail(smb2.StatusNotSupported), 0, false, nil
}

// A channelRequest is what READ and WRITE have in common when they ask for RDMA.
type channelRequest struct {
	channel smb2.Channel
	length  uint32
	list    []transports.Descriptor
}

// open checks a channel as [MS-SMB2] 3.3.5.12 and 3.3.5.13 have it.
func (s *Server) open(ch smb2.Channel, length uint32, info []byte, infoErr error) (c channelRequest, p transports.Placer, ok bool) {
	p, isPlacer := s.Conn.(transports.Placer)
	newEnough := s.Dialect >= smb2.Dialect30 && ch == smb2.ChannelV1 ||
		s.Dialect >= smb2.Dialect302 && ch == smb2.ChannelV1Invalidate
	if !isPlacer || !p.Placement().Server || !newEnough || infoErr != nil || length == 0 {
		return c, nil, false
	}
	list, err := smb2.ParseDescriptors(nil, info)
	if err != nil || list[0].Length == 0 {
		return c, nil, false
	}
	c = channelRequest{channel: ch, length: length}
	for _, d := range list {
		c.list = append(c.list, transports.Descriptor(d))
	}
	return c, p, transports.CheckDescriptors(c.list, int(length)) == nil
}

func (c *channelRequest) token() (uint32, bool) {
	return c.list[0].Token, c.channel == smb2.ChannelV1Invalidate
}

func (s *Server) read(r *Request, h smb2.Header, a Action) (b []byte, token uint32, invalidate bool, err error) {
	q, err := smb2.ParseReadRequest(r.Header)
	if err != nil {
		return nil, 0, false, err
	}
	var ch channelRequest
	var p transports.Placer
	if q.Channel != smb2.ChannelNone {
		info, infoErr := q.ChannelInfo(r.Header)
		var ok bool
		if ch, p, ok = s.open(q.Channel, q.Length, info, infoErr); !ok {
			h.SetStatus(smb2.StatusInvalidParameter)
			return errorBody(h), 0, false, nil
		}
		token, invalidate = ch.token()
	}
	data := s.slice(q.Offset, q.Length, a.Short)
	if st := readStatus(a.Status, len(data), q.MinimumCount); !st.HasData() {
		h.SetStatus(st)
		return errorBody(h), token, invalidate, nil
	} else {
		h.SetStatus(st)
	}
	res := smb2.ReadResponse{DataOffset: smb2.ReadResponseBuffer}
	if p == nil || a.Inline {
		s.Books.Inline++
		res.DataLength = uint32(len(data))
		return append(res.AppendBody(h), data...), token, invalidate, nil
	}
	s.Books.Placed++
	res.DataRemaining = uint32(len(data))
	if err := transfer(func(d transports.Done) { p.Push(ch.list, data, d) }); err != nil {
		return nil, 0, false, fmt.Errorf("smb2test: push: %w", err)
	}
	return res.AppendBody(h), token, invalidate, nil
}

func readStatus(scripted smb2.Status, n int, minimum uint32) smb2.Status {
	switch {
	case scripted != 0:
		return scripted
	case n == 0 || n < int(minimum):
		return smb2.StatusEndOfFile
	}
	return smb2.StatusSuccess
}

func (s *Server) slice(offset uint64, n, short uint32) []byte {
	if short != 0 {
		n = min(n, short)
	}
	if offset >= uint64(len(s.File)) {
		return nil
	}
	rest := s.File[offset:]
	return rest[:min(uint64(n), uint64(len(rest)))]
}

func (s *Server) write(r *Request, h smb2.Header, a Action) (b []byte, token uint32, invalidate bool, err error) {
	q, err := smb2.ParseWriteRequest(r.Header)
	if err != nil {
		return nil, 0, false, err
	}
	fail := func(st smb2.Status) ([]byte, uint32, bool, error) {
		h.SetStatus(st)
		return errorBody(h), token, invalidate, nil
	}
	var data []byte
	if q.Channel == smb2.ChannelNone {
		if data, err = q.Data(r.Header); err != nil {
			return fail(smb2.StatusInvalidParameter)
		}
		s.Books.Inline++
	} else {
		info, infoErr := q.ChannelInfo(r.Header)
		ch, p, ok := s.open(q.Channel, q.RemainingBytes, info, infoErr)
		if !ok || q.Length != 0 || q.DataOffset != 0 {
			return fail(smb2.StatusInvalidParameter)
		}
		token, invalidate = ch.token()
		if a.Status == 0 {
			s.Books.Placed++
			data = make([]byte, q.RemainingBytes)
			if err := transfer(func(d transports.Done) { p.Pull(data, ch.list, d) }); err != nil {
				return nil, 0, false, fmt.Errorf("smb2test: pull: %w", err)
			}
		}
	}
	if a.Status != 0 {
		return fail(a.Status)
	}
	if a.Short != 0 {
		data = data[:min(len(data), int(a.Short))]
	}
	if q.Offset > maxFile || q.Offset+uint64(len(data)) > maxFile {
		return fail(smb2.StatusNoSpace)
	}
	if end := int(q.Offset) + len(data); end > len(s.File) {
		s.File = append(s.File, make([]byte, end-len(s.File))...)
	}
	copy(s.File[q.Offset:], data)
	res := smb2.WriteResponse{Count: uint32(len(data))}
	return res.AppendBody(h), token, invalidate, nil
}

// A waiter turns the end of a transfer into a channel.
type waiter chan error

func (w waiter) Done(err error) { w <- err }

func transfer(begin func(transports.Done)) error {
	w := make(waiter, 1)
	begin(w)
	return <-w
}
