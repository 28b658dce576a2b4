package back

import (
	"context"

	"github.com/smbgw/smbgw/smb2"
)

// validate asks the server, under signature, what was negotiated, [MS-SMB2]
// 3.2.5.5: below 3.1.1, where NEGOTIATE has no other protection. Servers that
// know nothing of it have to say so under signature too.
func (t *Tree) validate(ctx context.Context) error {
	c := t.c
	if c.suite.Dialect >= smb2.Dialect311 || c.options.newest() < smb2.Dialect30 || t.session.keys == nil {
		return nil
	}
	input := smb2.ValidateNegotiateRequest{
		Capabilities: c.options.capabilities(),
		ClientGUID:   c.options.ClientGUID,
		SecurityMode: c.options.mode(),
		Dialects:     c.options.Dialects,
	}
	r := smb2.IoctlRequest{
		Code:      smb2.FsctlValidateNegotiateInfo,
		FileID:    smb2.NoFile,
		MaxOutput: smb2.ValidateNegotiateResponseSize,
		Flags:     smb2.IoctlIsFSCTL,
	}
	q := t.question(smb2.CommandIoctl, func(b []byte) []byte { return r.Append(b, input.AppendBody(nil)) })
	q.sign = !q.seal
	a, err := c.ask(ctx, q)
	if err != nil {
		return err
	}
	defer a.m.Release()
	if !a.proven {
		return ErrDowngrade
	}
	switch st := a.header().Status(); st {
	case smb2.StatusSuccess:
		return c.confirm(a.m.Bytes())
	case smb2.StatusFileClosed, smb2.StatusNotSupported, smb2.StatusInvalidDeviceRequest,
		smb2.StatusFSDriverRequired, smb2.StatusInvalidParameter:
		return nil
	}
	return ErrDowngrade
}

// confirm holds what the server says under signature against its NEGOTIATE.
func (c *Conn) confirm(element []byte) error {
	r, err := smb2.ParseIoctlResponse(element)
	if err != nil {
		return err
	}
	output, err := r.Output(element)
	if err != nil {
		return err
	}
	v, err := smb2.ParseValidateNegotiateResponse(output)
	if err != nil {
		return err
	}
	said := smb2.ValidateNegotiateResponse{
		Capabilities: c.server.capabilities,
		ServerGUID:   c.server.guid,
		SecurityMode: c.server.mode,
		Dialect:      c.suite.Dialect,
	}
	if v != said {
		return ErrDowngrade
	}
	return nil
}
