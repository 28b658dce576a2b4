package smb2test

import (
	"fmt"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
)

// A Keyed is a Server with sessions: it negotiates a Suite, lets everybody in
// whose key is Key, and signs and seals as [MS-SMB2] 3.3.4.1 has it. Of a
// mechanism it knows two tokens, "hello" and "proof", which it answers with
// "challenge" and "welcome". Its one session has id KeyedSession, its one tree
// KeyedTree.
type Keyed struct {
	Server
	Suite        crypt.Suite
	Key          []byte
	Mode         smb2.SecurityMode
	Capabilities smb2.Capabilities
	SessionFlags smb2.SessionFlags
	ShareFlags   smb2.ShareFlags
	ShareCaps    smb2.ShareCapabilities
	MaxSize      uint32 // of READ, WRITE and other payload; 8 MiB when 0

	// Wire, when set, has the last word about a message, already protected.
	Wire func(message []byte) []byte

	// What the client did.
	Signed, Sealed, Validated int
	Previous                  []uint64 // session that each log-in takes the place of

	connection crypt.PreauthHash
	session    crypt.PreauthHash
	hello      smb2.NegotiateRequest
	welcomed   bool
	signer     *crypt.Signer // of the session
	verifier   *crypt.Signer
	sealer     *crypt.Sealer
	opener     *crypt.Opener
	token      uint32 // of the reply that is being made
	invalidate bool
}

const (
	KeyedSession = 0x4142434445464748
	KeyedTree    = 0x33
)

// keyedGUID is the server's.
var keyedGUID = smb2.GUID{0xaa, 0xbb}

// Serve answers until the connection ends, and returns why.
func (s *Keyed) Serve() error {
	s.Server.init()
	s.Dialect = s.Suite.Dialect
	for {
		m, err := s.Conn.Receive()
		if err != nil {
			return err
		}
		err = s.message(m.Bytes())
		m.Release()
		if err != nil {
			return err
		}
	}
}

// message answers a client's message, which it overwrites.
func (s *Keyed) message(b []byte) error {
	sealed := smb2.KindOf(b) == smb2.KindTransform
	if sealed {
		if s.opener == nil {
			return fmt.Errorf("smb2test: sealed before there is a key")
		}
		plain, err := s.opener.Open(b)
		if err != nil {
			return err
		}
		b, s.Sealed = plain, s.Sealed+1
	}
	elements, err := smb2.Elements(nil, b)
	if err != nil {
		return err
	}
	var out []keyedReply
	for _, element := range elements {
		h := smb2.Header(element)
		if err := s.admit(h, sealed); err != nil {
			return err
		}
		a := Action{}
		if s.Script != nil {
			a = s.Script(&Request{Header: h, Message: b, Alone: len(elements) == 1})
		}
		r, err := s.reply(h, a, sealed)
		if err != nil {
			return err
		}
		if r != nil {
			out = append(out, keyedReply{r, h.Has(smb2.FlagSigned), a.Then})
		}
	}
	return s.send(out, sealed)
}

// admit checks ids and credits, session, and protection.
func (s *Keyed) admit(h smb2.Header, sealed bool) error {
	if err := s.Books.request(h); err != nil {
		return err
	}
	if s.hello.Dialects != nil && s.Suite.Dialect == smb2.Dialect311 && h.Command() == smb2.CommandTreeConnect &&
		s.signer != nil && !sealed && !h.Has(smb2.FlagSigned) {
		return fmt.Errorf("smb2test: TREE_CONNECT is not protected, [MS-SMB2] 3.3.5.7")
	}
	if h.Has(smb2.FlagSigned) && !sealed {
		if s.verifier == nil {
			return fmt.Errorf("smb2test: %v is signed before there is a key", h.Command())
		}
		if err := s.verifier.Verify(h); err != nil {
			return err
		}
		s.Signed++
	} else if s.welcomed && !sealed && s.Mode.Has(smb2.SigningRequired) && s.signer != nil && h.SessionID() != 0 {
		return fmt.Errorf("smb2test: %v is not signed", h.Command())
	}
	return nil
}

// reply makes the reply to one request, or nothing.
func (s *Keyed) reply(request smb2.Header, a Action, sealed bool) ([]byte, error) {
	switch {
	case a.Hangup:
		return nil, fmt.Errorf("smb2test: hung up on %v", request.Command())
	case request.Command() == smb2.CommandCancel, a.Silent:
		return nil, nil
	}
	h := replyHeader(request)
	h.SetCredits(s.grant(request))
	if a.Async {
		s.Books.nextAsync++
		h.SetAsync(s.Books.nextAsync)
		interim := append(smb2.Header(nil), h...)
		interim.SetStatus(smb2.StatusPending)
		if err := s.send([]keyedReply{{bytes: errorBody(interim)}}, sealed); err != nil {
			return nil, err
		}
		h.SetCredits(0)
	}
	b, err := s.body(request, h, a)
	if err == nil && a.Edit != nil {
		b = a.Edit(b)
	}
	return b, err
}

func (s *Keyed) body(request, h smb2.Header, a Action) ([]byte, error) {
	if a.Status != 0 && !isIO(request.Command()) {
		h.SetStatus(a.Status)
		return errorBody(h), nil
	}
	switch request.Command() {
	case smb2.CommandNegotiate:
		return s.negotiate(request, h)
	case smb2.CommandSessionSetup:
		return s.setup(request, h)
	case smb2.CommandTreeConnect:
		h.SetTreeID(KeyedTree)
		t := smb2.TreeConnectResponse{ShareType: max(s.Share, smb2.ShareDisk), ShareFlags: s.ShareFlags, Capabilities: s.ShareCaps, MaximalAccess: 0x1f01ff}
		return t.AppendBody(h), nil
	case smb2.CommandIoctl:
		return s.validate(request, h)
	case smb2.CommandLogoff, smb2.CommandLock, smb2.CommandFlush:
		return append(h, 4, 0, 0, 0), nil
	case smb2.CommandCreate:
		r := smb2.CreateResponse{FileID: smb2.NewFileID(1, 2), OplockLevel: smb2.OplockBatch}
		return r.Append(h, nil), nil
	case smb2.CommandClose:
		return new(smb2.CloseResponse).AppendBody(h), nil
	}
	r := &Request{Header: request, Message: request, Alone: true}
	b, token, invalidate, err := s.handle(r, h, a)
	s.token, s.invalidate = token, invalidate
	return b, err
}

func isIO(c smb2.Command) bool { return c == smb2.CommandRead || c == smb2.CommandWrite }

func (s *Keyed) negotiate(request, h smb2.Header) ([]byte, error) {
	var err error
	if s.hello, err = smb2.ParseNegotiateRequest(request); err != nil {
		return nil, err
	}
	size := s.MaxSize
	if size == 0 {
		size = 8 << 20
	}
	r := smb2.NegotiateResponse{
		SecurityMode: s.Mode | smb2.SigningEnabled, Dialect: s.Suite.Dialect, ServerGUID: keyedGUID,
		Capabilities:    s.Capabilities | smb2.CapabilityLargeMTU | smb2.CapabilityLeasing,
		MaxTransactSize: size, MaxReadSize: size, MaxWriteSize: size,
	}
	var contexts []smb2.NegotiateContext
	if s.Suite.Dialect == smb2.Dialect311 {
		preauth := smb2.PreauthContext{Hashes: []smb2.HashAlgorithm{smb2.HashSHA512}, Salt: []byte("salt")}
		signing := smb2.SigningContext{Algorithms: []smb2.SigningAlgorithm{smb2.SigningAlgorithm(s.Suite.Signing)}}
		cipher := smb2.EncryptionContext{Ciphers: []smb2.Cipher{smb2.Cipher(s.Suite.Cipher)}}
		contexts = []smb2.NegotiateContext{
			{Type: smb2.ContextPreauth, Data: preauth.AppendBody(nil)},
			{Type: smb2.ContextEncryption, Data: cipher.AppendBody(nil)},
			{Type: smb2.ContextSigning, Data: signing.AppendBody(nil)},
		}
	}
	if s.Suite.Dialect == smb2.Dialect30 || s.Suite.Dialect == smb2.Dialect302 {
		r.Capabilities |= smb2.CapabilityEncryption
	}
	s.Capabilities = r.Capabilities
	b := r.Append(h, []byte("hint"), contexts)
	if err := s.connection.Add(request); err != nil {
		return nil, err
	}
	return b, s.connection.Add(b)
}

func (s *Keyed) setup(request, h smb2.Header) ([]byte, error) {
	r, err := smb2.ParseSessionSetupRequest(request)
	if err != nil {
		return nil, err
	}
	token, err := r.Security(request)
	if err != nil {
		return nil, err
	}
	h.SetSessionID(KeyedSession)
	again := s.welcomed
	if string(token) == "hello" && !again && s.Suite.Dialect == smb2.Dialect311 {
		if s.session, err = s.connection.Session(); err != nil {
			return nil, err
		}
	}
	if err := s.hash(request); err != nil {
		return nil, err
	}
	var res smb2.SessionSetupResponse
	switch string(token) {
	case "hello":
		s.Previous = append(s.Previous, r.PreviousSessionID)
		h.SetStatus(smb2.StatusMoreProcessing)
		b := res.Append(h, []byte("challenge"))
		return b, s.hash(b)
	case "proof":
		if !again {
			err = s.keys()
		}
		s.welcomed = true
		res.Flags = s.SessionFlags
		return res.Append(h, []byte("welcome")), err
	}
	h.SetStatus(smb2.StatusLogonFailure)
	return errorBody(h), nil
}

func (s *Keyed) hash(b []byte) error {
	if s.Suite.Dialect != smb2.Dialect311 || s.welcomed {
		return nil
	}
	return s.session.Add(b)
}

func (s *Keyed) keys() error {
	if s.Key == nil {
		return nil
	}
	var sum []byte
	if s.Suite.Dialect == smb2.Dialect311 {
		v, err := s.session.Sum()
		if err != nil {
			return err
		}
		sum = v[:]
	}
	keys, err := crypt.NewSession(s.Suite, crypt.Server, s.Key, sum)
	if err != nil {
		return err
	}
	if s.signer, err = keys.Signer(s.Suite); err != nil {
		return err
	}
	if s.verifier, err = keys.Signer(s.Suite); err != nil || s.Suite.Cipher == crypt.NoCipher {
		return err
	}
	if s.sealer, err = keys.Sealer(); err != nil {
		return err
	}
	s.opener, err = keys.Opener()
	return err
}

// validate answers VALIDATE_NEGOTIATE_INFO.
func (s *Keyed) validate(request, h smb2.Header) ([]byte, error) {
	r, err := smb2.ParseIoctlRequest(request)
	if err != nil {
		return nil, err
	}
	if r.Code != smb2.FsctlValidateNegotiateInfo {
		h.SetStatus(smb2.StatusInvalidDeviceRequest)
		return errorBody(h), nil
	}
	input, err := r.Input(request)
	if err != nil {
		return nil, err
	}
	v, err := smb2.ParseValidateNegotiateRequest(input)
	if err != nil {
		return nil, err
	}
	if v.ClientGUID != s.hello.ClientGUID || v.Capabilities != s.hello.Capabilities || v.SecurityMode != s.hello.SecurityMode {
		return nil, fmt.Errorf("smb2test: VALIDATE_NEGOTIATE_INFO differs from NEGOTIATE")
	}
	s.Validated++
	answer := smb2.ValidateNegotiateResponse{
		Capabilities: s.Capabilities, ServerGUID: keyedGUID, SecurityMode: s.Mode | smb2.SigningEnabled, Dialect: s.Suite.Dialect,
	}
	res := smb2.IoctlResponse{Code: r.Code, FileID: r.FileID}
	return res.Append(h, answer.AppendBody(nil)), nil
}

type keyedReply struct {
	bytes  []byte
	signed bool // its request was
	then   func()
}

// send protects replies and sends them as one message.
func (s *Keyed) send(list []keyedReply, sealed bool) error {
	if len(list) == 0 {
		return nil
	}
	all := make([]byte, 0, 256)
	if sealed {
		all = append(all, make([]byte, crypt.TransformSize)...)
	}
	for i, r := range list {
		at := len(all)
		all = append(all, r.bytes...)
		if i < len(list)-1 {
			all = smb2.Link(all, at)
		}
		if err := s.sign(smb2.Header(all[at:]), r.signed && !sealed); err != nil {
			return err
		}
	}
	if sealed {
		if err := s.sealer.Seal(all, KeyedSession); err != nil {
			return err
		}
	}
	if s.Wire != nil {
		all = s.Wire(all)
	}
	m := s.Arena.New(len(all))
	copy(m.Bytes(), all)
	m.Invalidate, m.Invalidates = s.token, s.invalidate
	s.token, s.invalidate = 0, false
	if err := s.Conn.Send(m); err != nil {
		return err
	}
	for _, r := range list {
		if r.then != nil {
			r.then()
		}
	}
	return nil
}

// sign signs what answers a signed request, and the end of a log-in.
func (s *Keyed) sign(h smb2.Header, asked bool) error {
	required := s.Suite.Dialect >= smb2.Dialect30 || (s.Mode | s.hello.SecurityMode).Has(smb2.SigningRequired)
	final := h.Command() == smb2.CommandSessionSetup && h.Status() == smb2.StatusSuccess && required
	if s.signer == nil || !asked && !final || !crypt.Signable(h) {
		return nil
	}
	return s.signer.Sign(h)
}

// Say sends an element that answers nothing, as breaks are.
func (s *Keyed) Say(element []byte) error {
	m := s.Arena.New(len(element))
	copy(m.Bytes(), element)
	return s.Conn.Send(m)
}

// SaySealed is Say, sealed as the session's messages are.
func (s *Keyed) SaySealed(element []byte) error {
	b := append(make([]byte, crypt.TransformSize), element...)
	if err := s.sealer.Seal(b, KeyedSession); err != nil {
		return err
	}
	return s.Say(b)
}
