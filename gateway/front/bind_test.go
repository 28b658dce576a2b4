package front

import (
	"fmt"
	"testing"

	"github.com/smbgw/smbgw/smb2"
)

// A binding is refused under the session's signature, by who signs how.
func TestBinding(t *testing.T) {
	t.Parallel()
	hmac, cmac, gmac := smb2.Dialect21, smb2.Dialect302, smb2.Dialect311
	for _, c := range []struct {
		session, connection smb2.Dialect
		want                smb2.Status
	}{
		{hmac, hmac, smb2.StatusRequestNotAccepted},
		{cmac, hmac, smb2.StatusRequestNotAccepted},
		{gmac, gmac, smb2.StatusRequestNotAccepted},
		{hmac, gmac, smb2.StatusNotSupported},
		{cmac, gmac, smb2.StatusNotSupported},
		{gmac, hmac, smb2.StatusRequestOutOfSequence},
		{gmac, cmac, smb2.StatusRequestOutOfSequence},
	} {
		t.Run(fmt.Sprintf("%v on %v", c.session, c.connection), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, nil)
			p := r.dial()
			p.negotiate(p.negotiateRequest(c.session))
			if s := p.login("Alice", "opensesame", 0); s != 0 {
				t.Fatal(s)
			}
			q := r.dial()
			q.negotiate(q.negotiateRequest(c.connection))
			q.Session, q.signer, q.verifier, q.sign = p.Session, p.signer, p.verifier, true
			if s := q.status(q.bind()); s != c.want { // ask looks for the signature
				t.Errorf("%v, want %v", s, c.want)
			}
			if s := q.status((&smb2.SessionSetupRequest{}).Append(q.Header(smb2.CommandSessionSetup, 1), []byte("token"))); s != smb2.StatusUserSessionDeleted {
				t.Errorf("without the flag: %v", s)
			}
			p.sign = true
			p.work() // and nothing has happened to the session
		})
	}
}

// Who does not have the key learns nothing of the session.
func TestBindingForged(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	p := r.dial()
	p.negotiate(p.negotiateRequest(smb2.Dialect311))
	if s := p.login("Alice", "opensesame", 0); s != 0 {
		t.Fatal(s)
	}
	q := r.dial()
	q.negotiate(q.negotiateRequest(smb2.Dialect302))
	q.Session = p.Session
	for _, forged := range []bool{true, false} {
		b := q.bind()
		if forged {
			smb2.Header(b).Set(smb2.FlagSigned)
		}
		if reply := q.ask(b); reply.Status() != smb2.StatusRequestNotAccepted || reply.Has(smb2.FlagSigned) {
			t.Errorf("forged %v: %v, signed %v", forged, reply.Status(), reply.Has(smb2.FlagSigned))
		}
	}
}

func (p *peer) bind() []byte {
	q := smb2.SessionSetupRequest{Flags: smb2.SessionBinding}
	return q.Append(p.Header(smb2.CommandSessionSetup, 1), []byte("token"))
}
