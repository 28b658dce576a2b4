package gateway

import (
	"testing"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// limited notes the limits it is given.
type limited struct {
	transports.Conn // nil: nothing else is called
	limits          []int
}

func (l *limited) SetLimit(n int) { l.limits = append(l.limits, n) }

// The gate opens with the first word of the backend that only somebody who has
// logged in gets, and stays open.
func TestGate(t *testing.T) {
	t.Parallel()
	reply := func(c smb2.Command, s smb2.Status) []byte {
		h := smb2.NewHeader(c, 1)
		h.SetFlags(smb2.FlagReply)
		h.SetStatus(s)
		return h
	}
	shut := map[string][]byte{
		"negotiated":       reply(smb2.CommandNegotiate, 0),
		"alive":            reply(smb2.CommandEcho, 0),
		"half logged in":   reply(smb2.CommandSessionSetup, smb2.StatusMoreProcessing),
		"refused":          reply(smb2.CommandSessionSetup, smb2.StatusLogonFailure),
		"not there":        reply(smb2.CommandTreeConnect, smb2.StatusUserSessionDeleted),
		"a request":        smb2.NewHeader(smb2.CommandSessionSetup, 1),
		"a broken header":  []byte("\xfeSMB"),
		"another protocol": []byte("\xffSMB and more"),
	}
	for name, m := range shut {
		front := new(limited)
		g := newGate(front)
		g.see(m)
		if len(front.limits) != 1 || front.limits[0] != maxBeforeLogin {
			t.Errorf("%s: limits %v", name, front.limits)
		}
	}
	open := map[string][]byte{
		"logged in": reply(smb2.CommandSessionSetup, 0),
		"connected": reply(smb2.CommandTreeConnect, 0),
		"sealed":    []byte("\xfdSMB and more"),
	}
	for name, m := range open {
		front := new(limited)
		g := newGate(front)
		g.see(m)
		g.see(m)
		if len(front.limits) != 2 || front.limits[1] != 0 {
			t.Errorf("%s: limits %v", name, front.limits)
		}
	}
}
