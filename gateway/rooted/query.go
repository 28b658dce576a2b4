package rooted

import (
	"encoding/binary"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/fscc"
	"github.com/smbgw/smbgw/transports"
)

// Classes that name what is outside, and that are not needed: the names of all
// links of a file, and where it is on the server. [MS-FSCC] 2.4.
const (
	fileHardLinkInfo        smb2.FileClass = 46
	fileNetworkPhysicalName smb2.FileClass = 49
)

// nameAt is where the classes with a whole name in them have its length, which the
// name follows.
func nameAt(c smb2.FileClass) (at int, ok bool) {
	switch c {
	case smb2.FileNameInfo, smb2.FileNormalizedNameInfo:
		return 0, true
	case smb2.FileAllInfo:
		return fscc.AllFixed - 4, true
	}
	return 0, false
}

// queryInfo takes the directory off the names in answers. The server gets more room
// for them than the client has.
func (s *Server) queryInfo(r *tree.Request) *proxy {
	q, err := smb2.ParseQueryInfoRequest(r.Element)
	if err != nil {
		return s.refuse(r, smb2.StatusInvalidParameter)
	}
	at, ok := nameAt(q.Class)
	switch {
	case q.InfoType != smb2.InfoFile:
		return s.proxy(r)
	case q.Class == fileHardLinkInfo, q.Class == fileNetworkPhysicalName:
		return s.refuse(r, smb2.StatusInvalidInfoClass)
	case !ok, uint64(q.OutputLength) < uint64(at+4):
		return s.proxy(r)
	}
	room := q.OutputLength
	q.OutputLength += uint32(max(len(s.real), len(s.root)) + 4) // with separators at both ends
	input, err := q.Input(r.Element)
	if err != nil {
		return s.refuse(r, smb2.StatusInvalidParameter)
	}
	p := s.as(r, q.Append(append([]byte(nil), r.Element[:smb2.HeaderSize]...), input))
	p.edit = func(m *transports.Message) *transports.Message { return p.shorten(m, at, int(room)) }
	return p
}

// shorten takes the directory off the name in a reply, which has room bytes of
// output then. A name elsewhere is not told.
func (p *proxy) shorten(m *transports.Message, at, room int) *transports.Message {
	out, has := output(m)
	if !has {
		return m
	}
	s := p.server
	fixed, name, whole, ok := nameIn(out, at)
	if !ok {
		return p.instead(m, smb2.StatusAccessDenied)
	}
	lead, rest, ok := s.local(name)
	if !ok {
		return p.instead(m, smb2.StatusAccessDenied)
	}
	full := whole - (len(name) - len(rest) - len(lead))
	b := binary.LittleEndian.AppendUint32(append([]byte(nil), fixed...), uint32(full))
	b = append(append(b, lead...), rest...)
	status := smb2.StatusSuccess
	if len(b) < at+4+full || len(b) > room {
		status = smb2.StatusBufferOverflow
	}
	b = b[:min(len(b), room)]
	reply := s.replies.Output(&tree.Request{Element: m.Bytes()}, status, new(smb2.QueryInfoResponse), b)
	m.Release()
	return reply
}

// output is what a QUERY_INFO has been answered, if it has.
func output(m *transports.Message) (out []byte, has bool) {
	h := smb2.Header(m.Bytes())
	if !h.Status().HasData() || h.HasErrorBody() {
		return nil, false
	}
	q, err := smb2.ParseQueryInfoResponse(m.Bytes())
	if err == nil {
		out, err = q.Output(m.Bytes())
	}
	if err != nil {
		return nil, true
	}
	return out, true
}

// nameIn is the name in an output, as much as there is of whole bytes, and what is
// in front of its length.
func nameIn(out []byte, at int) (fixed, name []byte, whole int, ok bool) {
	if len(out) < at+4 {
		return nil, nil, 0, false
	}
	n := binary.LittleEndian.Uint32(out[at:])
	name = out[at+4:]
	if n > maxReported || n%2 != 0 {
		return nil, nil, 0, false
	}
	name = name[:min(int(n), len(name)&^1)]
	return out[:at], name, int(n), true
}

// local is a name that the server reports as the client knows it: with a separator
// in front where the server's has one, and without the directory.
func (s *Server) local(name []byte) (lead, rest []byte, ok bool) {
	if len(name) > 1 && unit(name, 0) == separator {
		lead, name = name[:2], name[2:]
	}
	if rest, ok = s.real.after(name); !ok {
		rest, ok = s.root.after(name) // some say it as it was asked for
	}
	if len(rest) > 1 && unit(rest, 0) == separator {
		rest = rest[2:]
	}
	return lead, rest, ok
}
