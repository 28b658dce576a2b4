package back

import (
	"context"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
)

// A question is a request of our own.
type question struct {
	command    smb2.Command
	session    *Session // nil while there is none
	sessionID  uint64   // of one that is logging in
	tree       uint32
	sign, seal bool
	hash       *crypt.PreauthHash // takes the request
	body       func([]byte) []byte
}

// ask sends a question and waits for the final reply, which the caller
// releases. What its status is, is for the caller to see.
func (c *Conn) ask(ctx context.Context, q question) (answer, error) {
	k, err := c.open(ctx, q)
	if err != nil {
		return answer{}, err
	}
	done := k.done
	if entered, err := c.put(k, q); err != nil {
		c.abort(err)
		if !entered {
			return answer{}, err
		}
	}
	select {
	case a, ok := <-done:
		if !ok {
			return answer{}, c.Err()
		}
		return a, nil
	case <-ctx.Done():
	}
	c.forget(done)
	switch q.command {
	case smb2.CommandSessionSetup, smb2.CommandLogoff, smb2.CommandTreeConnect, smb2.CommandTreeDisconnect:
		c.worn.Store(true)
	}
	return answer{}, context.Cause(ctx)
}

// open takes a credit for a call.
func (c *Conn) open(ctx context.Context, q question) (*call, error) {
	stop := context.AfterFunc(ctx, func() {
		c.mu.Lock()
		c.changed.Broadcast()
		c.mu.Unlock()
	})
	defer stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		if c.cause != nil {
			return nil, c.cause
		}
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		id, asked, ok := c.held.Take(1, true)
		if !ok {
			c.changed.Wait()
			continue
		}
		k := c.calls.take()
		k.id, k.asked, k.charge = id, asked, c.charge(1)
		k.command, k.session, k.signed, k.sealed = q.command, q.session, q.sign, q.seal
		k.done = make(chan answer, 1)
		return k, nil
	}
}

// charge is what goes into a header: nothing where there is but one credit for
// everything, [MS-SMB2] 3.2.4.1.5.
func (c *Conn) charge(n uint16) uint16 {
	if c.suite.Dialect < smb2.Dialect21 || !c.server.capabilities.Has(smb2.CapabilityLargeMTU) {
		return 0
	}
	return n
}

// put builds and sends the message of k, which may be answered and gone when it
// returns.
func (c *Conn) put(k *call, q question) (entered bool, err error) {
	h := smb2.NewHeader(q.command, 0)
	c.stamp(h, k, q.tree)
	if q.session == nil {
		h.SetSessionID(q.sessionID)
	}
	b := q.body(h)
	m := c.arena.New(len(b))
	copy(m.Bytes(), b)
	if q.hash != nil {
		if err := q.hash.Add(m.Bytes()); err != nil {
			m.Release()
			return false, err
		}
	}
	return c.transmit(m, q.session, q.sign, q.seal, k)
}

// forget gives up a question. Its reply, when it comes, is thrown away.
func (c *Conn) forget(done chan answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case a, ok := <-done:
		if ok {
			a.m.Release()
		}
		return
	default:
	}
	for _, k := range c.calls.table {
		for ; k != nil; k = k.next {
			if k.done == done {
				k.done = nil
				return
			}
		}
	}
}
