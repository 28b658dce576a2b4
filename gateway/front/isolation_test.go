package front

import (
	"testing"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
)

// An identity is a session of a peer, with its tree and keys.
type identity struct {
	session          uint64
	tree             uint32
	signer, verifier *crypt.Signer
	sealer           *crypt.Sealer
	opener           *crypt.Opener
}

// swap makes p act as another of its sessions, and returns the present one.
func (p *peer) swap(i identity) identity {
	old := identity{p.Session, p.Tree, p.signer, p.verifier, p.sealer, p.opener}
	p.Session, p.Tree, p.signer, p.verifier, p.sealer, p.opener = i.session, i.tree, i.signer, i.verifier, i.sealer, i.opener
	return old
}

// second logs another user in on p's connection, without changing who p is.
func (p *peer) second(name string) identity {
	p.t.Helper()
	p.sign = false
	first := p.swap(identity{})
	if s := p.login(name, "opensesame", 0); s != 0 {
		p.t.Fatal(s)
	}
	p.sign = true
	p.connect()
	return p.swap(first)
}

// Two users on one connection: what is one's is not the other's.
func TestTwoUsers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		send func(p *peer, bob identity) []byte // p is alice
		want smb2.Status
	}{
		{"a tree of the other", func(p *peer, bob identity) []byte {
			p.Tree = bob.tree
			return p.signed(p.ReadRequest(0, 1))
		}, smb2.StatusNetworkNameDeleted},
		{"TREE_DISCONNECT of the other's tree", func(p *peer, bob identity) []byte {
			p.Tree = bob.tree
			return p.signed(p.treeOff())
		}, smb2.StatusNetworkNameDeleted},
		{"the other's session with one's own key", func(p *peer, bob identity) []byte {
			p.Session, p.Tree = bob.session, bob.tree
			return p.signed(p.ReadRequest(0, 1))
		}, smb2.StatusAccessDenied},
		{"the other's LOGOFF", func(p *peer, bob identity) []byte {
			p.Session = bob.session
			return p.signed(p.logoff())
		}, smb2.StatusAccessDenied},
		{"the other's session, unsigned", func(p *peer, bob identity) []byte {
			p.Session, p.Tree = bob.session, bob.tree
			return p.ReadRequest(0, 1)
		}, smb2.StatusAccessDenied},
		{"a log-in again in the other's name", func(p *peer, bob identity) []byte {
			p.Session = bob.session
			return p.signed((&smb2.SessionSetupRequest{}).Append(p.Header(smb2.CommandSessionSetup, 1), []byte("token")))
		}, smb2.StatusAccessDenied},
		{"sealed for the other", func(p *peer, bob identity) []byte {
			b := p.ReadRequest(0, 1)
			smb2.Header(b).SetSessionID(bob.session)
			return p.sealed(b, bob.session)
		}, disconnect},
		{"the other's request in a message sealed for oneself", func(p *peer, bob identity) []byte {
			b := chain(false, p.echo(), p.echo())
			smb2.Header(b[72:]).SetSessionID(bob.session)
			return p.sealed(b, p.Session)
		}, disconnect},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newRig(t, func(r *rig) { r.s.RequireSigning = true }).user("alice")
			bob := p.second("bob")
			must(t, p.Client.Send(c.send(p, bob)))
			if c.want == disconnect {
				p.gone()
				return
			}
			p.verifier = nil // whose key it is depends on how far it came
			reply, err := p.Receive()
			must(t, err)
			if reply.Status() != c.want {
				t.Errorf("%v, want %v", reply.Status(), c.want)
			}
			p.swap(bob)
			if s := p.status(p.ReadRequest(0, 1)); s != 0 {
				t.Errorf("bob's READ afterwards: %v", s)
			}
		})
	}
}

// A compound may have requests of two users, each checked by itself.
func TestTwoUsersInACompound(t *testing.T) {
	t.Parallel()
	p := newRig(t, nil).user("alice")
	bob := p.second("bob")
	p.sign = false
	b := chain(false, p.ReadRequest(0, 1), p.ReadRequest(0, 1), p.ReadRequest(0, 1))
	first, rest, err := smb2.Split(b)
	must(t, err)
	second, third, err := smb2.Split(rest)
	must(t, err)
	smb2.Header(second).SetSessionID(bob.session) // alice's tree, alice's key
	smb2.Header(third).SetSessionID(bob.session)
	smb2.Header(third).SetTreeID(bob.tree)
	must(t, p.signer.Sign(first))
	must(t, p.signer.Sign(second))
	must(t, bob.signer.Sign(third))
	must(t, p.Client.Send(b))
	p.verifier = nil
	reply, err := p.Receive()
	must(t, err)
	got := statuses(t, reply)
	if len(got) != 3 || got[0] != 0 || got[1] != smb2.StatusAccessDenied || got[2] != 0 {
		t.Error(got)
	}
}

// A CANCEL reaches one's own requests only, [MS-SMB2] 3.3.5.16.
func TestCancelOfAnother(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	p := r.user("alice")
	bob := p.second("bob")
	lock := p.lock()
	interim := p.ask(lock)
	alice := p.swap(bob)
	must(t, p.Send(p.cancel(lock, interim.AsyncID())))
	must(t, p.Send(p.cancel(lock, 0)))
	if s := p.status(p.echo()); s != 0 {
		t.Error(s)
	}
	if n := r.shop.count(func() int { return r.shop.cancels }); n != 0 {
		t.Errorf("bob has cancelled %d", n)
	}
	p.swap(alice)
	must(t, p.Send(p.cancel(lock, interim.AsyncID())))
	if last, err := p.Receive(); err != nil || last.Status() != smb2.StatusCancelled {
		t.Error("alice:", last.Status(), err)
	}
}

// A session whose log-in goes on has no keys yet, and belongs to its connection.
func TestInProgress(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	p := r.user("alice")
	token, _, err := initiator("bob", "opensesame").Initiate(nil)
	must(t, err)
	p.sign = false
	p.Session = 0
	begun := p.ask((&smb2.SessionSetupRequest{}).Append(p.Header(smb2.CommandSessionSetup, 1), token))
	if begun.Status() != smb2.StatusMoreProcessing {
		t.Fatal(begun.Status())
	}
	p.Session = begun.SessionID()
	if s := p.status(p.ReadRequest(0, 1)); s != smb2.StatusUserSessionDeleted {
		t.Error("READ:", s)
	}
	other := r.user("alice")
	other.sign, other.Session = false, p.Session
	if s := other.status((&smb2.SessionSetupRequest{}).Append(other.Header(smb2.CommandSessionSetup, 1), token)); s != smb2.StatusUserSessionDeleted {
		t.Error("on another connection:", s)
	}
	b := p.echo()
	must(t, p.Client.Send(p.sealed(b, p.Session)))
	p.gone()
}

// Log-ins that do not end, and sessions, are few on a connection.
func TestManySessions(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	p := r.user("alice")
	p.sign = false
	token, _, err := initiator("bob", "opensesame").Initiate(nil)
	must(t, err)
	refused := 0
	for range 200 {
		p.Session = 0
		switch s := p.status((&smb2.SessionSetupRequest{}).Append(p.Header(smb2.CommandSessionSetup, 1), token)); s {
		case smb2.StatusRequestNotAccepted:
			refused++
		case smb2.StatusMoreProcessing:
		default:
			t.Fatal(s)
		}
	}
	if refused != 200-maxLogins || r.s.Sessions.Len() != 1+maxLogins {
		t.Errorf("%d refused, %d sessions", refused, r.s.Sessions.Len())
	}
}
