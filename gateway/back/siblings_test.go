package back

import (
	"bytes"
	"testing"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// told are the breaks that a client has heard of.
type told [][]byte

func (t *told) Break(m *transports.Message) {
	*t = append(*t, bytes.Clone(m.Bytes()))
	m.Release()
}
func (*told) Lost() {}

// The break of a lease finds its holder on whichever connection of the same client
// it comes, and not on another client's.
func TestSiblings(t *testing.T) {
	t.Parallel()
	var arena transports.Arena
	all := new(Sessions)
	connect := func(id byte) *Conn {
		c := &Conn{options: Options{ClientGUID: smb2.GUID{id}}}
		c.holders.init()
		all.join(c)
		return c
	}
	one, two, foreign := connect(1), connect(1), connect(2)
	key := smb2.LeaseKey{7}
	var heard told
	two.holders.add(smb2.NewFileID(1, 1), &Tree{client: &tree.Client{Notify: &heard}}, &key)
	say := func(c *Conn, body func(b []byte) []byte) {
		h := smb2.NewHeader(smb2.CommandOplockBreak, smb2.Unsolicited)
		h.Set(smb2.FlagReply)
		b := body(h)
		m := arena.New(len(b))
		copy(m.Bytes(), b)
		c.unasked(m)
	}
	lease := (&smb2.LeaseBreak{Key: key, Current: smb2.LeaseRead}).AppendBody
	say(two, lease)
	say(one, lease)
	say(foreign, lease)
	say(one, (&smb2.LeaseBreak{Key: smb2.LeaseKey{8}}).AppendBody)
	say(one, (&smb2.OplockBreak{FileID: smb2.NewFileID(1, 1)}).AppendBody) // of its session's connection alone
	if len(heard) != 2 {
		t.Errorf("%d breaks arrive", len(heard))
	}
	all.part(two)
	say(one, lease)
	all.part(one)
	all.part(foreign)
	if len(heard) != 2 || len(all.conns) != 0 || arena.InUse() != 0 {
		t.Errorf("in the end: %d breaks, %d clients, %d messages", len(heard), len(all.conns), arena.InUse())
	}
	(*Sessions)(nil).join(one)
	(*Sessions)(nil).part(one)
	if (*Sessions)(nil).holderOf(one, lease(smb2.NewHeader(smb2.CommandOplockBreak, smb2.Unsolicited))) != nil {
		t.Error("nobody holds something")
	}
}
