package gateway

import (
	"sync/atomic"
	"time"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// tooMany is the reason of their end in the log.
const tooMany = "too many connections"

// A turnstile tells clients that there are too many of them. The zero value is
// one.
type turnstile struct{ busy atomic.Int32 }

// turnAway ends a connection that is one too many: its NEGOTIATE gets a status that
// tells the user so. Of those that are to be told there are few at a time, and
// others hear nothing.
func (t *turnstile) turnAway(conn transports.Conn) {
	defer conn.Close()
	defer t.busy.Add(-1)
	if t.busy.Add(1) > maxTurnedAway {
		return
	}
	stop := time.AfterFunc(turnAwayTime, func() { conn.Close() })
	defer stop.Stop()
	if d, ok := conn.(transports.Deferred); ok && d.Admit(0) != nil {
		return
	}
	if l, ok := conn.(transports.Limited); ok {
		l.SetLimit(maxBeforeLogin)
	}
	m, err := conn.Receive()
	if err != nil {
		return
	}
	defer m.Release()
	h, ok := greeting(m.Bytes())
	if !ok {
		return
	}
	m.Resize(smb2.ErrorResponseLength)
	smb2.AppendErrorReply(m.Bytes()[:0], h, smb2.StatusRequestNotAccepted, 1)
	if conn.Send(m.Retain()) == nil {
		conn.Receive() // the client closes
	}
}

// greeting is the header of a client's first message: NEGOTIATE, or SMB1's, which is
// answered as if it were one, [MS-SMB2] 3.3.5.3.
func greeting(b []byte) (smb2.Header, bool) {
	switch smb2.KindOf(b) {
	case smb2.KindSMB1:
		return smb2.NewHeader(smb2.CommandNegotiate, 0), true
	case smb2.KindSMB2:
		h, err := smb2.ParseHeader(b)
		if err != nil || h.Command() != smb2.CommandNegotiate {
			return nil, false
		}
		return append(smb2.Header(nil), h[:smb2.HeaderSize]...), true
	}
	return nil, false
}
