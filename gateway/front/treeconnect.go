package front

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
)

// A branch is one tree connect, [MS-SMB2] 3.3.1.9.
type branch struct {
	id      uint32
	share   *tree.Share
	encrypt bool
	ending  atomic.Bool // what is outstanding has lost its file

	mu     sync.Mutex // held while requests are given away: none is after closed
	closed bool
}

// shut lets nothing more begin.
func (b *branch) shut() {
	b.ending.Store(true)
	if b.share.Shut != nil {
		b.share.Shut()
	}
}

// close ends the tree, and blocks until nothing of it is left. Another channel's
// reader may be in the middle of giving something away, which a server that is stuck
// does not take.
func (b *branch) close() {
	b.shut()
	b.mu.Lock()
	again := b.closed
	b.closed = true
	b.mu.Unlock()
	if !again {
		b.share.Server.Close()
	}
}

// treeConnect answers TREE_CONNECT, [MS-SMB2] 3.3.5.7.
func (c *conn) treeConnect(r *request, at *place) error {
	s := r.channel.session
	named := !s.user.Anonymous && !s.user.Guest
	if c.terms.suite.Dialect == smb2.Dialect311 && named && !r.signed && !r.sealed {
		return errPlain
	}
	q, err := smb2.ParseTreeConnectRequest(r.Element)
	var path []byte
	if err == nil {
		path, err = q.Path(r.Element)
	}
	if err != nil {
		c.refuse(r, smb2.StatusInvalidParameter)
		return nil
	}
	to, status := targetOf(path)
	if status != 0 {
		c.refuse(r, status)
		return nil
	}
	id, status := s.newTree(c.Sessions)
	if status != 0 {
		c.refuse(r, status)
		return nil
	}
	at.tree = id
	c.aside(r, func() { c.connect(r, to, id) })
	return nil
}

// newTree is the id of a tree that is about to be connected, unless there are too
// many. Until connect is through the session's Space stays, whatever becomes of the
// session.
func (s *session) newTree(all *Sessions) (id uint32, status smb2.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.state != valid: // by another channel's word, just now
		return 0, smb2.StatusUserSessionDeleted
	case len(s.trees)+s.coming >= maxTrees:
		return 0, smb2.StatusInsufficientResources
	}
	for {
		id = all.nextTree.Add(1)
		if _, taken := s.trees[id]; !taken && id != 0 && id != 1<<32-1 { // 2.2.1.2: no tree
			s.coming++
			s.space.join()
			return id, 0
		}
	}
}

// A target is \\server\share.
type target struct{ server, share string }

func targetOf(path []byte) (target, smb2.Status) {
	p, ok := smb2.DecodeUTF16(path)
	if !ok {
		return target{}, smb2.StatusInvalidParameter
	}
	p, ok = strings.CutPrefix(p, `\\`)
	server, share, found := strings.Cut(p, `\`)
	switch {
	case !ok, !found, server == "", len(server) > 255, strings.ContainsRune(p, 0):
		return target{}, smb2.StatusInvalidParameter
	case share == "", strings.ContainsAny(share, `\/`), len(share) > 4*maxShareName, len([]rune(share)) > maxShareName:
		return target{}, smb2.StatusBadNetworkName
	}
	return target{server, share}, 0
}

// ask connects to the share in a space.
func (c *conn) ask(space tree.Space, client *tree.Client, to target) (*tree.Share, error) {
	if h, ok := space.(tree.Hosting); ok {
		return h.ConnectTo(c.ctx, client, to.server, to.share)
	}
	return space.Connect(c.ctx, client, to.share)
}

// connect asks for the share and enters it. The session may have gone meanwhile,
// or the connection on which the client would hear the tree's id.
func (c *conn) connect(r *request, to target, id uint32) {
	s := r.channel
	defer s.space.leave()
	share, err := c.ask(s.space.Space, s.client, to)
	if err != nil {
		s.mu.Lock()
		s.coming--
		s.mu.Unlock()
		c.refuse(r, c.whyNot(to.share, err))
		return
	}
	b := &branch{id: id, share: share, encrypt: share.Flags&smb2.ShareEncrypt != 0}
	status := smb2.StatusSuccess
	s.mu.Lock()
	s.coming--
	switch {
	case s.state != valid || c.dead.Load():
		status = smb2.StatusUserSessionDeleted
	case b.encrypt && s.sealer == nil: // 3.3.5.7
		status = smb2.StatusAccessDenied
	default:
		s.trees[id] = b
	}
	s.mu.Unlock()
	if status != 0 {
		b.close()
		c.refuse(r, status)
		return
	}
	smb2.Header(r.head[:]).SetTreeID(id)
	m := c.Arena.New(smb2.HeaderSize + 16)
	q := smb2.TreeConnectResponse{ShareType: share.Type, ShareFlags: share.Flags,
		Capabilities: share.Capabilities, MaximalAccess: share.MaximalAccess}
	q.AppendBody(blank(m))
	c.answer(r, m)
}

// whyNot is what a client is told of a share that it does not get.
func (c *conn) whyNot(name string, err error) smb2.Status {
	if s, ok := errors.AsType[smb2.Status](err); ok && s != 0 {
		return s
	}
	c.log.Warn("tree connect failed", "share", name, "cause", err)
	return smb2.StatusBadNetworkName
}

// treeDisconnect answers TREE_DISCONNECT, [MS-SMB2] 3.3.5.8.
func (c *conn) treeDisconnect(r *request) {
	if _, err := smb2.ParseTreeDisconnect(r.Element); err != nil {
		c.refuse(r, smb2.StatusInvalidParameter)
		return
	}
	b, s := r.at, r.channel.session
	s.mu.Lock()
	delete(s.trees, b.id)
	s.mu.Unlock()
	c.aside(r, func() {
		b.close()
		m := c.Arena.New(smb2.HeaderSize + 4)
		(&smb2.TreeDisconnect{}).AppendBody(blank(m))
		c.answer(r, m)
	})
}
