package back

import (
	"context"
	"fmt"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
)

// Connect connects a tree for client, [MS-SMB2] 3.2.4.2.4: its requests go to
// the Server of the share that is returned.
func (s *Session) Connect(ctx context.Context, client *tree.Client, share string) (*tree.Share, error) {
	t, r, err := s.connect(ctx, client, share)
	if err != nil {
		status, ok := err.(smb2.Status)
		if !ok {
			status = smb2.StatusServerUnavailable
		}
		return nil, &Error{fmt.Sprintf("tree connect %q", share), status, err}
	}
	sh := &tree.Share{
		Server:        t,
		Shut:          t.shut,
		Type:          r.ShareType,
		Flags:         r.ShareFlags,
		Capabilities:  s.c.kept(r.Capabilities),
		MaximalAccess: r.MaximalAccess,
	}
	if s.c.options.Shared {
		unpromiseShare(sh)
	}
	return sh, nil
}

// kept is f as far as the server can mean it: the gateway's clients are told that
// there may be persistent handles, and would ask for them wherever a share is
// continuously available, [MS-SMB2] 3.2.4.3.5.
func (c *Conn) kept(f smb2.ShareCapabilities) smb2.ShareCapabilities {
	if !c.server.capabilities.Has(smb2.CapabilityPersistentHandles) {
		f &^= smb2.ShareCapContinuousAvailability
	}
	return f
}

func (s *Session) connect(ctx context.Context, client *tree.Client, share string) (*Tree, smb2.TreeConnectResponse, error) {
	var none smb2.TreeConnectResponse
	path := smb2.AppendUTF16(nil, `\\`+s.c.options.ServerName+`\`+share)
	if len(path) > maxPath {
		return nil, none, smb2.StatusBadNetworkName
	}
	q := s.question(smb2.CommandTreeConnect, func(b []byte) []byte {
		return new(smb2.TreeConnectRequest).Append(b, path)
	})
	// A 3.1.1 server wants it signed in any case, [MS-SMB2] 3.2.4.1.1.
	q.sign = q.sign || s.keys != nil
	a, err := s.c.ask(ctx, q)
	if err != nil {
		return nil, none, err
	}
	defer a.m.Release()
	if st := a.header().Status(); st != smb2.StatusSuccess {
		return nil, none, st
	}
	r, err := smb2.ParseTreeConnectResponse(a.m.Bytes())
	if err != nil {
		return nil, none, err
	}
	t := &Tree{c: s.c, session: s, client: client, share: share, id: a.header().TreeID(), kind: r.ShareType}
	t.sealed = s.sealing || r.ShareFlags.Has(smb2.ShareEncrypt) && s.c.suite.Dialect >= smb2.Dialect30
	t.signed = s.signing && !t.sealed
	if t.sealed && s.sealer == nil {
		return nil, none, smb2.StatusAccessDenied
	}
	if err := t.validate(ctx); err != nil {
		if ctx.Err() != nil {
			t.disconnect() // no time for it is no sign of anything
		} else {
			s.c.abort(err)
		}
		return nil, none, err
	}
	return t, r, s.c.join(t)
}

// join counts a tree in.
func (c *Conn) join(t *Tree) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != nil {
		return c.cause
	}
	t.session.trees = append(t.session.trees, t)
	return nil
}

// question is one about the tree.
func (t *Tree) question(command smb2.Command, body func([]byte) []byte) question {
	return question{command: command, session: t.session, tree: t.id, sign: t.signed, seal: t.sealed, body: body}
}
