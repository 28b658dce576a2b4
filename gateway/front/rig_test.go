package front

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/auth/ntlm"
	"github.com/smbgw/smbgw/auth/spnego"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
	"github.com/smbgw/smbgw/smb2/smb2test"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/mem"
)

var guid = smb2.GUID{0xc1, 1, 2, 3}

type accounts []string

func (a accounts) Lookup(name string) (auth.Account, error) {
	for _, n := range a {
		if auth.Upper(n) == auth.Upper(name) {
			return auth.Account{Name: n, Hash: ntlm.Hash("opensesame")}, nil
		}
	}
	return auth.Account{}, auth.ErrNoUser
}

// A rig is a Server with a shop behind it, in memory.
type rig struct {
	t    testing.TB
	s    *Server
	shop *shop
	net  *mem.Network
	wrap func(transports.Conn) transports.Conn // what the Server is given; nil: as it is
	ctx  context.Context                       // of the Server; nil: it does not end
}

func newRig(t testing.TB, configure func(*rig)) *rig {
	server := &ntlm.Server{Users: accounts{"alice", "bob"}, Computer: "GATEWAY"}
	table := []spnego.Mechanism{{Name: "NTLM", OIDs: []spnego.OID{spnego.NTLM}, Raw: ntlm.IsMessage,
		Accept: func() auth.Acceptor { return server.NewAcceptor() }}}
	r := &rig{t: t, shop: newShop(1 << 20), net: &mem.Network{Arena: new(transports.Arena), Buffer: 64}}
	r.s = &Server{
		GUID: smb2.GUID{1, 2, 3}, Hint: spnego.Hint(table), MinDialect: smb2.Dialect202,
		NewAcceptor: func(net.Addr) auth.Acceptor { return spnego.NewAcceptor(table) },
		Arena:       new(transports.Arena), Sessions: new(Sessions), Log: slog.New(slog.DiscardHandler),
	}
	if configure != nil {
		configure(r)
	}
	t.Cleanup(r.check)
	return r
}

// check is what has to be zero when everybody has gone.
func (r *rig) check() {
	for name, n := range map[string]int64{
		"replies":  r.s.Arena.InUse(),
		"answers":  r.shop.arena.InUse(),
		"received": r.net.Arena.InUse(),
		"sessions": int64(r.s.Sessions.Len()),
		"trees":    int64(r.shop.count(func() int { return r.shop.open })),
	} {
		if n != 0 {
			r.t.Errorf("%d %s are left", n, name)
		}
	}
}

// A peer is a client that can log in, sign and seal.
type peer struct {
	*smb2test.Client
	t     testing.TB
	rig   *rig
	ended chan error
	used  Summary // from when it has ended

	suite            crypt.Suite
	hash             crypt.PreauthHash
	signer, verifier *crypt.Signer
	sealer           *crypt.Sealer
	opener           *crypt.Opener
	keys             *crypt.Session
	flags            smb2.SessionFlags
	response         smb2.NegotiateResponse
	sign, seal       bool
	plain            bool // what arrived last was not sealed
}

func (r *rig) dial() *peer {
	client, server := r.net.Pipe()
	p := &peer{Client: smb2test.NewClient(client), t: r.t, rig: r, ended: make(chan error, 1)}
	p.Session, p.Tree = 0, 0
	if r.wrap != nil {
		server = r.wrap(server)
	}
	ctx := r.ctx
	if ctx == nil {
		ctx = context.Background()
	}
	go func() {
		used, err := r.s.Serve(ctx, server, r.shop)
		p.used = used
		p.ended <- err
	}()
	r.t.Cleanup(func() {
		client.Close()
		select {
		case <-p.ended:
		case <-time.After(10 * time.Second):
			r.t.Error("Serve does not end")
		}
		if n := p.Arena.InUse(); n != 0 {
			r.t.Errorf("%d requests are left", n)
		}
	})
	return p
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// contexts are what a client of 3.1.1 offers.
func contexts(ciphers []smb2.Cipher, signings []smb2.SigningAlgorithm) []smb2.NegotiateContext {
	return []smb2.NegotiateContext{
		{Type: smb2.ContextPreauth, Data: (&smb2.PreauthContext{Hashes: []smb2.HashAlgorithm{1}, Salt: make([]byte, 32)}).AppendBody(nil)},
		{Type: smb2.ContextEncryption, Data: (&smb2.EncryptionContext{Ciphers: ciphers}).AppendBody(nil)},
		{Type: smb2.ContextSigning, Data: (&smb2.SigningContext{Algorithms: signings}).AppendBody(nil)},
		{Type: smb2.ContextTransport, Data: (&smb2.TransportContext{Flags: 1}).AppendBody(nil)},
		{Type: smb2.ContextNetName, Data: smb2.AppendUTF16(nil, "gateway")},
	}
}

// negotiateRequest offers dialects, and everything that 3.1.1 has.
func (p *peer) negotiateRequest(dialects ...smb2.Dialect) []byte {
	q := smb2.NegotiateRequest{SecurityMode: smb2.SigningEnabled, ClientGUID: guid, Dialects: dialects,
		Capabilities: smb2.CapabilityEncryption | smb2.CapabilityLargeMTU | smb2.CapabilityLeasing}
	var list []smb2.NegotiateContext
	for _, d := range dialects {
		if d == smb2.Dialect311 {
			list = contexts([]smb2.Cipher{2, 1, 4, 3}, []smb2.SigningAlgorithm{0, 1, 2})
		}
	}
	return q.Append(p.Header(smb2.CommandNegotiate, 1), list)
}

// negotiate takes the contexts into account that the answer has.
func (p *peer) negotiate(request []byte) *smb2test.Reply {
	p.t.Helper()
	reply, err := p.Ask(request)
	must(p.t, err)
	p.agree(request, reply)
	return reply
}

func (p *peer) agree(request []byte, reply *smb2test.Reply) {
	p.t.Helper()
	res, err := smb2.ParseNegotiateResponse(reply.Header)
	must(p.t, err)
	p.response = res
	p.suite = crypt.Suite{Dialect: res.Dialect}
	if res.Dialect >= smb2.Dialect30 {
		p.suite.Signing = crypt.AESCMAC
	}
	if res.Capabilities.Has(smb2.CapabilityEncryption) {
		p.suite.Cipher = crypt.AES128CCM
	}
	if res.Dialect != smb2.Dialect311 {
		return
	}
	list, err := res.Contexts(nil, reply.Header)
	must(p.t, err)
	for _, x := range list {
		switch x.Type {
		case smb2.ContextEncryption:
			e, _ := smb2.ParseEncryptionContext(x.Data)
			p.suite.Cipher = crypt.Cipher(e.Ciphers[0])
		case smb2.ContextSigning:
			e, _ := smb2.ParseSigningContext(x.Data)
			p.suite.Signing = crypt.Signing(e.Algorithms[0])
		}
	}
	must(p.t, p.hash.Add(request))
	must(p.t, p.hash.Add(reply.Message))
}

func initiator(user, password string) auth.Initiator {
	c := &ntlm.Client{User: user, Hash: ntlm.Hash(password), Target: "cifs/gateway"}
	return spnego.NewInitiator([]spnego.Mechanism{{Name: "NTLM", OIDs: []spnego.OID{spnego.NTLM},
		Initiate: func() auth.Initiator { return c.NewInitiator() }}})
}

// login logs in and returns the last status; what was valid stays so.
func (p *peer) login(user, password string, previous uint64) smb2.Status {
	p.t.Helper()
	first := p.signer == nil
	i := initiator(user, password)
	hash := p.hash
	if p.suite.Dialect == smb2.Dialect311 && first {
		var err error
		hash, err = p.hash.Session()
		must(p.t, err)
	}
	var answer []byte
	for {
		token, done, err := i.Initiate(answer)
		must(p.t, err)
		q := smb2.SessionSetupRequest{SecurityMode: smb2.SigningEnabled, PreviousSessionID: previous}
		h := p.Header(smb2.CommandSessionSetup, 1)
		h.SetCredits(64)
		request := q.Append(h, token)
		if first {
			hash.Add(request)
			must(p.t, p.Client.Send(request))
		} else {
			must(p.t, p.Send(request))
		}
		reply, err := p.Receive()
		must(p.t, err)
		p.Session = reply.SessionID()
		if reply.Status() != smb2.StatusMoreProcessing && reply.Status() != 0 {
			p.Session = 0
			return reply.Status()
		}
		res, err := smb2.ParseSessionSetupResponse(reply.Header)
		must(p.t, err)
		answer, err = res.Security(reply.Header)
		must(p.t, err)
		if first {
			hash.Add(reply.Message)
		}
		if reply.Status() == 0 {
			p.flags = res.Flags
			if done == nil {
				_, done, err = i.Initiate(answer)
				must(p.t, err)
			}
			if first {
				p.derive(hash, done)
				must(p.t, p.verifier.Verify(reply.Message)) // what authenticates NEGOTIATE
			}
			return 0
		}
	}
}

func (p *peer) derive(hash crypt.PreauthHash, done *auth.Result) {
	p.t.Helper()
	var sum []byte
	if p.suite.Dialect == smb2.Dialect311 {
		s, err := hash.Sum()
		must(p.t, err)
		sum = s[:]
	}
	k, err := crypt.NewSession(p.suite, crypt.Client, done.Key.Bytes(), sum)
	must(p.t, err)
	p.keys = k
	p.signer, err = k.Signer(p.suite)
	must(p.t, err)
	p.verifier, _ = k.Signer(p.suite)
	if p.suite.Cipher != 0 {
		p.sealer, err = k.Sealer()
		must(p.t, err)
		p.opener, _ = k.Opener()
	}
}

// Send protects a message as the peer does now.
func (p *peer) Send(b []byte) error {
	switch {
	case p.seal:
		b = append(make([]byte, crypt.TransformSize, len(b)+80), b...)
		if err := p.sealer.Seal(b, p.Session); err != nil {
			return err
		}
	case p.sign:
		for rest := b; len(rest) > 0; {
			e, after, err := smb2.Split(rest)
			if err != nil {
				return err
			}
			if err := p.signer.Sign(e); err != nil {
				return err
			}
			rest = after
		}
	}
	return p.Client.Send(b)
}

// Receive opens or verifies what comes.
func (p *peer) Receive() (*smb2test.Reply, error) {
	m, err := p.Conn.Receive()
	if err != nil {
		return nil, err
	}
	defer m.Release()
	b := bytes.Clone(m.Bytes())
	p.plain = true
	if smb2.KindOf(b) == smb2.KindTransform {
		p.plain = false
		if b, err = p.opener.Open(b); err != nil {
			return nil, err
		}
	}
	r := &smb2test.Reply{Message: b, Token: m.Invalidate, Invalidates: m.Invalidates}
	for rest := b; len(rest) > 0; {
		e, after, err := smb2.Split(rest)
		if err != nil {
			return nil, err
		}
		if r.Header == nil {
			r.Header = e
		}
		h := smb2.Header(e)
		p.Granted += uint64(h.Credits())
		if p.plain && h.Has(smb2.FlagSigned) && p.verifier != nil {
			if err := p.verifier.Verify(e); err != nil {
				return nil, err
			}
		}
		rest = after
	}
	return r, nil
}

// ask sends a request and returns its answer.
func (p *peer) ask(request []byte) *smb2test.Reply {
	p.t.Helper()
	id := smb2.Header(request).MessageID()
	must(p.t, p.Send(request))
	r, err := p.Receive()
	must(p.t, err)
	if r.MessageID() != id || !r.Has(smb2.FlagReply) {
		p.t.Fatalf("%d is answered by %d", id, r.MessageID())
	}
	if r.Status() != smb2.StatusPending && p.sign && p.plain && !r.Has(smb2.FlagSigned) {
		p.t.Fatalf("the answer to a signed %v is not signed: %v", r.Command(), r.Status())
	}
	if p.Granted < uint64(p.Next)+1 {
		p.t.Fatalf("%d credits granted, %d spent: none left", p.Granted, p.Next)
	}
	return r
}

// status asks for nothing but the status.
func (p *peer) status(request []byte) smb2.Status {
	p.t.Helper()
	return p.ask(request).Status()
}

func (p *peer) treeConnectRequest(path string) []byte {
	return (&smb2.TreeConnectRequest{}).Append(p.Header(smb2.CommandTreeConnect, 1), smb2.AppendUTF16(nil, path))
}

func (p *peer) connect() {
	p.t.Helper()
	r := p.ask(p.treeConnectRequest(`\\gateway\data`))
	if r.Status() != 0 || r.TreeID() == 0 {
		p.t.Fatalf("TREE_CONNECT: %v, tree %d", r.Status(), r.TreeID())
	}
	p.Tree = r.TreeID()
}

// user is a peer that has a tree: dialect 3.1.1, signed.
func (r *rig) user(name string) *peer {
	r.t.Helper()
	p := r.dial()
	p.negotiate(p.negotiateRequest(smb2.Dialect311))
	if s := p.login(name, "opensesame", 0); s != 0 {
		r.t.Fatal(s)
	}
	p.sign = true
	p.connect()
	return p
}

// gone waits for the end of the connection, without an answer to come before.
func (p *peer) gone() {
	p.t.Helper()
	if m, err := p.Conn.Receive(); err == nil {
		h := bytes.Clone(m.Bytes())
		m.Release()
		p.t.Fatalf("not disconnected: %x", h)
	}
	if err := <-p.ended; err == nil {
		p.t.Error("Serve names no cause")
	}
	p.ended <- nil
}

// Bodies of requests.
func (p *peer) echo() []byte   { return (&smb2.Echo{}).AppendBody(p.Header(smb2.CommandEcho, 1)) }
func (p *peer) logoff() []byte { return (&smb2.Logoff{}).AppendBody(p.Header(smb2.CommandLogoff, 1)) }
func (p *peer) treeOff() []byte {
	return (&smb2.TreeDisconnect{}).AppendBody(p.Header(smb2.CommandTreeDisconnect, 1))
}
func (p *peer) create() []byte {
	q := smb2.CreateRequest{Disposition: smb2.DispositionOpen, Access: smb2.AccessReadData, NameOffset: 120}
	return append(q.AppendBody(p.Header(smb2.CommandCreate, 1)), 0)
}
func (p *peer) closeFile(f smb2.FileID) []byte {
	return (&smb2.CloseRequest{FileID: f}).AppendBody(p.Header(smb2.CommandClose, 1))
}
func (p *peer) lock() []byte {
	return (&smb2.LockRequest{FileID: smb2.NewFileID(1, 2)}).Append(p.Header(smb2.CommandLock, 1), []smb2.Lock{{Length: 1}})
}
func (p *peer) cancel(of smb2.Header, async uint64) []byte {
	h := smb2.NewHeader(smb2.CommandCancel, of.MessageID())
	h.SetSessionID(p.Session)
	h.SetTreeID(p.Tree)
	if async != 0 {
		h.SetAsync(async)
	}
	return (&smb2.Cancel{}).AppendBody(h)
}
func (p *peer) ioctl(f smb2.FSCTL, input []byte) []byte {
	q := smb2.IoctlRequest{Code: f, FileID: smb2.NoFile, MaxOutput: 4096, Flags: smb2.IoctlIsFSCTL}
	return q.Append(p.Header(smb2.CommandIoctl, 1), input)
}

// chain puts requests into one message; related says that they are.
func chain(related bool, list ...[]byte) (b []byte) {
	for i, e := range list {
		if i > 0 {
			at := 0
			for smb2.Header(b[at:]).NextCommand() != 0 {
				at += int(smb2.Header(b[at:]).NextCommand())
			}
			b = smb2.Link(b, at)
		}
		if related && i > 0 {
			smb2.Header(e).Set(smb2.FlagRelated)
		}
		b = append(b, e...)
	}
	return b
}

// statuses of all elements of an answer.
func statuses(t testing.TB, r *smb2test.Reply) (list []smb2.Status) {
	t.Helper()
	elements, err := smb2.Elements(nil, r.Message)
	must(t, err)
	for _, e := range elements {
		list = append(list, smb2.Header(e).Status())
	}
	return list
}
