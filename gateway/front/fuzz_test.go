package front

import (
	"testing"
	"time"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/smb2test"
)

// A session with arbitrary messages: it ends, and nothing of it is left. A
// signature cannot be guessed, so what comes from a logged-in client is signed
// for it, and the last byte of a message says what it is: to be signed, sealed,
// or as it is. Run it with -fuzzminimizetime 1x: goroutines make coverage vary, and
// the fuzzer would minimize for ever.
func FuzzServe(f *testing.F) {
	p := &peer{Client: smb2test.NewClient(nil)}
	f.Add([]byte{}, p.echo())
	f.Add(p.create(), p.ReadRequest(0, 10))
	f.Add(chain(true, p.create(), p.lock(), p.closeFile(smb2.NoFile)), p.logoff())
	f.Add(p.lock(), p.cancel(p.lock(), 1))
	f.Add(p.treeConnectRequest(`\\g\data`), p.treeOff())
	f.Add(p.ioctl(smb2.FsctlValidateNegotiateInfo, make([]byte, 28)), p.WriteRequest(3, []byte("x")))
	f.Add(p.WritePlacedRequest(0, 100, smb2.ChannelV1, make([]byte, 16)), smb2.AppendTransform(nil, nil, 68, 1))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		r := newRig(t, func(r *rig) { placing(r); r.shop.store = r.shop.store[:100] })
		p := r.user("alice")
		for _, m := range [][]byte{a, b} {
			if len(m) == 0 || len(m) > 60000 {
				continue
			}
			p.own(m)
			p.sign, p.seal = m[len(m)-1]%3 == 0, m[len(m)-1]%3 == 1
			if p.Send(m) != nil && p.Client.Send(m) != nil {
				return
			}
		}
		p.sign, p.seal = false, false
		hung := time.AfterFunc(time.Second, func() {
			t.Error("the session hangs")
			p.Conn.Close()
		})
		defer hung.Stop()
		last := p.echo()
		p.Client.Send(last)
		for {
			m, err := p.Conn.Receive()
			if err != nil {
				return
			}
			end := smb2.KindOf(m.Bytes()) == smb2.KindSMB2 &&
				smb2.Header(m.Bytes()).MessageID() == smb2.Header(last).MessageID()
			m.Release()
			if end {
				return
			}
		}
	})
}

// own gives the elements of a message the ids that the session has now.
func (p *peer) own(m []byte) {
	elements, err := smb2.Elements(nil, m)
	if err != nil {
		return
	}
	for _, e := range elements {
		h := smb2.Header(e)
		h.SetSessionID(p.Session)
		h.SetMessageID(p.Next)
		h.SetCreditCharge(1)
		if !h.Has(smb2.FlagAsync) {
			h.SetTreeID(p.Tree)
		}
		p.Next++
	}
}
