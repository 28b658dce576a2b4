package front

import (
	"bytes"
	"fmt"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
)

// binding is the first request that binds a session to p, signed by signer.
func (p *peer) binding(signer *crypt.Signer, token []byte) []byte {
	q := smb2.SessionSetupRequest{Flags: smb2.SessionBinding, SecurityMode: smb2.SigningEnabled}
	h := p.Header(smb2.CommandSessionSetup, 1)
	h.SetCredits(64)
	b := q.Append(h, token)
	if signer != nil {
		must(p.t, signer.Sign(b))
	}
	return b
}

// joins binds the session of another connection to p's, and returns the last
// status. All answers have to be signed: with the session's key, and when it is
// bound with the channel's own.
func (p *peer) joins(of *peer, user, password string) smb2.Status {
	p.t.Helper()
	return p.bindTo(of, user, password, false)
}

// tries is joins of a session that may have gone: then nobody can sign.
func (p *peer) tries(of *peer) smb2.Status { return p.bindTo(of, "alice", "opensesame", true) }

func (p *peer) bindTo(of *peer, user, password string, lenient bool) smb2.Status {
	p.t.Helper()
	i := initiator(user, password)
	p.Session, p.verifier = of.Session, nil
	own, err := of.keys.Signer(of.suite)
	must(p.t, err)
	var hash crypt.PreauthHash
	if p.suite.Dialect == smb2.Dialect311 {
		hash, err = p.hash.Session()
		must(p.t, err)
	}
	var answer []byte
	for {
		token, done, err := i.Initiate(answer)
		must(p.t, err)
		request := p.binding(own, token)
		hash.Add(request)
		must(p.t, p.Client.Send(request))
		reply, err := p.Receive()
		must(p.t, err)
		if reply.Status() != 0 && (!lenient || reply.Has(smb2.FlagSigned)) {
			must(p.t, own.Verify(bytes.Clone(reply.Message)))
		}
		if reply.Status() != smb2.StatusMoreProcessing && reply.Status() != 0 {
			return reply.Status()
		}
		res, err := smb2.ParseSessionSetupResponse(reply.Header)
		must(p.t, err)
		answer, err = res.Security(reply.Header)
		must(p.t, err)
		hash.Add(reply.Message)
		if reply.Status() != 0 {
			continue
		}
		if done == nil {
			_, done, err = i.Initiate(answer)
			must(p.t, err)
		}
		p.flags, p.Tree, p.sign = res.Flags, of.Tree, true
		p.bound(of, hash, done.Key.Bytes())
		must(p.t, p.verifier.Verify(reply.Message))
		return 0
	}
}

// bound derives the channel's keys.
func (p *peer) bound(of *peer, hash crypt.PreauthHash, key []byte) {
	p.t.Helper()
	var sum []byte
	if p.suite.Dialect == smb2.Dialect311 {
		s, err := hash.Sum()
		must(p.t, err)
		sum = s[:]
	}
	var err error
	p.signer, err = of.keys.Bind(p.suite, key, sum)
	must(p.t, err)
	p.verifier, _ = of.keys.Bind(p.suite, key, sum)
	if p.suite.Cipher != crypt.NoCipher {
		p.sealer, err = of.keys.Sealer()
		must(p.t, err)
		p.opener, _ = of.keys.Opener()
	}
	p.keys = of.keys
}

// negotiated is a connection with nobody on it.
func (r *rig) negotiated(d smb2.Dialect) *peer {
	p := r.dial()
	p.negotiate(p.negotiateRequest(d))
	return p
}

// second is another channel of a peer's session.
func (r *rig) second(of *peer) *peer {
	r.t.Helper()
	p := r.negotiated(of.suite.Dialect)
	if s := p.joins(of, "alice", "opensesame"); s != 0 {
		r.t.Fatal(s)
	}
	return p
}

// A session serves two connections in every dialect that has channels, signed
// and sealed.
func TestBound(t *testing.T) {
	t.Parallel()
	for _, d := range []smb2.Dialect{smb2.Dialect30, smb2.Dialect302, smb2.Dialect311} {
		for _, seal := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v, sealed %v", d, seal), func(t *testing.T) {
				t.Parallel()
				r := newRig(t, nil)
				p := r.negotiated(d)
				if s := p.login("Alice", "opensesame", 0); s != 0 {
					t.Fatal(s)
				}
				p.sign = true
				p.connect()
				q := r.second(p)
				p.sign, p.seal, q.sign, q.seal = !seal, seal, !seal, seal
				for i, x := range []*peer{p, q, p, q} { // on any channel, answered there
					data := fmt.Appendf(nil, "hello %d", i)
					if s := x.status(x.WriteRequest(100, data)); s != 0 {
						t.Errorf("WRITE %d: %v", i, s)
					}
					reply := []*peer{q, p}[i%2].ask([]*peer{q, p}[i%2].ReadRequest(100, uint32(len(data))))
					res, err := smb2.ParseReadResponse(reply.Header)
					must(t, err)
					if got, err := res.Data(reply.Header); err != nil || !bytes.Equal(got, data) {
						t.Errorf("READ %d: %q, %v", i, got, err)
					}
				}
				q.work() // whose tree is the session's, and whose LOGOFF too
				if p.seal {
					p.seal, p.sign = false, true
				}
				if s := p.status(p.ReadRequest(0, 1)); s != smb2.StatusUserSessionDeleted { // and signed
					t.Errorf("after LOGOFF on the other channel: %v", s)
				}
			})
		}
	}
}

// Every check of a binding, [MS-SMB2] 3.3.5.5, with the statuses of servers. The
// session and its connection go on as if nothing had been asked.
func TestBindingRefused(t *testing.T) {
	t.Parallel()
	hmac, old, cmac, gmac := smb2.Dialect21, smb2.Dialect30, smb2.Dialect302, smb2.Dialect311
	join := func(p, q *peer) smb2.Status { return q.joins(p, "alice", "opensesame") }
	asks := func(edit func(p, q *peer) []byte) func(p, q *peer) smb2.Status {
		return func(p, q *peer) smb2.Status {
			q.Session, q.verifier = p.Session, nil
			return q.status(edit(p, q))
		}
	}
	for _, c := range []struct {
		name                string
		session, connection smb2.Dialect
		bind                func(p, q *peer) smb2.Status
		want                smb2.Status
	}{
		{"2.1", hmac, hmac, join, smb2.StatusRequestNotAccepted},
		{"3.0.2 to 2.1", cmac, hmac, join, smb2.StatusRequestNotAccepted},
		{"2.1 to 3.0.2", hmac, cmac, join, smb2.StatusInvalidParameter},
		{"3.0 to 3.0.2", old, cmac, join, smb2.StatusInvalidParameter},
		{"2.1 to GMAC", hmac, gmac, join, smb2.StatusNotSupported},
		{"CMAC to GMAC", cmac, gmac, join, smb2.StatusNotSupported},
		{"GMAC to 2.1", gmac, hmac, join, smb2.StatusRequestOutOfSequence},
		{"GMAC to CMAC", gmac, cmac, join, smb2.StatusRequestOutOfSequence},
		{"another user", gmac, gmac, func(p, q *peer) smb2.Status { return q.joins(p, "bob", "opensesame") }, smb2.StatusAccessDenied},
		{"another password", gmac, gmac, func(p, q *peer) smb2.Status { return q.joins(p, "alice", "wrong") }, smb2.StatusLogonFailure},
		{"unsigned", gmac, gmac, asks(func(p, q *peer) []byte { return q.binding(nil, []byte("token")) }), smb2.StatusInvalidParameter},
		{"forged", gmac, gmac, asks(func(p, q *peer) []byte {
			b := q.binding(nil, []byte("token"))
			smb2.Header(b).Set(smb2.FlagSigned)
			return b
		}), smb2.StatusAccessDenied},
		{"no session", gmac, gmac, asks(func(p, q *peer) []byte {
			q.Session ^= 1 << 40
			return q.binding(p.signer, []byte("token"))
		}), smb2.StatusUserSessionDeleted},
		{"bound to its own", gmac, gmac, func(p, q *peer) smb2.Status {
			return p.status(p.binding(p.signer, []byte("token")))
		}, smb2.StatusRequestNotAccepted},
		{"without the flag", gmac, gmac, asks(func(p, q *peer) []byte {
			b := (&smb2.SessionSetupRequest{}).Append(q.Header(smb2.CommandSessionSetup, 1), []byte("token"))
			must(t, p.signer.Sign(b))
			return b
		}), smb2.StatusUserSessionDeleted},
		{"not bound at all", gmac, gmac, asks(func(p, q *peer) []byte {
			b := q.echo()
			must(t, p.signer.Sign(b))
			return b
		}), smb2.StatusUserSessionDeleted},
		{"nonsense", gmac, gmac, asks(func(p, q *peer) []byte { return q.binding(p.signer, []byte("token")) }), smb2.StatusInvalidParameter},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, nil)
			p := r.negotiated(c.session)
			if s := p.login("alice", "opensesame", 0); s != 0 {
				t.Fatal(s)
			}
			q := r.negotiated(c.connection)
			if s := c.bind(p, q); s != c.want {
				t.Errorf("%v, want %v", s, c.want)
			}
			q.Session, q.verifier, q.signer, q.sign = 0, nil, nil, false
			if s := q.login("bob", "opensesame", 0); s != 0 { // and the connection is as good as new
				t.Error(s)
			}
			q.sign = true
			q.work()
			p.sign = true
			p.work()
		})
	}
}

// A session that has expired gets no further channels before its user has logged in
// again.
func TestBindingExpired(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, withTickets)
		p := r.user("alice")
		time.Sleep(time.Hour)
		q := r.negotiated(smb2.Dialect311)
		if s := q.tries(p); s != smb2.StatusNetworkSessionExpired {
			t.Error(s)
		}
		p.Conn.Close()
		q.Conn.Close()
	})
}

// What two connections have to have in common.
func TestBindingAlike(t *testing.T) {
	t.Parallel()
	ask := func(q *peer, other smb2.GUID, ciphers []smb2.Cipher, signings []smb2.SigningAlgorithm) {
		n := smb2.NegotiateRequest{SecurityMode: 1, ClientGUID: other, Dialects: []smb2.Dialect{smb2.Dialect311}}
		q.negotiate(n.Append(q.Header(smb2.CommandNegotiate, 1), contexts(ciphers, signings)))
	}
	gcm, gmac := []smb2.Cipher{smb2.CipherAES128GCM}, []smb2.SigningAlgorithm{smb2.SigningAESGMAC}
	for name, c := range map[string]struct {
		prepare func(q *peer)
		want    smb2.Status
	}{
		"client": {func(q *peer) { ask(q, smb2.GUID{9}, gcm, gmac) }, smb2.StatusUserSessionDeleted},
		"cipher": {func(q *peer) { ask(q, guid, []smb2.Cipher{smb2.CipherAES256GCM}, gmac) }, smb2.StatusInvalidParameter},
		"both":   {func(q *peer) { ask(q, guid, gcm, gmac) }, 0},
	} {
		r := newRig(t, nil)
		p := r.user("alice")
		q := r.dial()
		c.prepare(q)
		if s := q.joins(p, "alice", "opensesame"); s != c.want {
			t.Errorf("another %s: %v, want %v", name, s, c.want)
		}
		p.work()
	}
}

// CMAC and HMAC may be mixed: every channel signs in its own way.
func TestBindingMixed(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	with := func(a smb2.SigningAlgorithm) *peer {
		p := r.dial()
		n := smb2.NegotiateRequest{SecurityMode: 1, ClientGUID: guid, Dialects: []smb2.Dialect{smb2.Dialect311}}
		p.negotiate(n.Append(p.Header(smb2.CommandNegotiate, 1), contexts([]smb2.Cipher{2}, []smb2.SigningAlgorithm{a})))
		return p
	}
	p := with(smb2.SigningAESCMAC)
	if s := p.login("alice", "opensesame", 0); s != 0 {
		t.Fatal(s)
	}
	p.sign = true
	q := with(smb2.SigningHMACSHA256)
	if s := q.joins(p, "alice", "opensesame"); s != 0 {
		t.Fatal(s)
	}
	q.work()
}

// Nobody's session is bound to anything, nor one that has not begun.
func TestBindingNobody(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		identity auth.Identity
		want     smb2.Status
	}{
		"anonymous": {auth.Identity{Anonymous: true}, smb2.StatusNotSupported},
		"guest":     {auth.Identity{User: "alice", Guest: true}, smb2.StatusNotSupported},
	} {
		r := newRig(t, func(r *rig) {
			r.s.NewAcceptor = func(net.Addr) auth.Acceptor { return fixed{c.identity} }
		})
		p := r.negotiated(smb2.Dialect311)
		b := (&smb2.SessionSetupRequest{}).Append(p.Header(smb2.CommandSessionSetup, 1), []byte("token"))
		reply, err := p.Ask(b)
		must(t, err)
		q := r.negotiated(smb2.Dialect311)
		q.Session = reply.SessionID()
		request := q.binding(nil, []byte("token"))
		smb2.Header(request).Set(smb2.FlagSigned)
		if s := q.status(request); s != c.want {
			t.Errorf("%s: %v, want %v", name, s, c.want)
		}
	}
	r := newRig(t, nil)
	p := r.negotiated(smb2.Dialect311)
	token, _, err := initiator("alice", "opensesame").Initiate(nil)
	must(t, err)
	reply := p.ask((&smb2.SessionSetupRequest{}).Append(p.Header(smb2.CommandSessionSetup, 1), token))
	q := r.negotiated(smb2.Dialect311)
	q.Session = reply.SessionID()
	if s := q.status(q.binding(nil, token)); s != smb2.StatusRequestNotAccepted {
		t.Errorf("a log-in that has not ended: %v", s)
	}
}

// fixed lets anybody in as the same.
type fixed struct{ as auth.Identity }

func (f fixed) Accept([]byte) ([]byte, *auth.Result, error) {
	return nil, &auth.Result{Identity: f.as}, nil
}

// A listener has sessions bound to it that keep what it demands.
func TestBindingListeners(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		set  func(s *Server)
		want smb2.Status
	}{
		"alike":      {func(*Server) {}, 0},
		"QUIC":       {func(s *Server) { s.Secure = true }, smb2.StatusRequestNotAccepted},
		"signing":    {func(s *Server) { s.RequireSigning = true }, smb2.StatusRequestNotAccepted},
		"encryption": {func(s *Server) { s.Encryption = EncryptionRequired }, smb2.StatusRequestNotAccepted},
	} {
		r := newRig(t, nil)
		p := r.user("alice")
		other := &Server{GUID: r.s.GUID, NewAcceptor: r.s.NewAcceptor, Arena: r.s.Arena, Sessions: r.s.Sessions, Log: r.s.Log}
		c.set(other)
		first := r.s
		r.s = other
		q := r.negotiated(smb2.Dialect311)
		r.s = first
		if s := q.joins(p, "alice", "opensesame"); s != c.want {
			t.Errorf("%s: %v, want %v", name, s, c.want)
		}
		p.work()
	}
}

// A session has a limited number of channels, and the one too many leaves no
// trace.
func TestTooManyChannels(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	p := r.user("alice")
	for range maxChannels - 1 {
		r.second(p)
	}
	q := r.negotiated(smb2.Dialect311)
	if s := q.joins(p, "alice", "opensesame"); s != smb2.StatusInsufficientResources {
		t.Error(s)
	}
	p.work()
}
