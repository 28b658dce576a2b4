package gateway

import (
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A gate keeps the client's messages short until it has logged in: a relay
// sets memory aside for what four bytes announce, and whoever can connect can
// send those. That the client is known is the backend's word: its first reply
// that grants something. The reader of the backend owns it.
type gate struct {
	front transports.Limited // nil when the gate is open, or there is none
}

// newGate closes the gate in front of a connection whose network has one.
func newGate(front transports.Conn) gate {
	l, ok := front.(transports.Limited)
	if !ok {
		return gate{}
	}
	l.SetLimit(maxBeforeLogin)
	return gate{l}
}

// see looks at a message of the backend before the client gets it, so that the
// gate is open when the client acts on it.
func (g *gate) see(m []byte) {
	if g.front != nil && grants(m) {
		g.open()
	}
}

func (g *gate) open() {
	if g.front != nil {
		g.front.SetLimit(0)
		g.front = nil
	}
}

// grants says that a message is for somebody who has logged in: it is
// encrypted, or the success of what needs a session. NEGOTIATE and ECHO do not,
// [MS-SMB2] 3.3.5.4, 3.3.5.17.
func grants(m []byte) bool {
	switch smb2.KindOf(m) {
	case smb2.KindTransform, smb2.KindCompression:
		return true
	case smb2.KindSMB2:
		h, err := smb2.ParseHeader(m)
		return err == nil && h.Has(smb2.FlagReply) && h.Status() == smb2.StatusSuccess &&
			h.Command() != smb2.CommandNegotiate && h.Command() != smb2.CommandEcho
	}
	return false
}
