package back_test

import (
	"encoding/binary"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway/back"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
	"github.com/smbgw/smbgw/smb2/smb2test"
)

// on lets edit have the reply to the first command c.
func (r *rig) on(c smb2.Command, edit func(smb2.Header) []byte) {
	done := false
	r.server.Script = func(q *smb2test.Request) smb2test.Action {
		if q.Command() != c || done {
			return smb2test.Action{}
		}
		done = true
		return smb2test.Action{Edit: func(b []byte) []byte { return edit(b) }}
	}
}

// wire lets edit have the protected message that answers a LOCK.
func (r *rig) wire(edit func([]byte) []byte) {
	armed := false
	r.server.Script = func(q *smb2test.Request) smb2test.Action {
		armed = armed || q.Command() == smb2.CommandLock
		return smb2test.Action{}
	}
	r.server.Wire = func(b []byte) []byte {
		if armed {
			return edit(b)
		}
		return b
	}
}

// vni lets edit have the protected answer to VALIDATE_NEGOTIATE_INFO.
func (r *rig) vni(edit func([]byte) []byte) {
	r.server.Wire = func(b []byte) []byte {
		if smb2.Header(b).Command() == smb2.CommandIoctl {
			return edit(b)
		}
		return b
	}
}

// What is wrong in the way to a tree is refused before there is one, and ends
// the connection where the server cannot be believed any more.
func TestNoConnect(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		suite  crypt.Suite
		set    func(*rig)
		status smb2.Status
	}{
		"dialect not offered": {gmac, func(r *rig) {
			r.space.Options.Dialects = []smb2.Dialect{smb2.Dialect30, smb2.Dialect302}
		}, smb2.StatusServerUnavailable},
		"dialect lowered on the way": {gmac, func(r *rig) {
			r.on(smb2.CommandNegotiate, func(h smb2.Header) []byte {
				binary.LittleEndian.PutUint16(h[smb2.HeaderSize+4:], uint16(smb2.Dialect302))
				return h
			})
		}, smb2.StatusAccessDenied},
		"capabilities changed on the way to 3.0.2": {cmac, func(r *rig) {
			r.on(smb2.CommandNegotiate, func(h smb2.Header) []byte { h[smb2.HeaderSize+24] ^= 1; return h })
		}, smb2.StatusServerUnavailable},
		"mode changed on the way to 3.1.1": {gmac, func(r *rig) {
			r.on(smb2.CommandNegotiate, func(h smb2.Header) []byte { h[smb2.HeaderSize+2] ^= 2; return h })
		}, smb2.StatusAccessDenied},
		"small sizes":                   {gmac, func(r *rig) { r.server.MaxSize = 65535 }, smb2.StatusServerUnavailable},
		"no cipher":                     {crypt.Suite{Dialect: smb2.Dialect311, Signing: crypt.AESGMAC}, func(r *rig) { r.space.Options.Encrypt = true }, smb2.StatusServerUnavailable},
		"signing algorithm not offered": {crypt.Suite{Dialect: smb2.Dialect311, Signing: 7}, func(*rig) {}, smb2.StatusServerUnavailable},
		"negotiate truncated": {gmac, func(r *rig) {
			r.on(smb2.CommandNegotiate, func(h smb2.Header) []byte { return h[:100] })
		}, smb2.StatusServerUnavailable},
		"log-in failed":             {gmac, func(r *rig) { r.login = func() auth.Initiator { return &talker{last: "wrong", key: testKey} } }, smb2.StatusAccessDenied},
		"another key":               {gmac, func(r *rig) { r.server.Key = []byte("fedcba9876543210") }, smb2.StatusAccessDenied},
		"another key, 3.0.2":        {cmac, func(r *rig) { r.server.Key = []byte("fedcba9876543210") }, smb2.StatusAccessDenied},
		"final response not signed": {gmac, func(r *rig) { r.server.Key = nil }, smb2.StatusAccessDenied},
		"user made a guest":         {gmac, func(r *rig) { r.server.Key, r.server.SessionFlags = nil, smb2.SessionGuest }, smb2.StatusAccessDenied},
		"user made nobody":          {gmac, func(r *rig) { r.server.Key, r.server.SessionFlags = nil, smb2.SessionNull }, smb2.StatusAccessDenied},
		"session id changes": {gmac, func(r *rig) {
			n := 0
			r.server.Script = func(q *smb2test.Request) smb2test.Action {
				if q.Command() != smb2.CommandSessionSetup {
					return smb2test.Action{}
				}
				n++
				return smb2test.Action{Edit: func(b []byte) []byte { smb2.Header(b).SetSessionID(uint64(n)); return b }}
			}
		}, smb2.StatusAccessDenied},
		"session id 0": {gmac, func(r *rig) {
			r.on(smb2.CommandSessionSetup, func(h smb2.Header) []byte { h.SetSessionID(0); return h })
		}, smb2.StatusAccessDenied},
		"tree connect refused": {gmac, func(r *rig) {
			r.server.Script = func(q *smb2test.Request) smb2test.Action {
				if q.Command() == smb2.CommandTreeConnect {
					return smb2test.Action{Status: smb2.StatusBadNetworkName}
				}
				return smb2test.Action{}
			}
		}, smb2.StatusBadNetworkName},
		"share to be sealed without a cipher": {crypt.Suite{Dialect: smb2.Dialect311, Signing: crypt.AESGMAC}, func(r *rig) { r.server.ShareFlags = smb2.ShareEncrypt }, smb2.StatusAccessDenied},
		"negotiation validated with an error": {cmac, func(r *rig) {
			r.server.Script = func(q *smb2test.Request) smb2test.Action {
				if q.Command() == smb2.CommandIoctl {
					return smb2test.Action{Status: smb2.StatusAccessDenied}
				}
				return smb2test.Action{}
			}
		}, smb2.StatusServerUnavailable},
		"negotiation validated without a signature": {cmac, func(r *rig) {
			r.vni(func(b []byte) []byte { smb2.Header(b).Clear(smb2.FlagSigned); return b })
		}, smb2.StatusServerUnavailable},
		"negotiation validated by half an answer": {cmac, func(r *rig) {
			r.on(smb2.CommandIoctl, func(h smb2.Header) []byte {
				q := smb2.IoctlResponse{Code: smb2.FsctlValidateNegotiateInfo, FileID: smb2.NoFile}
				return q.Append(h[:smb2.HeaderSize], make([]byte, 8))
			})
		}, smb2.StatusServerUnavailable},
		"negotiation validated as another": {cmac, func(r *rig) {
			r.on(smb2.CommandIoctl, func(h smb2.Header) []byte { h[len(h)-1] ^= 1; return h })
		}, smb2.StatusServerUnavailable},
		"negotiation said to be unknown, without a signature": {cmac, func(r *rig) {
			r.vni(func(b []byte) []byte {
				h := smb2.Header(b)
				return smb2.AppendErrorReply(nil, h, smb2.StatusInvalidParameter, h.Credits())
			})
		}, smb2.StatusServerUnavailable},
		"more credits than sane": {gmac, func(r *rig) {
			r.server.Script = func(q *smb2test.Request) smb2test.Action {
				return smb2test.Action{Edit: func(b []byte) []byte {
					if q.Command() == smb2.CommandTreeConnect {
						smb2.Header(b).SetCredits(0xffff)
					}
					return b
				}}
			}
		}, smb2.StatusServerUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, x.suite)
			x.set(r)
			err := r.connect()
			if err == nil {
				t.Fatal("connected")
			}
			if st, ok := errors.AsType[smb2.Status](err); !ok || st != x.status {
				t.Errorf("%v is told as %v, not %v", err, st, x.status)
			}
			r.end(errors.ErrUnsupported) // whatever the server thinks of it
		})
	}
}

// A server that can no longer be believed loses its connection, and its client
// gets a failure, never the reply.
func TestDisbelieved(t *testing.T) {
	t.Parallel()
	sign := func(r *rig) { r.space.Options.Sign = true }
	seal := func(r *rig) { r.space.Options.Encrypt = true }
	last := func(b []byte) []byte { b[len(b)-1] ^= 1; return b }
	unsigned := func(b []byte) []byte { smb2.Header(b).Clear(smb2.FlagSigned); return b }
	for name, x := range map[string]struct {
		set  func(*rig)
		edit func([]byte) []byte
	}{
		"signed reply changed": {sign, last},
		"status changed":       {sign, func(b []byte) []byte { smb2.Header(b).SetStatus(smb2.StatusAccessDenied); return b }},
		"signature missing":    {sign, unsigned},
		"error without signature": {sign, func(b []byte) []byte {
			smb2.Header(b).SetStatus(smb2.StatusAccessDenied)
			return unsigned(b)
		}},
		"sealed reply changed":    {seal, last},
		"tag changed":             {seal, func(b []byte) []byte { b[5] ^= 1; return b }},
		"sealed for another":      {seal, func(b []byte) []byte { b[44] ^= 1; return b }},
		"sealed reply truncated":  {seal, func(b []byte) []byte { return b[:len(b)-1] }},
		"only a transform header": {seal, func(b []byte) []byte { return b[:52] }},
		"in clear": {seal, func(b []byte) []byte {
			h := smb2.NewHeader(smb2.CommandLock, smb2.MessageID(4))
			h.SetSessionID(smb2test.KeyedSession)
			return append(smb2.AppendReply(nil, h, 0, 1), 4, 0, 0, 0)
		}},
		"another command":            {func(*rig) {}, func(b []byte) []byte { smb2.Header(b).SetCommand(smb2.CommandFlush); return b }},
		"another session":            {func(*rig) {}, func(b []byte) []byte { smb2.Header(b).SetSessionID(1); return b }},
		"a request":                  {func(*rig) {}, func(b []byte) []byte { smb2.Header(b).Clear(smb2.FlagReply); return b }},
		"SMB1":                       {func(*rig) {}, func(b []byte) []byte { b[0] = 0xff; return b }},
		"compressed":                 {func(*rig) {}, func(b []byte) []byte { b[0] = 0xfc; return b }},
		"half a header":              {func(*rig) {}, func(b []byte) []byte { return b[:40] }},
		"NextCommand beyond the end": {func(*rig) {}, func(b []byte) []byte { smb2.Header(b).SetNextCommand(4096); return b }},
		"NextCommand askew":          {func(*rig) {}, func(b []byte) []byte { smb2.Header(b).SetNextCommand(66); return append(b, make([]byte, 128)...) }},
		"elements without end": {func(*rig) {}, func(b []byte) []byte {
			var all []byte
			for range smb2.MaxElements + 1 {
				h := smb2.NewHeader(smb2.CommandOplockBreak, smb2.Unsolicited)
				h.Set(smb2.FlagReply)
				h.SetNextCommand(72)
				all = append(append(all, h...), make([]byte, 8)...)
			}
			return append(all, b...)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, gmac)
			x.set(r)
			r.wire(x.edit)
			r.mustConnect()
			if got := r.do(smb2.CommandLock, lock); got.status() != smb2.StatusConnectionDisconnected {
				t.Errorf("the client is told %v", got.status())
			}
			if got := r.do(smb2.CommandLock, lock); got.status() != smb2.StatusNetworkNameDeleted {
				t.Errorf("then the client is told %v", got.status())
			}
			if err := r.space.Conn().Err(); !errors.Is(err, back.ErrProtocol) {
				t.Errorf("the connection ended: %v", err)
			}
			r.end(nil)
		})
	}
}

// Replies that were given before answer nothing again, and many of them are a
// server that has lost count.
func TestReplayed(t *testing.T) {
	t.Parallel()
	for _, seal := range []bool{false, true} {
		r := newRig(t, gmac)
		r.space.Options.Sign, r.space.Options.Encrypt = !seal, seal
		var kept []byte
		r.wire(func(b []byte) []byte {
			if kept == nil {
				kept = append([]byte(nil), b...)
				return b
			}
			if err := r.server.Say(kept); err != nil {
				t.Error(err)
			}
			return b
		})
		r.mustConnect()
		for i := range 9 { // one more than may be
			if got := r.do(smb2.CommandLock, lock); got.status() != smb2.StatusSuccess {
				t.Fatalf("lock %d: %v", i, got.status())
			}
		}
		r.do(smb2.CommandLock, lock)
		if err := r.space.Conn().Err(); !errors.Is(err, back.ErrProtocol) {
			t.Errorf("the connection lives: %v", err)
		}
		r.end(nil)
	}
}

// What servers answer without a key fails the request, and nothing more.
func TestForgiven(t *testing.T) {
	t.Parallel()
	for from, to := range map[smb2.Status]smb2.Status{
		smb2.StatusFileClosed:         smb2.StatusFileClosed,
		smb2.StatusInvalidParameter:   smb2.StatusInvalidParameter,
		smb2.StatusUserSessionDeleted: smb2.StatusNetworkNameDeleted,
	} {
		r := newRig(t, gmac)
		r.space.Options.Sign = true
		r.wire(func(b []byte) []byte {
			h := smb2.Header(b)
			return smb2.AppendErrorReply(nil, h, from, h.Credits())
		})
		r.mustConnect()
		if got := r.do(smb2.CommandLock, lock); got.status() != to {
			t.Errorf("%v is told as %v", from, got.status())
		}
		if err := r.space.Conn().Err(); err != nil {
			t.Errorf("%v ends the connection: %v", from, err)
		}
		r.server.Wire = nil
		r.end(nil)
	}
}

// A READ's reply says no more than was asked for.
func TestReadReplies(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(smb2.Header) []byte{
		"more than asked": func(h smb2.Header) []byte {
			return new(smb2.ReadResponse).Append(h[:smb2.HeaderSize], make([]byte, 101))
		},
		"data outside of the message": func(h smb2.Header) []byte {
			r := smb2.ReadResponse{DataOffset: 80, DataLength: 50}
			return r.AppendBody(h[:smb2.HeaderSize])
		},
		"no body": func(h smb2.Header) []byte { return h[:smb2.HeaderSize+2] },
		"data in the header": func(h smb2.Header) []byte {
			r := smb2.ReadResponse{DataOffset: 0, DataLength: 5}
			return r.AppendBody(h[:smb2.HeaderSize])
		},
	} {
		r := newRig(t, gmac)
		r.server.File = make([]byte, 1000)
		r.on(smb2.CommandRead, edit)
		r.mustConnect()
		if got := r.do(smb2.CommandRead, read(100)); got.status() != smb2.StatusNetworkNameDeleted {
			t.Errorf("%s: %v", name, got.status())
		}
		r.end(nil)
	}
}

// Nor does a WRITE's.
func TestWriteReplies(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(smb2.Header) []byte{
		"more than asked": func(h smb2.Header) []byte { return (&smb2.WriteResponse{Count: 101}).AppendBody(h[:smb2.HeaderSize]) },
		"half a body":     func(h smb2.Header) []byte { return h[:smb2.HeaderSize+8] },
	} {
		r := newRig(t, gmac)
		r.on(smb2.CommandWrite, edit)
		r.mustConnect()
		if got := r.do(smb2.CommandWrite, write(make([]byte, 100))); got.status() != smb2.StatusConnectionDisconnected {
			t.Errorf("%s: %v", name, got.status())
		}
		r.end(nil)
	}
}

// In a sealed message an element can be no longer than the message.
func TestSealedChain(t *testing.T) {
	t.Parallel()
	r := newRig(t, gmac)
	r.space.Options.Encrypt = true
	r.on(smb2.CommandLock, func(h smb2.Header) []byte { h.SetNextCommand(4096); return h })
	r.mustConnect()
	if got := r.do(smb2.CommandLock, lock); got.status() != smb2.StatusConnectionDisconnected {
		t.Errorf("the client is told %v", got.status())
	}
	if err := r.space.Conn().Err(); !errors.Is(err, back.ErrProtocol) {
		t.Errorf("the connection ended: %v", err)
	}
	r.end(nil)
}

// Contexts of an open that make no sense are the client's to judge, and nothing
// is known of the open.
func TestCreateReplies(t *testing.T) {
	t.Parallel()
	lease := func(data []byte) func(smb2.Header) []byte {
		return func(h smb2.Header) []byte {
			r := smb2.CreateResponse{FileID: smb2.NewFileID(1, 2), OplockLevel: smb2.OplockLease}
			return r.Append(h[:smb2.HeaderSize], []smb2.CreateContext{{Tag: []byte(smb2.TagLease), Data: data}})
		}
	}
	for name, edit := range map[string]func(smb2.Header) []byte{
		"half a lease": lease(make([]byte, 16)),
		"next beyond the end": func(h smb2.Header) []byte {
			b := lease(make([]byte, 32))(h)
			binary.LittleEndian.PutUint32(b[smb2.HeaderSize+88:], 0xfffffff8)
			return b
		},
		"contexts beyond the end": func(h smb2.Header) []byte {
			b := lease(make([]byte, 32))(h)
			binary.LittleEndian.PutUint32(b[smb2.HeaderSize+80:], 0xffff)
			return b
		},
		"no body": func(h smb2.Header) []byte { return h[:smb2.HeaderSize+10] },
	} {
		r := newRig(t, gmac)
		r.on(smb2.CommandCreate, edit)
		r.mustConnect()
		if got := r.do(smb2.CommandCreate, create); got.status() != 0 {
			t.Errorf("%s: %v", name, got.status())
		}
		if got := r.do(smb2.CommandLock, lock); got.status() != 0 {
			t.Errorf("%s, afterwards: %v", name, got.status())
		}
		r.end(nil)
	}
}

// Breaks of what nobody holds, and what is no break, are thrown away.
func TestBreakOfNothing(t *testing.T) {
	t.Parallel()
	head := func(c smb2.Command) smb2.Header {
		h := smb2.NewHeader(c, smb2.Unsolicited)
		h.Set(smb2.FlagReply)
		return h
	}
	for name, element := range map[string][]byte{
		"oplock":       (&smb2.OplockBreak{FileID: smb2.NewFileID(8, 9)}).AppendBody(head(smb2.CommandOplockBreak)),
		"lease":        (&smb2.LeaseBreak{Key: smb2.LeaseKey{1}}).AppendBody(head(smb2.CommandOplockBreak)),
		"half":         (&smb2.LeaseBreak{}).AppendBody(head(smb2.CommandOplockBreak))[:80],
		"of no size":   append(head(smb2.CommandOplockBreak), 7, 0, 0, 0),
		"empty":        head(smb2.CommandOplockBreak),
		"notification": append(head(0x13), make([]byte, 12)...),
		"a READ":       append(head(smb2.CommandRead), make([]byte, 16)...),
	} {
		r := newRig(t, gmac).mustConnect()
		if err := r.server.Say(element); err != nil {
			t.Error(err)
		}
		if got := r.do(smb2.CommandLock, lock); got.status() != 0 {
			t.Errorf("%s, afterwards: %v", name, got.status())
		}
		if len(r.front.breaks) != 0 {
			t.Errorf("%s goes to the client", name)
		}
		r.end(nil)
	}
}

// A server may say twice that it takes a while, and leave its id out.
func TestPendingTwice(t *testing.T) {
	t.Parallel()
	r := newRig(t, gmac)
	r.server.Script = func(q *smb2test.Request) smb2test.Action {
		if q.Command() != smb2.CommandLock {
			return smb2test.Action{}
		}
		for range 2 {
			if err := r.server.Say(smb2.AppendInterim(nil, q.Header[:smb2.HeaderSize], 0, 0)); err != nil {
				t.Error(err)
			}
		}
		return smb2test.Action{}
	}
	r.mustConnect()
	if got := r.do(smb2.CommandLock, lock); got.status() != 0 || got.pending != 1 {
		t.Errorf("%v, told to wait %d times", got.status(), got.pending)
	}
	r.end(nil)
}

// A server that grants nothing any more costs the requests that it has no
// credits for, after a time, and nothing spins.
func TestNoCredits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, gmac)
		r.server.Script = func(q *smb2test.Request) smb2test.Action {
			return smb2test.Action{Edit: func(b []byte) []byte {
				if smb2.Header(b).Command() >= smb2.CommandTreeConnect {
					smb2.Header(b).SetCredits(0)
				}
				return b
			}}
		}
		r.mustConnect()
		n := 0
		for ; n < 2000; n++ {
			if got := r.do(smb2.CommandLock, lock); got.status() != 0 {
				if got.status() != smb2.StatusInsuffServerResources {
					t.Errorf("told %v", got.status())
				}
				break
			}
		}
		if echoes := r.server.Books.Requests[smb2.CommandEcho]; n == 2000 || echoes > 10 {
			t.Errorf("%d requests, %d ECHOs", n, echoes)
		}
		r.end(nil)
	})
}

// A client's request that cannot be priced is not sent.
func TestMalformedRequest(t *testing.T) {
	t.Parallel()
	r := newRig(t, gmac).mustConnect()
	q := r.do(smb2.CommandWrite, func(b []byte) []byte { return append(b, 49, 0, 1) })
	if q.status() != smb2.StatusInvalidParameter {
		t.Errorf("told %v", q.status())
	}
	r.end(nil)
}
