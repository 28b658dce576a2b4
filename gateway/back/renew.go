package back

import (
	"context"
	"errors"
	"time"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
)

// A session whose time has expired is logged in again, and what the server has
// refused for that reason, and so not acted on, is sent again, [MS-SMB2]
// 3.2.5.1.6. What has been told to wait, or to be cancelled, is not: its client
// hears of it.

// A kept chain waits for that.
type kept struct {
	tree  *Tree
	head  smb2.MessageID
	chain []*tree.Request
	whole int // elements that the chain had
}

// A renewal is a log-in of before.
type renewal struct {
	at   time.Time
	next smb2.MessageID // the first that could be used after it
}

// RenewBy says what begins the log-in that makes the session good again when its
// time has expired; without it clients are told that it has. The next client of a
// session that was parked has one of its own, while calls of the last one may still
// be out.
func (s *Session) RenewBy(begin func() (auth.Initiator, error)) {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	s.renewer = begin
}

// keep keeps the request of a call that came too late, if it can be sent again.
// The call is then gone.
func (c *Conn) keep(k *call) bool {
	if k.split != nil || k.pended || k.cancelling {
		return false // parts are kept as one, when all have been answered
	}
	c.mu.Lock()
	ok := k.tree.keep(k.request, k.head, k.chained)
	c.mu.Unlock()
	if !ok {
		return false
	}
	k.drop()
	c.mu.Lock()
	k.tree.unlink(k)
	c.calls.free(k)
	c.mu.Unlock()
	return true
}

// keep is keep for all parts.
func (s *split) keep() bool {
	c := s.tree.c
	c.mu.Lock()
	defer c.mu.Unlock()
	return !s.pended && !s.cancelled && s.tree.keep(s.request, s.id, 1)
}

// keep enters a request, behind those of its chain that are there already, and
// begins what it waits for. Under Conn.mu.
func (t *Tree) keep(r *tree.Request, head smb2.MessageID, whole int) bool {
	c, s := t.c, t.session
	old := head < s.renewed.next // its session was good again while it was on its way
	if s.renewer == nil || c.cause != nil || t.closing || !old && time.Since(s.renewed.at) < c.pause() {
		return false
	}
	if n := len(s.kept) - 1; n >= 0 && s.kept[n].tree == t && s.kept[n].head == head {
		s.kept[n].chain = append(s.kept[n].chain, r)
		return true
	}
	t.kept++
	s.kept = append(s.kept, kept{t, head, []*tree.Request{r}, whole})
	if !s.renewing {
		s.renewing = true
		c.helpers.Go(func() { s.renew(!old) })
	}
	return true
}

// renew logs the session in again, if that has not been done, and sends what
// waits for it.
func (s *Session) renew(login bool) {
	c := s.c
	var err error
	if login {
		ctx, cancel := context.WithTimeout(context.Background(), connectTime)
		defer cancel()
		err = s.again(ctx)
		c.options.Log.Info("backend session expired", "renewed", err == nil, "error", err)
	}
	c.mu.Lock()
	list := s.kept
	s.kept, s.renewing = nil, false
	c.dispatch()
	c.stir()
	c.mu.Unlock()
	for _, x := range list {
		if err == nil && len(x.chain) == x.whole && s.recover(x.chain) {
			x.tree.Serve(x.chain)
		} else {
			x.tree.refuse(x.chain, smb2.StatusNetworkSessionExpired)
		}
		c.mu.Lock()
		x.tree.kept--
		c.changed.Broadcast()
		c.mu.Unlock()
	}
}

// again logs in again.
func (s *Session) again(ctx context.Context) error {
	s.renewal.Lock()
	defer s.renewal.Unlock()
	s.c.mu.Lock()
	begin := s.renewer
	s.c.mu.Unlock()
	if begin == nil {
		return smb2.StatusNetworkSessionExpired
	}
	initiator, err := begin()
	if err == nil {
		err = s.Reauthenticate(ctx, initiator)
	}
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	s.renewed.at = time.Now()
	if errors.Is(err, smb2.StatusUserSessionDeleted) {
		s.gone = true
		s.c.stir()
	}
	if err == nil {
		s.renewed.next = s.c.held.Next()
	}
	return err
}

// recover opens a request that was sealed in its place, so that it can be sent
// again.
func (s *Session) recover(chain []*tree.Request) bool {
	if len(chain) > 1 {
		return true // its elements were copied
	}
	r := chain[0]
	b := r.Message.Bytes()
	if id, err := crypt.SealedFor(b); err != nil || id != s.id || len(b) != crypt.TransformSize+len(r.Element) {
		return true
	}
	opener, err := s.keys.Reopener()
	if err == nil {
		_, err = opener.Open(b)
	}
	return err == nil
}
