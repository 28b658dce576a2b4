package front

import (
	"errors"
	"net"
	"net/netip"
	"slices"

	"github.com/smbgw/smbgw/smb2"
)

// errDowngraded disconnects a client whose NEGOTIATE was changed on its way,
// [MS-SMB2] 3.3.5.15.12.
var errDowngraded = errors.New("the client has negotiated something else than this end")

// isOwn says which codes are about the connection, not about a file.
func isOwn(f smb2.FSCTL) bool {
	return f == smb2.FsctlValidateNegotiateInfo || f == smb2.FsctlQueryNetworkInterfaceInfo
}

// ioctl answers what is about the connection, [MS-SMB2] 3.3.5.15, and is false
// for what is the tree's.
func (c *conn) ioctl(r *request) (local bool, err error) {
	q, err := smb2.ParseIoctlRequest(r.Element)
	switch {
	case err != nil:
		c.refuse(r, smb2.StatusInvalidParameter)
		return true, nil
	case q.Flags != smb2.IoctlIsFSCTL:
		c.refuse(r, smb2.StatusNotSupported)
		return true, nil
	case max(q.InputCount, q.MaxInput, q.MaxOutput) > c.maxTransact():
		c.refuse(r, smb2.StatusInvalidParameter)
		return true, nil
	case q.Code.WithoutFile() && q.FileID != smb2.NoFile:
		c.refuse(r, smb2.StatusInvalidParameter)
		return true, nil
	}
	input, err := q.Input(r.Element)
	if err != nil {
		c.refuse(r, smb2.StatusInvalidParameter)
		return true, nil
	}
	switch q.Code {
	case smb2.FsctlValidateNegotiateInfo:
		return true, c.validate(r, q, input)
	case smb2.FsctlQueryNetworkInterfaceInfo:
		c.interfaces(r, q)
		return true, nil
	}
	return false, nil
}

// validate tells the client what was negotiated, if it has said the same before,
// [MS-SMB2] 3.3.5.15.12.
func (c *conn) validate(r *request, q smb2.IoctlRequest, input []byte) error {
	n := &c.terms
	v, err := smb2.ParseValidateNegotiateRequest(input)
	if err != nil || n.suite.Dialect == smb2.Dialect311 || q.MaxOutput < smb2.ValidateNegotiateResponseSize ||
		v.Capabilities != n.client.Capabilities || v.ClientGUID != n.client.ClientGUID ||
		v.SecurityMode != n.client.SecurityMode || !slices.Equal(v.Dialects, n.client.Dialects) {
		return errDowngraded
	}
	own := smb2.ValidateNegotiateResponse{Capabilities: n.capabilities, ServerGUID: c.GUID,
		SecurityMode: c.securityMode(), Dialect: n.suite.Dialect}
	c.ioctlDone(r, q, own.AppendBody(nil))
	return nil
}

// interfaces tells where else this gateway is, [MS-SMB2] 3.3.5.15.11. Clients take
// an empty list for a broken one: where there is nothing to tell it is refused.
func (c *conn) interfaces(r *request, q smb2.IoctlRequest) {
	var b []byte
	if c.Interfaces != nil && c.terms.suite.Dialect >= smb2.Dialect30 {
		b = smb2.AppendNetworkInterfaces(nil, ofFamily(c.remote(), c.Interfaces()))
	}
	if len(b) == 0 {
		c.refuse(r, smb2.StatusNotSupported)
		return
	}
	if len(b) > int(q.MaxOutput) {
		c.refuse(r, smb2.StatusBufferTooSmall)
		return
	}
	c.ioctlDone(r, q, b)
}

// ofFamily leaves those addresses that a client can use for all we know: it need
// not speak both IPv4 and IPv6.
func ofFamily(client net.Addr, list []smb2.NetworkInterface) []smb2.NetworkInterface {
	at, err := netip.ParseAddrPort(client.String())
	if err != nil {
		return list
	}
	return slices.DeleteFunc(list, func(i smb2.NetworkInterface) bool { return i.Addr.Is4() != at.Addr().Unmap().Is4() })
}

func (c *conn) ioctlDone(r *request, q smb2.IoctlRequest, output []byte) {
	res := smb2.IoctlResponse{Code: q.Code, FileID: q.FileID}
	b := res.Append(make([]byte, smb2.HeaderSize), output)
	m := c.Arena.New(len(b))
	copy(m.Bytes(), b)
	c.answer(r, m)
}
