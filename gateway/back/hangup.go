package back

import "github.com/smbgw/smbgw/smb2"

// sweep answers everything that is outstanding when the connection is over. The
// transport has been closed before: nothing touches exposed memory any more.
func (c *Conn) sweep() {
	c.mu.Lock()
	list := c.calls.removeAll()
	c.mu.Unlock()
	for k := list; k != nil; {
		next := k.next
		k.next = nil
		k.revoke()
		if k.request == nil {
			if k.done != nil {
				close(k.done)
			}
		} else {
			c.answer(k, c.failure(k.command, lost(k.command)))
		}
		k = next
	}
	c.mu.Lock()
	for _, s := range c.sessions {
		if s.keys != nil {
			s.keys.Clear()
		}
	}
	clear(c.sessions)
	c.holders.init()
	c.swept = true
	c.changed.Broadcast()
	c.mu.Unlock()
}

// lost is the status of a request whose server has gone away. Where it may have
// done what was asked, nobody can say whether it has: the client is not to
// believe either. The rest failed as anything does on a tree that is gone.
func lost(command smb2.Command) smb2.Status {
	switch command {
	case smb2.CommandWrite, smb2.CommandSetInfo, smb2.CommandCreate, smb2.CommandIoctl, smb2.CommandLock:
		return smb2.StatusConnectionDisconnected
	}
	return smb2.StatusNetworkNameDeleted
}
