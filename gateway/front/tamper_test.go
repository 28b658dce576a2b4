package front

import (
	"bytes"
	"encoding/binary"
	"net"
	"slices"
	"testing"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
)

// Nothing is acted on before its signature is verified: a WRITE of which any
// byte has changed on its way writes nothing, [MS-SMB2] 3.3.5.2.4.
func TestEveryByteIsSigned(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(r *rig) { r.s.RequireSigning = true })
	for at := 0; at < smb2.WriteRequestBuffer+4; at++ {
		p := r.user("alice")
		b := p.signed(p.WriteRequest(0, []byte("evil")))
		b[at] ^= 0x40
		must(t, p.Client.Send(b))
		p.verifier = nil
		reply, err := p.Receive()
		if err != nil { // disconnected: ids, length, kind
			<-p.ended
			p.ended <- nil
		} else if reply.Status() == 0 {
			t.Errorf("byte %d: %v", at, reply.Status())
		}
		p.Conn.Close()
	}
	if bytes.HasPrefix(r.shop.store, []byte("evil")) || bytes.Contains(r.shop.store[:64], []byte("vil")) {
		t.Error("written")
	}
}

// What is sealed is opened whole or not at all, [MS-SMB2] 3.3.5.2.1.1.
func TestSealed(t *testing.T) {
	t.Parallel()
	edit := func(f func(b []byte) []byte) func(p *peer) []byte {
		return func(p *peer) []byte { return f(p.sealed(p.WriteRequest(0, []byte("evil")), p.Session)) }
	}
	const size, flags = 36, 42 // of OriginalMessageSize and Flags
	for _, c := range []struct {
		name string
		send func(p *peer) []byte
		want smb2.Status
	}{
		{"signature", edit(func(b []byte) []byte { b[4] ^= 1; return b }), disconnect},
		{"nonce", edit(func(b []byte) []byte { b[20] ^= 1; return b }), disconnect},
		{"a byte less is said", edit(func(b []byte) []byte { b[size]--; return b }), disconnect},
		{"a byte more is said", edit(func(b []byte) []byte { b[size]++; return b }), disconnect},
		{"4 GiB are said", edit(func(b []byte) []byte { binary.LittleEndian.PutUint32(b[size:], 1<<32-1); return b }), disconnect},
		{"truncated", edit(func(b []byte) []byte { return b[:len(b)-1] }), disconnect},
		{"prolonged", edit(func(b []byte) []byte { return append(b, 0) }), disconnect},
		{"no flags", edit(func(b []byte) []byte { b[flags] = 0; return b }), disconnect},
		{"other flags", edit(func(b []byte) []byte { b[flags] = 2; return b }), disconnect},
		{"header alone", edit(func(b []byte) []byte { return b[:smb2.TransformSize] }), disconnect},
		{"half a header", edit(func(b []byte) []byte { return b[:smb2.TransformSize/2] }), disconnect},
		{"NEGOTIATE inside", func(p *peer) []byte { return p.sealed(p.negotiateRequest(smb2.Dialect311), p.Session) }, disconnect},
		{"a new log-in inside", func(p *peer) []byte {
			id := p.Session
			p.Session = 0
			return p.sealed((&smb2.SessionSetupRequest{}).Append(p.Header(smb2.CommandSessionSetup, 1), nil), id)
		}, disconnect},
		{"related first", func(p *peer) []byte {
			b := p.echo()
			smb2.Header(b).Set(smb2.FlagRelated)
			return p.sealed(b, p.Session)
		}, disconnect},
		{"SMB1 inside", func(p *peer) []byte {
			return p.sealed(smb2.AppendMultiProtocol(nil, smb2.DialectStringWild), p.Session)
		}, disconnect},
		{"signature inside that means nothing", func(p *peer) []byte {
			b := p.echo()
			smb2.Header(b).Set(smb2.FlagSigned)
			copy(smb2.Header(b).Signature(), "whatever it says")
			return p.sealed(b, p.Session)
		}, 0},
		{"related without a session of its own", func(p *peer) []byte {
			b := chain(true, p.create(), p.ReadRequest(0, 1))
			_, second, _ := smb2.Split(b)
			smb2.Header(second).SetSessionID(1<<64 - 1)
			return p.sealed(b, p.Session)
		}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, nil)
			p := r.user("alice")
			must(t, p.Client.Send(c.send(p)))
			if c.want == disconnect {
				p.gone()
			} else if reply, err := p.Receive(); err != nil || reply.Status() != c.want || p.plain {
				t.Errorf("%v, %v, plain %v", reply, err, p.plain)
			}
			if bytes.HasPrefix(r.shop.store, []byte("evil")) {
				t.Error("written")
			}
		})
	}
}

// A message that comes again is not served again: its id is spent, [MS-SMB2]
// 3.3.5.2.3.
func TestReplayed(t *testing.T) {
	t.Parallel()
	for _, protect := range []func(p *peer, b []byte) []byte{
		func(p *peer, b []byte) []byte { return p.signed(b) },
		func(p *peer, b []byte) []byte { return p.sealed(b, p.Session) },
	} {
		r := newRig(t, nil)
		p := r.user("alice")
		b := protect(p, p.WriteRequest(0, []byte("one")))
		must(t, p.Client.Send(b))
		if reply, err := p.Receive(); err != nil || reply.Status() != 0 {
			t.Fatal(err)
		}
		must(t, p.Client.Send(b))
		p.gone()
	}
}

// What this end has said does not come back as a request.
func TestReflected(t *testing.T) {
	t.Parallel()
	p := newRig(t, nil).user("alice")
	reply := p.ask(p.echo())
	must(t, p.Client.Send(reply.Message))
	p.gone()
}

// Padding between the elements of a compound is signed with the one before it;
// what this end puts there is zero, [MS-SMB2] 3.1.4.1, 3.3.4.1.3.
func TestPadding(t *testing.T) {
	t.Parallel()
	p := newRig(t, func(r *rig) { r.s.RequireSigning = true }).user("alice")
	b := chain(false, p.WriteRequest(0, []byte("123")), p.echo())
	first, second, err := smb2.Split(b)
	must(t, err)
	must(t, p.signer.Sign(first))
	must(t, p.signer.Sign(second))
	first[len(first)-1] ^= 1
	must(t, p.Client.Send(b))
	reply, err := p.Receive()
	must(t, err)
	if got := statuses(t, reply); !slices.Equal(got, []smb2.Status{smb2.StatusAccessDenied, 0}) {
		t.Error(got)
	}
	failed, _, err := smb2.Split(reply.Message)
	must(t, err)
	if padding := failed[smb2.ErrorResponseLength:]; len(padding) != 7 || !bytes.Equal(padding, make([]byte, 7)) {
		t.Errorf("padding %x", padding)
	}
}

// A NEGOTIATE of 3.1.1 that somebody has edited on its way gives the two ends
// different keys: the client does not believe the log-in, and this end not the
// client, [MS-SMB2] 3.3.5.4 on the preauth hash.
func TestDowngraded(t *testing.T) {
	t.Parallel()
	p := newRig(t, nil).dial()
	sent := p.negotiateRequest(smb2.Dialect311)
	edited := bytes.Clone(sent)
	edited[smb2.HeaderSize+8] ^= byte(smb2.CapabilityLeasing)
	reply, err := p.Ask(edited)
	must(t, err)
	p.agree(sent, reply)
	hash, err := p.hash.Session()
	must(t, err)
	i := initiator("alice", "opensesame")
	var done *auth.Result
	var answer []byte
	for {
		var token []byte
		token, done, err = i.Initiate(answer)
		must(t, err)
		request := (&smb2.SessionSetupRequest{SecurityMode: smb2.SigningEnabled}).Append(p.Header(smb2.CommandSessionSetup, 1), token)
		must(t, hash.Add(request))
		reply, err = p.Ask(request)
		must(t, err)
		p.Session = reply.SessionID()
		res, err := smb2.ParseSessionSetupResponse(reply.Header)
		must(t, err)
		answer, err = res.Security(reply.Header)
		must(t, err)
		if reply.Status() == 0 {
			break
		}
		must(t, hash.Add(reply.Message))
	}
	if done == nil {
		_, done, err = i.Initiate(answer)
		must(t, err)
	}
	p.derive(hash, done)
	if p.verifier.Verify(reply.Message) == nil {
		t.Error("the client believes the end of its log-in")
	}
	must(t, p.Client.Send(p.signed(p.treeConnectRequest(`\\gateway\data`))))
	p.verifier = nil
	if reply, err := p.Receive(); err != nil || reply.Status() != smb2.StatusAccessDenied {
		t.Error("this end believes the client:", reply.Status(), err)
	}
}

// A guesting acceptor lets everybody in as nobody.
type guesting struct {
	auth.Acceptor
	anonymous bool
}

func (g guesting) Accept(token []byte) ([]byte, *auth.Result, error) {
	reply, done, err := g.Acceptor.Accept(token)
	if done != nil {
		done.Identity.User, done.Identity.Guest, done.Identity.Anonymous = "", !g.anonymous, g.anonymous
	}
	return reply, done, err
}

// A guest has no keys: nothing is opened or verified with any, [MS-SMB2]
// 3.3.5.2.1.1.
func TestGuest(t *testing.T) {
	t.Parallel()
	p := newRig(t, asNobody(false)).dial()
	p.negotiate(p.negotiateRequest(smb2.Dialect311))
	p.nobody(smb2.SessionGuest)
	p.connect()
	if s := p.status(p.ReadRequest(0, 1)); s != 0 {
		t.Error("READ:", s)
	}
	keys, err := crypt.NewSession(p.suite, crypt.Client, make([]byte, 16), make([]byte, 64))
	must(t, err)
	p.signer, _ = keys.Signer(p.suite)
	p.sealer, _ = keys.Sealer()
	must(t, p.Client.Send(p.signed(p.ReadRequest(0, 1))))
	if reply, err := p.Receive(); err != nil || reply.Status() != smb2.StatusAccessDenied {
		t.Error("signed:", reply.Status(), err)
	}
	must(t, p.Client.Send(p.sealed(p.echo(), p.Session)))
	p.gone()
}

// The anonymous may sign, with keys that are no secret, and not seal. The end of
// their log-in is not signed, [MS-SMB2] 3.3.5.5.3.
func TestAnonymous(t *testing.T) {
	t.Parallel()
	p := newRig(t, asNobody(true)).dial()
	p.negotiate(p.negotiateRequest(smb2.Dialect302))
	p.derive(p.hash, p.nobody(smb2.SessionNull))
	p.sign = true
	p.connect()
	if s := p.status(p.ReadRequest(0, 1)); s != 0 {
		t.Error("signed:", s)
	}
	b := p.signed(p.ReadRequest(0, 1))
	b[len(b)-1] ^= 1
	must(t, p.Client.Send(b))
	if a, err := p.Receive(); err != nil || a.Status() != smb2.StatusAccessDenied {
		t.Error("tampered:", a.Status(), err)
	}
	p.sign = false
	if s := p.status(p.ReadRequest(0, 1)); s != 0 {
		t.Error("unsigned:", s)
	}
	must(t, p.Client.Send(p.sealed(p.echo(), p.Session)))
	p.gone()
}

func asNobody(anonymous bool) func(r *rig) {
	return func(r *rig) {
		inner := r.s.NewAcceptor
		r.s.NewAcceptor = func(a net.Addr) auth.Acceptor { return guesting{inner(a), anonymous} }
	}
}

// nobody logs in where everybody is.
func (p *peer) nobody(flags smb2.SessionFlags) *auth.Result {
	p.t.Helper()
	i := initiator("alice", "opensesame")
	var answer []byte
	for {
		token, done, err := i.Initiate(answer)
		must(p.t, err)
		reply := p.ask((&smb2.SessionSetupRequest{}).Append(p.Header(smb2.CommandSessionSetup, 1), token))
		p.Session = reply.SessionID()
		res, err := smb2.ParseSessionSetupResponse(reply.Header)
		must(p.t, err)
		answer, err = res.Security(reply.Header)
		must(p.t, err)
		if reply.Status() != 0 {
			continue
		}
		if res.Flags != flags || reply.Has(smb2.FlagSigned) {
			p.t.Fatalf("flags %#x, signed %v", res.Flags, reply.Has(smb2.FlagSigned))
		}
		if done == nil {
			_, done, err = i.Initiate(answer)
			must(p.t, err)
		}
		return done
	}
}

// A client that seals by its own choice may end its session in the clear, and is
// answered in the clear.
func TestSealedByChoice(t *testing.T) {
	t.Parallel()
	p := newRig(t, nil).user("alice")
	p.sign, p.seal = false, true
	if s := p.status(p.ReadRequest(0, 1)); s != 0 || p.plain {
		t.Error(s, p.plain)
	}
	p.seal = false
	if s := p.status(p.logoff()); s != 0 || !p.plain {
		t.Error(s, p.plain)
	}
}

// Without a cipher nothing is opened.
func TestSealedWithoutCipher(t *testing.T) {
	t.Parallel()
	p := newRig(t, nil).dial()
	p.negotiate(p.negotiateRequest(smb2.Dialect21))
	if s := p.login("alice", "opensesame", 0); s != 0 {
		t.Fatal(s)
	}
	must(t, p.Client.Send(append(smb2.AppendTransform(nil, nil, 68, p.Session), make([]byte, 68)...)))
	p.gone()
}
