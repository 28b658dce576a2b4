package front

import (
	"encoding/binary"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
)

const disconnect = smb2.Status(0xffffffff)

// What a server has to refuse of a client that has a signed session and a tree.
func TestRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		send func(p *peer) []byte // already protected, or not meant to be
		want smb2.Status
	}{
		{"tampered", func(p *peer) []byte {
			b := p.signed(p.ReadRequest(0, 16))
			b[len(b)-1] ^= 1
			return b
		}, smb2.StatusAccessDenied},
		{"a signature of another message", func(p *peer) []byte {
			b := p.signed(p.ReadRequest(0, 16))
			copy(smb2.Header(b).Signature(), make([]byte, 16))
			return b
		}, smb2.StatusAccessDenied},
		{"unknown session", func(p *peer) []byte { p.Session++; return p.ReadRequest(0, 16) }, smb2.StatusUserSessionDeleted},
		{"unknown tree", func(p *peer) []byte { p.Tree++; return p.signed(p.ReadRequest(0, 16)) }, smb2.StatusNetworkNameDeleted},
		{"another's session", func(p *peer) []byte {
			p.Session = p.rig.user("bob").Session
			return p.ReadRequest(0, 16)
		}, smb2.StatusUserSessionDeleted},
		{"async READ", func(p *peer) []byte {
			b := p.ReadRequest(0, 16)
			smb2.Header(b).SetAsync(7)
			return p.signed(b)
		}, smb2.StatusInvalidParameter},
		{"too few credits", func(p *peer) []byte {
			b := p.ReadRequest(0, 1<<20)
			smb2.Header(b).SetCreditCharge(1)
			p.Next -= 15
			return p.signed(b)
		}, smb2.StatusInvalidParameter},
		{"RDMA without RDMA", func(p *peer) []byte {
			return p.signed(p.ReadPlacedRequest(0, 16, smb2.ChannelV1, make([]byte, 16)))
		}, smb2.StatusInvalidParameter},
		{"WRITE beyond the message", func(p *peer) []byte {
			b := p.WriteRequest(0, []byte("hello"))
			return p.signed(b[:len(b)-1])
		}, smb2.StatusInvalidParameter},
		{"a body that is too short", func(p *peer) []byte {
			return p.signed(p.ReadRequest(0, 16)[:smb2.HeaderSize+20])
		}, smb2.StatusInvalidParameter},
		{"first element related", func(p *peer) []byte {
			b := p.ReadRequest(0, 16)
			smb2.Header(b).Set(smb2.FlagRelated)
			return p.signed(b)
		}, smb2.StatusInvalidParameter},
		{"binding", func(p *peer) []byte {
			q := smb2.SessionSetupRequest{Flags: smb2.SessionBinding}
			return p.signed(q.Append(p.Header(smb2.CommandSessionSetup, 1), []byte("token")))
		}, smb2.StatusRequestNotAccepted},
		{"SESSION_SETUP without a token", func(p *peer) []byte {
			p.Session = 0
			return (&smb2.SessionSetupRequest{}).Append(p.Header(smb2.CommandSessionSetup, 1), nil)
		}, smb2.StatusInvalidParameter},
		{"SESSION_SETUP of a session that is not", func(p *peer) []byte {
			p.Session++
			return (&smb2.SessionSetupRequest{}).Append(p.Header(smb2.CommandSessionSetup, 1), []byte("token"))
		}, smb2.StatusUserSessionDeleted},
		{"share that is not there", func(p *peer) []byte { return p.signed(p.treeConnectRequest(`\\gateway\missing`)) }, smb2.StatusBadNetworkName},
		{"share that is not for us", func(p *peer) []byte { return p.signed(p.treeConnectRequest(`\\gateway\denied`)) }, smb2.StatusAccessDenied},
		{"path without a server", func(p *peer) []byte { return p.signed(p.treeConnectRequest(`data`)) }, smb2.StatusInvalidParameter},
		{"path below a share", func(p *peer) []byte { return p.signed(p.treeConnectRequest(`\\gateway\data\x`)) }, smb2.StatusBadNetworkName},
		{"network interfaces", func(p *peer) []byte { return p.signed(p.ioctl(smb2.FsctlQueryNetworkInterfaceInfo, nil)) }, smb2.StatusNotSupported},
		{"an IOCTL of no file with one", func(p *peer) []byte {
			b := p.ioctl(smb2.FsctlQueryNetworkInterfaceInfo, nil)
			copy(smb2.FileIDOf(b), make([]byte, 16))
			return p.signed(b)
		}, smb2.StatusInvalidParameter},

		{"WRITE without credits for it", func(p *peer) []byte {
			b := p.WriteRequest(0, make([]byte, 65537))
			smb2.Header(b).SetCreditCharge(0)
			p.Next--
			return p.signed(b)
		}, smb2.StatusInvalidParameter},
		{"READ longer than any", func(p *peer) []byte {
			b := p.ReadRequest(0, 1)
			binary.LittleEndian.PutUint32(b[smb2.HeaderSize+4:], 8<<20+1)
			return p.signed(b)
		}, smb2.StatusInvalidParameter},
		{"WRITE with data far behind", func(p *peer) []byte {
			b := p.WriteRequest(0, []byte("hello"))
			binary.LittleEndian.PutUint16(b[smb2.HeaderSize+2:], 0x1000)
			return p.signed(b)
		}, smb2.StatusInvalidParameter},
		{"WRITE longer than its message", func(p *peer) []byte {
			b := p.WriteRequest(0, []byte("hello"))
			binary.LittleEndian.PutUint32(b[smb2.HeaderSize+4:], 60000)
			return p.signed(b)
		}, smb2.StatusInvalidParameter},
		{"a body of another size", func(p *peer) []byte {
			b := p.ReadRequest(0, 16)
			b[smb2.HeaderSize]++
			return p.signed(b)
		}, smb2.StatusInvalidParameter},
		{"IOCTL whose counts overflow", func(p *peer) []byte {
			b := p.ioctl(smb2.FsctlQueryNetworkInterfaceInfo, nil)
			binary.LittleEndian.PutUint32(b[smb2.HeaderSize+32:], 0xfffffff0)
			binary.LittleEndian.PutUint32(b[smb2.HeaderSize+44:], 0x20)
			return p.signed(b)
		}, smb2.StatusInvalidParameter},
		{"IOCTL that is no FSCTL", func(p *peer) []byte {
			b := p.ioctl(smb2.FsctlQueryNetworkInterfaceInfo, nil)
			b[smb2.HeaderSize+48] = 0
			return p.signed(b)
		}, smb2.StatusNotSupported},
		{"IOCTL with input inside its header", func(p *peer) []byte {
			b := p.ioctl(smb2.FsctlValidateNegotiateInfo, make([]byte, 24))
			b[smb2.HeaderSize+24] = 16
			return p.signed(b)
		}, smb2.StatusInvalidParameter},
		{"IOCTL with input behind its end", func(p *peer) []byte {
			b := p.ioctl(smb2.FsctlValidateNegotiateInfo, make([]byte, 24))
			return p.signed(b[:len(b)-1])
		}, smb2.StatusInvalidParameter},
		{"VALIDATE_NEGOTIATE_INFO of a file", func(p *peer) []byte {
			b := p.ioctl(smb2.FsctlValidateNegotiateInfo, make([]byte, 24))
			copy(smb2.FileIDOf(b), make([]byte, 16))
			return p.signed(b)
		}, smb2.StatusInvalidParameter},
		{"share's path behind the end", func(p *peer) []byte {
			b := p.treeConnectRequest(`\\gateway\data`)
			return p.signed(b[:len(b)-2])
		}, smb2.StatusInvalidParameter},
		{"share's path of half a letter", func(p *peer) []byte {
			b := p.treeConnectRequest(`\\gateway\data`)
			b[smb2.HeaderSize+6]--
			return p.signed(b)
		}, smb2.StatusInvalidParameter},
		{"share's path with a zero", func(p *peer) []byte {
			return p.signed(p.treeConnectRequest("\\\\gateway\\data\x00x"))
		}, smb2.StatusInvalidParameter},
		{"share of a long name", func(p *peer) []byte {
			return p.signed(p.treeConnectRequest(`\\gateway\` + strings.Repeat("x", maxShareName+1)))
		}, smb2.StatusBadNetworkName},
		{"SESSION_SETUP whose token is behind its end", func(p *peer) []byte {
			p.Session = 0
			b := (&smb2.SessionSetupRequest{}).Append(p.Header(smb2.CommandSessionSetup, 1), []byte("token"))
			return b[:len(b)-1]
		}, smb2.StatusInvalidParameter},
		{"SESSION_SETUP whose token is nonsense", func(p *peer) []byte {
			p.Session = 0
			return (&smb2.SessionSetupRequest{}).Append(p.Header(smb2.CommandSessionSetup, 1), []byte("token"))
		}, smb2.StatusInvalidParameter},

		{"another header", func(p *peer) []byte {
			b := p.echo()
			b[4]++
			return b
		}, disconnect},
		{"a command of the highest number", func(p *peer) []byte { return append(p.Header(0xffff, 1), 4, 0, 0, 0) }, disconnect},
		{"an element that begins behind the end", func(p *peer) []byte {
			b := chain(false, p.echo(), p.echo())
			smb2.Header(b).SetNextCommand(uint32(len(b)))
			return b
		}, disconnect},
		{"an element inside of the one before", func(p *peer) []byte {
			b := chain(false, p.echo(), p.echo())
			smb2.Header(b).SetNextCommand(64)
			return b
		}, disconnect},
		{"an element far behind", func(p *peer) []byte {
			b := chain(false, p.echo(), p.echo())
			smb2.Header(b).SetNextCommand(1<<32 - 8)
			return b
		}, disconnect},
		{"elements without end", func(p *peer) []byte {
			var list [][]byte
			for range smb2.MaxElements + 1 {
				list = append(list, p.cancel(smb2.NewHeader(0, 1), 0))
			}
			return chain(false, list...)
		}, disconnect},
		{"NEGOTIATE in a compound", func(p *peer) []byte {
			return chain(false, p.echo(), p.negotiateRequest(smb2.Dialect311))
		}, disconnect},
		{"message id twice", func(p *peer) []byte { p.Next--; return p.signed(p.echo()) }, disconnect},
		{"message id beyond the window", func(p *peer) []byte { p.Next += 20000; return p.signed(p.echo()) }, disconnect},
		{"the message id of notifications", func(p *peer) []byte { p.Next = smb2.Unsolicited; return p.echo() }, disconnect},
		{"a charge of more ids than there are", func(p *peer) []byte { return p.signed(p.Header(smb2.CommandEcho, 60000)) }, disconnect},
		{"unknown command", func(p *peer) []byte { return append(p.Header(0x14, 1), 4, 0, 0, 0) }, disconnect},
		{"a notification", func(p *peer) []byte { return append(p.Header(smb2.CommandServerToClient, 1), 4, 0, 0, 0) }, disconnect},
		{"a response", func(p *peer) []byte {
			b := p.echo()
			smb2.Header(b).Set(smb2.FlagReply)
			return b
		}, disconnect},
		{"NEGOTIATE again", func(p *peer) []byte { return p.negotiateRequest(smb2.Dialect311) }, disconnect},
		{"SMB1", func(*peer) []byte { return smb2.AppendMultiProtocol(nil, smb2.DialectStringWild) }, disconnect},
		{"nonsense", func(*peer) []byte {
			return []byte("\xfeSMC and what follows it, which is nothing that anybody has said yet")
		}, disconnect},
		{"compression", func(*peer) []byte {
			return []byte("\xfcSMB and what follows it, which is nothing that anybody has said yet")
		}, disconnect},
		{"a header that is cut", func(p *peer) []byte { return p.echo()[:smb2.HeaderSize-1] }, disconnect},
		{"a long LOGOFF", func(p *peer) []byte { return append(p.logoff(), make([]byte, 100<<10)...) }, disconnect},
		{"a message that is too long", func(p *peer) []byte { return append(p.ReadRequest(0, 16), make([]byte, 9<<20)...) }, disconnect},
		{"misaligned compound", func(p *peer) []byte {
			b := append(p.echo(), p.echo()...)
			smb2.Header(b).SetNextCommand(68)
			return b
		}, disconnect},
		{"unsigned TREE_CONNECT", func(p *peer) []byte { return p.treeConnectRequest(`\\gateway\data`) }, disconnect},
		{"VALIDATE_NEGOTIATE_INFO on 3.1.1", func(p *peer) []byte {
			v := smb2.ValidateNegotiateRequest{Dialects: []smb2.Dialect{smb2.Dialect311}}
			return p.signed(p.ioctl(smb2.FsctlValidateNegotiateInfo, v.AppendBody(nil)))
		}, disconnect},
		{"sealed for nobody", func(p *peer) []byte { return p.sealed(p.echo(), p.Session+1) }, disconnect},
		{"sealed and tampered", func(p *peer) []byte {
			b := p.sealed(p.echo(), p.Session)
			b[len(b)-1] ^= 1
			return b
		}, disconnect},
		{"sealed message of another session", func(p *peer) []byte {
			b := p.echo()
			smb2.Header(b).SetSessionID(p.Session + 1)
			return p.sealed(b, p.Session)
		}, disconnect},
		{"sealed twice", func(p *peer) []byte { return p.sealed(p.sealed(p.echo(), p.Session), p.Session) }, disconnect},
		{"sealed and nothing in it", func(p *peer) []byte { return p.sealed(p.echo(), p.Session)[:crypt.TransformSize] }, disconnect},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, func(r *rig) { r.s.RequireSigning = false })
			p := r.user("alice")
			before := r.shop.count(func() int { return r.shop.open })
			must(t, p.Client.Send(c.send(p)))
			if c.want == disconnect {
				p.gone()
				return
			}
			reply, err := p.Receive()
			must(t, err)
			if reply.Status() != c.want {
				t.Errorf("%v, want %v", reply.Status(), c.want)
			}
			if n := r.shop.count(func() int { return r.shop.open }); n < before {
				t.Errorf("%d trees, before %d", n, before)
			}
		})
	}
}

func (p *peer) signed(b []byte) []byte {
	p.t.Helper()
	must(p.t, p.signer.Sign(b))
	return b
}

func (p *peer) sealed(b []byte, session uint64) []byte {
	p.t.Helper()
	b = append(make([]byte, crypt.TransformSize), b...)
	must(p.t, p.sealer.Seal(b, session))
	return b
}

// Names of the class that 3.1.1 has brought are not given to others, whatever
// their tree has, [MS-SMB2] 3.3.5.20.1.
func TestNormalizedName(t *testing.T) {
	t.Parallel()
	for dialect, want := range map[smb2.Dialect]smb2.Status{
		smb2.Dialect302: smb2.StatusNotSupported,
		smb2.Dialect311: smb2.StatusNoMoreFiles, // the tree's answer
	} {
		p := newRig(t, nil).dial()
		p.negotiate(p.negotiateRequest(dialect))
		if s := p.login("alice", "opensesame", 0); s != 0 {
			t.Fatal(s)
		}
		p.sign = true
		p.connect()
		q := smb2.QueryInfoRequest{InfoType: smb2.InfoFile, Class: smb2.FileNormalizedNameInfo, OutputLength: 100}
		if s := p.status(q.Append(p.Header(smb2.CommandQueryInfo, 1), nil)); s != want {
			t.Errorf("%v: %v, want %v", dialect, s, want)
		}
	}
}

// Every command is refused unsigned where signing is required.
func TestUnsigned(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(r *rig) { r.s.RequireSigning = true })
	p := r.user("alice")
	if p.response.SecurityMode != smb2.SigningEnabled|smb2.SigningRequired {
		t.Errorf("security mode %v", p.response.SecurityMode)
	}
	p.sign = false
	lease := (&smb2.LeaseBreakAck{}).AppendBody(p.Header(smb2.CommandOplockBreak, 1))
	for _, b := range [][]byte{lease, p.echo(), p.ReadRequest(0, 1), p.WriteRequest(0, nil), p.create(),
		p.closeFile(smb2.FileID{}), p.treeOff(), p.logoff()} {
		must(t, p.Client.Send(b))
		reply, err := p.Receive()
		must(t, err)
		if reply.Status() != smb2.StatusAccessDenied {
			t.Errorf("%v: %v", reply.Command(), reply.Status())
		}
	}
	p.sign = true
	if s := p.status(p.ReadRequest(0, 1)); s != 0 {
		t.Error("signed:", s)
	}
}

// Before anybody has negotiated or logged in.
func TestEarly(t *testing.T) {
	t.Parallel()
	negotiate := func(edit func(*smb2.NegotiateRequest) []smb2.NegotiateContext) func(p *peer) []byte {
		return func(p *peer) []byte {
			q := smb2.NegotiateRequest{SecurityMode: 1, ClientGUID: guid, Dialects: []smb2.Dialect{smb2.Dialect311}}
			list := edit(&q)
			return q.Append(p.Header(smb2.CommandNegotiate, 1), list)
		}
	}
	edited := func(edit func(b []byte)) func(p *peer) []byte {
		return func(p *peer) []byte { b := p.negotiateRequest(smb2.Dialect311); edit(b); return b }
	}
	smb1 := func(edit func(b []byte) []byte) func(p *peer) []byte {
		return func(*peer) []byte { return edit(smb2.AppendMultiProtocol(nil, smb2.DialectStringWild)) }
	}
	good := contexts([]smb2.Cipher{2}, []smb2.SigningAlgorithm{2})
	for _, c := range []struct {
		name string
		send func(p *peer) []byte
		want smb2.Status
	}{
		{"READ first", func(p *peer) []byte { return p.ReadRequest(0, 1) }, disconnect},
		{"sealed first", func(*peer) []byte { return smb2.AppendTransform(nil, nil, 68, 1) }, disconnect},
		{"SMB1 that is not ours", func(*peer) []byte { return smb2.AppendMultiProtocol(nil, "NT LM 0.12") }, disconnect},
		{"long", func(p *peer) []byte { return append(p.negotiateRequest(smb2.Dialect311), make([]byte, 80<<10)...) }, disconnect},
		{"unknown dialects", func(p *peer) []byte { return p.negotiateRequest(0x999) }, smb2.StatusNotSupported},
		{"no dialects", func(p *peer) []byte { return p.negotiateRequest() }, smb2.StatusInvalidParameter},
		{"no contexts", negotiate(func(*smb2.NegotiateRequest) []smb2.NegotiateContext { return nil }), smb2.StatusInvalidParameter},
		{"no preauth", negotiate(func(*smb2.NegotiateRequest) []smb2.NegotiateContext { return good[1:] }), smb2.StatusInvalidParameter},
		{"two preauths", negotiate(func(*smb2.NegotiateRequest) []smb2.NegotiateContext { return append(good[:1:1], good...) }), smb2.StatusInvalidParameter},
		{"two ciphers", negotiate(func(*smb2.NegotiateRequest) []smb2.NegotiateContext { return append(good[1:2:2], good...) }), smb2.StatusInvalidParameter},
		{"another hash", negotiate(func(*smb2.NegotiateRequest) []smb2.NegotiateContext {
			return []smb2.NegotiateContext{{Type: 1, Data: (&smb2.PreauthContext{Hashes: []smb2.HashAlgorithm{2}}).AppendBody(nil)}}
		}), smb2.StatusNoPreauthOverlap},
		{"no signing algorithm", negotiate(func(*smb2.NegotiateRequest) []smb2.NegotiateContext {
			return append(good[:1:1], smb2.NegotiateContext{Type: smb2.ContextSigning, Data: []byte{0, 0}})
		}), smb2.StatusInvalidParameter},
		{"two signing algorithms", negotiate(func(*smb2.NegotiateRequest) []smb2.NegotiateContext { return append(good[2:3:3], good...) }), smb2.StatusInvalidParameter},
		{"a list of hashes that is cut", negotiate(func(*smb2.NegotiateRequest) []smb2.NegotiateContext {
			return []smb2.NegotiateContext{{Type: smb2.ContextPreauth, Data: []byte{0xff, 0xff, 0xff, 0xff, 1, 0}}}
		}), smb2.StatusInvalidParameter},
		{"a context of one byte", negotiate(func(*smb2.NegotiateRequest) []smb2.NegotiateContext {
			return []smb2.NegotiateContext{{Type: smb2.ContextPreauth, Data: []byte{1}}}
		}), smb2.StatusInvalidParameter},
		{"no ciphers", negotiate(func(*smb2.NegotiateRequest) []smb2.NegotiateContext {
			return append(good[:1:1], smb2.NegotiateContext{Type: smb2.ContextEncryption, Data: []byte{0, 0}})
		}), smb2.StatusInvalidParameter},
		{"more dialects than there are", edited(func(b []byte) { b[smb2.HeaderSize+2], b[smb2.HeaderSize+3] = 0xff, 0x7f }), smb2.StatusInvalidParameter},
		{"contexts where the header is", edited(func(b []byte) { copy(b[smb2.HeaderSize+28:], []byte{8, 0, 0, 0}) }), smb2.StatusInvalidParameter},
		{"contexts behind the end", edited(func(b []byte) { copy(b[smb2.HeaderSize+28:], []byte{0xf8, 0xff, 0xff, 0xff}) }), smb2.StatusInvalidParameter},
		{"contexts that are not aligned", edited(func(b []byte) { b[smb2.HeaderSize+28]++ }), smb2.StatusInvalidParameter},
		{"contexts without number", edited(func(b []byte) { b[smb2.HeaderSize+32], b[smb2.HeaderSize+33] = 0xff, 0xff }), smb2.StatusInvalidParameter},
		{"SMB1, longer than its message", smb1(func(b []byte) []byte { b[33] = 0xff; return b }), disconnect},
		{"SMB1, a dialect without an end", smb1(func(b []byte) []byte { b[33]--; return b[:len(b)-1] }), disconnect},
		{"SMB1, a dialect without a beginning", smb1(func(b []byte) []byte { b[35] = 3; return b }), disconnect},
		{"SMB1, another command", smb1(func(b []byte) []byte { b[4] = 0x73; return b }), disconnect},
		{"SMB1, a header alone", smb1(func(b []byte) []byte { return b[:32] }), disconnect},
		{"ECHO first", func(p *peer) []byte { return p.echo() }, disconnect},
		{"CANCEL first", func(p *peer) []byte { return p.cancel(smb2.NewHeader(0, 0), 0) }, disconnect},
		{"four bytes", func(*peer) []byte { return []byte("\xfeSMB") }, disconnect},
		{"signed", func(p *peer) []byte {
			b := p.negotiateRequest(smb2.Dialect311)
			smb2.Header(b).Set(smb2.FlagSigned)
			return b
		}, smb2.StatusInvalidParameter},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newRig(t, nil).dial()
			must(t, p.Client.Send(c.send(p)))
			if c.want == disconnect {
				p.gone()
				return
			}
			reply, err := p.Receive()
			must(t, err)
			if reply.Status() != c.want {
				t.Errorf("%v, want %v", reply.Status(), c.want)
			}
			must(t, p.Client.Send((&smb2.SessionSetupRequest{}).Append(p.Header(smb2.CommandSessionSetup, 1), []byte("token"))))
			p.gone() // 3.3.5.2.2: nothing is negotiated yet
		})
	}
}

// What is negotiated is negotiated once, also by who does not wait for the answer,
// [MS-SMB2] 3.3.5.3, 3.3.5.4.
func TestNegotiatedTwice(t *testing.T) {
	t.Parallel()
	wild := func(*peer) []byte { return smb2.AppendMultiProtocol(nil, smb2.DialectStringWild) }
	full := func(p *peer) []byte { return p.negotiateRequest(smb2.Dialect311) }
	for _, c := range []struct {
		name          string
		first, second func(p *peer) []byte
	}{
		{"SMB2", full, full},
		{"SMB1", wild, wild},
		{"SMB1 after SMB2", full, wild},
		{"the message id of SMB1 again", wild, full},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newRig(t, nil).dial()
			must(t, p.Client.Send(c.first(p)))
			must(t, p.Client.Send(c.second(p)))
			if _, err := p.Receive(); err != nil {
				t.Fatal("the first:", err)
			}
			p.gone()
		})
	}
}

// A connection on which nobody logs in ends.
func TestIdle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newRig(t, nil).dial()
		p.negotiate(p.negotiateRequest(smb2.Dialect311))
		began := time.Now()
		p.gone()
		if took := time.Since(began); took != loginTime {
			t.Errorf("after %v", took)
		}
	})
}

// VALIDATE_NEGOTIATE_INFO: what was said before is answered, anything else
// disconnects, [MS-SMB2] 3.3.5.15.12.
func TestValidate(t *testing.T) {
	t.Parallel()
	same := func(*smb2.ValidateNegotiateRequest) {}
	const room = smb2.ValidateNegotiateResponseSize
	for _, c := range []struct {
		name string
		edit func(*smb2.ValidateNegotiateRequest)
		room uint32
		good bool
	}{
		{"the same", same, room, true},
		{"too little room for the answer", same, room - 1, false},
		{"capabilities", func(v *smb2.ValidateNegotiateRequest) { v.Capabilities = 0 }, room, false},
		{"client", func(v *smb2.ValidateNegotiateRequest) { v.ClientGUID[0]++ }, room, false},
		{"security mode", func(v *smb2.ValidateNegotiateRequest) { v.SecurityMode = 3 }, room, false},
		{"dialects", func(v *smb2.ValidateNegotiateRequest) { v.Dialects = append(v.Dialects, smb2.Dialect311) }, room, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, nil)
			p := r.dial()
			p.negotiate(p.negotiateRequest(smb2.Dialect21, smb2.Dialect30))
			if s := p.login("alice", "opensesame", 0); s != 0 {
				t.Fatal(s)
			}
			p.sign = true
			p.connect()
			v := smb2.ValidateNegotiateRequest{ClientGUID: guid, SecurityMode: smb2.SigningEnabled,
				Capabilities: smb2.CapabilityEncryption | smb2.CapabilityLargeMTU | smb2.CapabilityLeasing,
				Dialects:     []smb2.Dialect{smb2.Dialect21, smb2.Dialect30}}
			c.edit(&v)
			b := p.ioctl(smb2.FsctlValidateNegotiateInfo, v.AppendBody(nil))
			binary.LittleEndian.PutUint32(b[smb2.HeaderSize+44:], c.room)
			if !c.good {
				must(t, p.Send(b))
				p.gone()
				return
			}
			reply := p.ask(b)
			res, err := smb2.ParseIoctlResponse(reply.Header)
			must(t, err)
			output, err := res.Output(reply.Header)
			must(t, err)
			got, err := smb2.ParseValidateNegotiateResponse(output)
			must(t, err)
			want := smb2.ValidateNegotiateResponse{Capabilities: p.response.Capabilities, ServerGUID: r.s.GUID,
				SecurityMode: p.response.SecurityMode, Dialect: smb2.Dialect30}
			if got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
	}
}
