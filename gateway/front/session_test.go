package front

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
)

// Every dialect and every cipher and signature, from NEGOTIATE to LOGOFF.
func TestSessions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		dialect smb2.Dialect
		cipher  smb2.Cipher
		signing smb2.SigningAlgorithm
		seal    bool
		want    crypt.Suite
	}{
		{smb2.Dialect202, 0, 0, false, crypt.Suite{Dialect: smb2.Dialect202}},
		{smb2.Dialect21, 0, 0, false, crypt.Suite{Dialect: smb2.Dialect21}},
		{smb2.Dialect30, 0, 0, false, crypt.Suite{Dialect: smb2.Dialect30, Signing: crypt.AESCMAC, Cipher: crypt.AES128CCM}},
		{smb2.Dialect302, 0, 0, true, crypt.Suite{Dialect: smb2.Dialect302, Signing: crypt.AESCMAC, Cipher: crypt.AES128CCM}},
		{smb2.Dialect311, 0, 0, false, crypt.Suite{Dialect: smb2.Dialect311, Signing: crypt.AESGMAC, Cipher: crypt.AES128GCM}},
		{smb2.Dialect311, 0, 0, true, crypt.Suite{Dialect: smb2.Dialect311, Signing: crypt.AESGMAC, Cipher: crypt.AES128GCM}},
		{smb2.Dialect311, smb2.CipherAES128CCM, smb2.SigningAESCMAC, true, crypt.Suite{Dialect: smb2.Dialect311, Signing: crypt.AESCMAC, Cipher: crypt.AES128CCM}},
		{smb2.Dialect311, smb2.CipherAES256GCM, smb2.SigningAESCMAC, true, crypt.Suite{Dialect: smb2.Dialect311, Signing: crypt.AESCMAC, Cipher: crypt.AES256GCM}},
		{smb2.Dialect311, smb2.CipherAES256CCM, smb2.SigningAESCMAC, true, crypt.Suite{Dialect: smb2.Dialect311, Signing: crypt.AESCMAC, Cipher: crypt.AES256CCM}},
		{smb2.Dialect311, 77, 77, false, crypt.Suite{Dialect: smb2.Dialect311, Signing: crypt.AESCMAC}},
	} {
		t.Run(fmt.Sprintf("%v, %v, %v, sealed %v", c.dialect, c.cipher, c.signing, c.seal), func(t *testing.T) {
			t.Parallel()
			p := newRig(t, nil).dial()
			request := p.negotiateRequest(c.dialect, 0x7777)
			if c.cipher != 0 {
				q := smb2.NegotiateRequest{SecurityMode: 1, ClientGUID: guid, Dialects: []smb2.Dialect{c.dialect}}
				p.Next--
				request = q.Append(p.Header(smb2.CommandNegotiate, 1), contexts([]smb2.Cipher{c.cipher}, []smb2.SigningAlgorithm{c.signing}))
			}
			p.negotiate(request)
			if p.suite != c.want {
				t.Fatalf("%+v, want %+v", p.suite, c.want)
			}
			if s := p.login("Alice", "opensesame", 0); s != 0 || p.flags != 0 {
				t.Fatal(s, p.flags)
			}
			p.sign, p.seal = !c.seal, c.seal
			p.work()
		})
	}
}

// work uses a session for all kinds of things, and ends it.
func (p *peer) work() {
	t := p.t
	t.Helper()
	p.connect()
	if s := p.status(p.create()); s != 0 {
		t.Error("CREATE", s)
	}
	if s := p.status(p.WriteRequest(100, []byte("hello"))); s != 0 {
		t.Error("WRITE", s)
	}
	r := p.ask(p.ReadRequest(100, 5))
	res, err := smb2.ParseReadResponse(r.Header)
	must(t, err)
	if data, err := res.Data(r.Header); err != nil || string(data) != "hello" {
		t.Errorf("READ %q, %v", data, err)
	}
	if p.plain == p.seal {
		t.Errorf("sealed %v, the answer %v", p.seal, !p.plain)
	}
	if s := p.status(p.echo()); s != 0 {
		t.Error("ECHO", s)
	}
	if s := p.status(p.treeOff()); s != 0 {
		t.Error("TREE_DISCONNECT", s)
	}
	if s := p.status(p.ReadRequest(0, 1)); s != smb2.StatusNetworkNameDeleted {
		t.Error("READ of a tree that is gone", s)
	}
	if s := p.status(p.logoff()); s != 0 {
		t.Error("LOGOFF", s)
	}
	p.sign = false
	if p.seal {
		return // whose keys would open the answer?
	}
	if s := p.status(p.ReadRequest(0, 1)); s != smb2.StatusUserSessionDeleted {
		t.Error("READ of a session that is gone", s)
	}
}

func TestMultiProtocol(t *testing.T) {
	t.Parallel()
	p := newRig(t, nil).dial()
	must(t, p.Client.Send(smb2.AppendMultiProtocol(nil, "NT LM 0.12", smb2.DialectString202, smb2.DialectStringWild)))
	r, err := p.Receive()
	must(t, err)
	p.Next = 1
	if res, err := smb2.ParseNegotiateResponse(r.Header); err != nil || res.Dialect != smb2.DialectWild || r.MessageID() != 0 {
		t.Fatalf("%+v, %v", res, err)
	}
	p.negotiate(p.negotiateRequest(smb2.Dialect21, smb2.Dialect311))
	if s := p.login("alice", "opensesame", 0); s != 0 {
		t.Fatal(s)
	}
	p.sign = true
	p.work()
}

// Persistent handles, directory leases and channels are offered to who has asked for them,
// [MS-SMB2] 3.3.5.4.
func TestOfferedAsAsked(t *testing.T) {
	t.Parallel()
	const both = smb2.CapabilityPersistentHandles | smb2.CapabilityDirectoryLeasing | smb2.CapabilityMultiChannel
	for _, c := range []struct {
		dialect     smb2.Dialect
		asked, want smb2.Capabilities
	}{
		{smb2.Dialect311, both, both},
		{smb2.Dialect30, smb2.CapabilityPersistentHandles, smb2.CapabilityPersistentHandles},
		{smb2.Dialect302, 0, 0},
		{smb2.Dialect21, both, 0},
	} {
		p := newRig(t, nil).dial()
		b := p.negotiateRequest(c.dialect)
		const capabilities = smb2.HeaderSize + 8 // [MS-SMB2] 2.2.3
		binary.LittleEndian.PutUint32(b[capabilities:], uint32(c.asked))
		p.negotiate(b)
		if got := p.response.Capabilities & both; got != c.want {
			t.Errorf("%v, asked for %v: %v, want %v", c.dialect, c.asked, got, c.want)
		}
	}
}

func TestMultiProtocol202(t *testing.T) {
	t.Parallel()
	p := newRig(t, nil).dial()
	must(t, p.Client.Send(smb2.AppendMultiProtocol(nil, smb2.DialectString202)))
	r, err := p.Receive()
	must(t, err)
	p.Next = 1
	p.agree(nil, r)
	if s := p.login("alice", "opensesame", 0); s != 0 || p.suite.Dialect != smb2.Dialect202 {
		t.Fatal(s, p.suite)
	}
	p.sign = true
	p.work()
}

func TestLogins(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	p := r.dial()
	p.negotiate(p.negotiateRequest(smb2.Dialect311))
	for _, c := range []struct{ user, password string }{{"alice", "openbarley"}, {"mallory", "opensesame"}} {
		if s := p.login(c.user, c.password, 0); s != smb2.StatusLogonFailure {
			t.Errorf("%s: %v", c.user, s)
		}
	}
	if n := r.s.Sessions.Len(); n != 0 {
		t.Errorf("%d sessions of failed log-ins", n)
	}
	if s := p.login("alice", "opensesame", 0); s != 0 {
		t.Fatal(s)
	}
	p.sign = true
	id := p.Session
	if s := p.login("ALICE", "opensesame", 0); s != 0 || p.Session != id {
		t.Fatal("again:", s)
	}
	p.connect() // with the keys of the first
	if s := p.login("bob", "opensesame", 0); s != smb2.StatusAccessDenied {
		t.Error("as somebody else:", s)
	}
	if n := r.s.Sessions.Len(); n != 0 {
		t.Errorf("%d sessions after a log-in as somebody else", n)
	}
}

// ECHO is answered to nobody too, before a log-in and after the last LOGOFF,
// [MS-SMB2] 3.3.5.17; a connection that nobody uses ends some time later.
func TestEchoOfNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newRig(t, nil).dial()
		p.negotiate(p.negotiateRequest(smb2.Dialect311))
		if s := p.status(p.echo()); s != 0 {
			t.Error("before:", s)
		}
		if s := p.login("alice", "opensesame", 0); s != 0 || p.Session>>32 != 0 {
			t.Fatal(s, p.Session)
		}
		time.Sleep(2 * loginTime)
		p.sign = true
		if s := p.status(p.logoff()); s != 0 {
			t.Fatal(s)
		}
		p.sign, p.Session = false, 0
		if s := p.status(p.echo()); s != 0 {
			t.Error("after:", s)
		}
		began := time.Now()
		p.gone()
		if took := time.Since(began); took != loginTime {
			t.Errorf("disconnected after %v", took)
		}
	})
}

// ECHOs are few where nobody has logged in, before and after, and free where
// somebody has, also those that name no session.
func TestEchoFlood(t *testing.T) {
	t.Parallel()
	flood := func(p *peer, n int) {
		t.Helper()
		p.sign, p.Session = false, 0
		for i := range n {
			if s := p.status(p.echo()); s != 0 {
				t.Fatalf("ECHO %d: %v", i, s)
			}
		}
	}
	for _, c := range []struct {
		name  string
		until func(p *peer)
	}{
		{"before a log-in", func(*peer) {}},
		{"while one goes on", func(p *peer) {
			token, _, err := initiator("alice", "opensesame").Initiate(nil)
			must(t, err)
			if s := p.status((&smb2.SessionSetupRequest{}).Append(p.Header(smb2.CommandSessionSetup, 1), token)); s != smb2.StatusMoreProcessing {
				t.Fatal(s)
			}
		}},
		{"after the last LOGOFF", func(p *peer) {
			flood(p, maxProbes)
			if s := p.login("alice", "opensesame", 0); s != 0 {
				t.Fatal(s)
			}
			id := p.Session
			flood(p, 4*maxProbes)
			p.sign, p.Session = true, id
			if s := p.status(p.logoff()); s != 0 {
				t.Fatal(s)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newRig(t, nil).dial()
			p.negotiate(p.negotiateRequest(smb2.Dialect311))
			c.until(p)
			flood(p, maxProbes)
			must(t, p.Send(p.echo()))
			p.gone()
		})
	}
}

// The old session of a client goes when the same user comes back, and stays when
// it is another or fails, [MS-SMB2] 3.3.5.5.3.
func TestPreviousSession(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	old := r.user("alice")
	for _, c := range []struct {
		user, password string
		want           smb2.Status
	}{
		{"bob", "opensesame", 0},
		{"alice", "wrong", 0},
		{"alice", "opensesame", smb2.StatusUserSessionDeleted},
	} {
		p := r.dial()
		p.negotiate(p.negotiateRequest(smb2.Dialect311))
		p.login(c.user, c.password, old.Session)
		old.sign = c.want == 0
		if s := old.status(old.ReadRequest(0, 1)); s != c.want {
			t.Errorf("%s, %s: the old session says %v, want %v", c.user, c.password, s, c.want)
		}
		if got := r.shop.count(func() int { return len(r.shop.abandoned) }); (got == 1) != (c.want != 0) {
			t.Errorf("%s, %s: %d sessions are abandoned", c.user, c.password, got)
		}
		if c.want != 0 {
			p.sign = true
			p.connect()
			if got := r.shop.client.Previous; got != old.Session {
				t.Errorf("the new session follows %#x, want %#x", got, old.Session)
			}
		}
	}
	p := r.dial()
	p.negotiate(p.negotiateRequest(smb2.Dialect311))
	p.login("alice", "opensesame", 77) // which is gone
	p.sign = true
	p.connect()
	if got := r.shop.client.Previous; got != 77 {
		t.Errorf("the new session follows %#x, want one that is gone", got)
	}
}

// A session that was logged off is not abandoned, one whose client vanishes is;
// either way the connection closes its space.
func TestVanished(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	p := r.user("alice")
	if s := p.status(p.logoff()); s != 0 {
		t.Fatal(s)
	}
	p.Conn.Close()
	must(t, <-p.ended)
	q := r.user("alice")
	q.Conn.Close()
	must(t, <-q.ended)
	p.ended <- nil
	q.ended <- nil
	if !slices.Equal(r.shop.left, []uint64{p.Session}) {
		t.Errorf("logged off %#x", r.shop.left)
	}
	if !slices.Equal(r.shop.abandoned, []uint64{q.Session}) || r.shop.closed != 2 {
		t.Errorf("abandoned %#x, closed %d", r.shop.abandoned, r.shop.closed)
	}
}

func TestEncryptionRequired(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(r *rig) { r.s.Encryption, r.s.Secure = EncryptionRequired, true })
	p := r.dial()
	p.negotiate(p.negotiateRequest(smb2.Dialect311))
	if s := p.login("alice", "opensesame", 0); s != 0 || p.flags != smb2.SessionEncrypt {
		t.Fatal(s, p.flags)
	}
	p.sign = true
	if a := p.ask(p.treeConnectRequest(`\\gateway\data`)); a.Status() != smb2.StatusAccessDenied || p.plain {
		t.Error("TREE_CONNECT in the clear:", a.Status(), p.plain)
	}
	p.sign, p.seal = false, true
	p.work()

	q := r.dial()
	q.negotiate(q.negotiateRequest(smb2.Dialect21))
	if s := q.login("alice", "opensesame", 0); s != smb2.StatusAccessDenied {
		t.Error("without a cipher:", s)
	}
}

// A share that demands encryption, in a session that does not.
func TestShareEncrypts(t *testing.T) {
	t.Parallel()
	p := newRig(t, func(r *rig) { r.shop.flags = smb2.ShareEncrypt }).user("alice")
	if a := p.ask(p.ReadRequest(0, 1)); a.Status() != smb2.StatusAccessDenied {
		t.Error("READ in the clear:", a.Status())
	}
	p.sign, p.seal = false, true
	p.work()
}

func TestTransportSecurity(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		p := newRig(t, func(r *rig) { r.s.Secure = secure }).dial()
		reply := p.negotiate(p.negotiateRequest(smb2.Dialect311))
		list, err := p.response.Contexts(nil, reply.Header)
		must(t, err)
		answered := false
		for _, x := range list {
			answered = answered || x.Type == smb2.ContextTransport
			if x.Type == smb2.ContextNetName {
				t.Error("the server's name is answered")
			}
		}
		if answered != secure {
			t.Errorf("QUIC %v, answered %v", secure, answered)
		}
	}
}
