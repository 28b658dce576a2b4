package back_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/auth/ntlm"
	"github.com/smbgw/smbgw/gateway/back"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A ksmbd makes of a connection to a server one to ksmbd: a log-in that fails ends
// all its sessions, until another succeeds.
type ksmbd struct {
	transports.Conn
	arena *transports.Arena

	mu      sync.Mutex
	broken  bool
	setups  int
	logoffs int
	refused map[smb2.MessageID]smb2.Command
	refuses int
}

// Send sends an ECHO in the place of what is to be refused, which costs the same.
func (k *ksmbd) Send(m *transports.Message) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	h := smb2.Header(m.Bytes())
	switch c := h.Command(); {
	case c == smb2.CommandSessionSetup:
		k.setups++
	case c == smb2.CommandLogoff:
		k.logoffs++
	case c == smb2.CommandNegotiate, c == smb2.CommandEcho, c == smb2.CommandCancel:
	case k.broken:
		k.refused[h.MessageID()] = c
		k.refuses++
		echo := k.arena.New(smb2.HeaderSize + 4)
		e := smb2.NewHeader(smb2.CommandEcho, h.MessageID())
		e.SetCreditCharge(h.CreditCharge())
		e.SetCredits(h.Credits())
		e.SetSessionID(h.SessionID())
		copy(echo.Bytes(), new(smb2.Echo).AppendBody(e))
		m.Release()
		m = echo
	}
	return k.Conn.Send(m)
}

func (k *ksmbd) Receive() (*transports.Message, error) {
	m, err := k.Conn.Receive()
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	h := smb2.Header(m.Bytes())
	if c, ok := k.refused[h.MessageID()]; ok {
		delete(k.refused, h.MessageID())
		reply := smb2.NewHeader(c, h.MessageID())
		reply.SetSessionID(h.SessionID())
		out := k.arena.New(smb2.ErrorResponseLength)
		smb2.AppendErrorReply(out.Bytes()[:0], reply, smb2.StatusUserSessionDeleted, h.Credits())
		m.Release()
		return out, nil
	}
	if h.Command() == smb2.CommandSessionSetup && h.Status() != smb2.StatusMoreProcessing {
		k.broken = h.Status() != smb2.StatusSuccess
	}
	return m, nil
}

func (k *ksmbd) crack() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.broken = true
}

func (k *ksmbd) counts() (setups, logoffs, refuses int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.setups, k.logoffs, k.refuses
}

// On ksmbd nobody loses a session by what others do: none is logged off, whose
// sessions it ends are logged in again, and who was refused does that once.
func TestShaky(t *testing.T) {
	t.Parallel()
	var k *ksmbd
	one := func(y *yard) {
		y.server.GUID, y.pool.Size = smb2.GUID{}, 1
		y.pool.Dial(back.Direct(func(ctx context.Context) (transports.Conn, error) {
			c, err := y.dial(ctx)
			k = &ksmbd{Conn: c, arena: y.net.Arena, refused: map[smb2.MessageID]smb2.Command{}}
			return k, err
		}), 0)
	}
	onYard(t, one, func(y *yard) {
		alice, bob := y.lodger("alice"), y.lodger("bob")
		for _, logoff := range []bool{false, true} {
			bob.open("left")
			if logoff {
				bob.member.Logoff(bob.client)
			}
			bob.leave()
			y.load(1, 1)
			alice.works()
			bob = y.lodger("Bob")
			bob.works()
		}
		if setups, logoffs, _ := k.counts(); setups != 4 || logoffs != 0 {
			t.Errorf("%d SESSION_SETUPs, %d LOGOFFs", setups, logoffs)
		}
		mallory := y.visitor("mallory")
		mallory.member.Initiator = func(c *tree.Client) (auth.Initiator, error) {
			who := &ntlm.Client{User: c.User.User, Hash: ntlm.Hash("wrong")}
			return who.NewInitiator(), nil
		}
		for range 3 {
			if st := told(mallory.connect()); st != smb2.StatusAccessDenied {
				t.Errorf("told %v", st)
			}
		}
		if setups, _, _ := k.counts(); setups != 6 {
			t.Errorf("%d SESSION_SETUPs with the wrong password", setups-4)
		}
		alice.works()
		pause()
		k.crack()
		if got := alice.do(smb2.CommandRead, read(5<<20)); got.status() != smb2.StatusFileClosed {
			t.Errorf("a read of a file that is not open: %v", got.status())
		}
		alice.works()
		pause()
		k.crack()
		second := y.lodger("alice") // whose log-in mends it
		second.works()
		pause()
		k.crack()
		before := second.share
		if err := second.connect(); err != nil {
			t.Errorf("another tree: %v", err)
		}
		before.Server.Close()
		for _, l := range []*lodger{alice, bob, second} {
			pause()
			k.crack()
			l.leave()
		}
		if _, logoffs, refuses := k.counts(); logoffs != 0 || refuses == 0 {
			t.Errorf("%d LOGOFFs, %d were refused", logoffs, refuses)
		}
		y.mu.Lock()
		trees := y.trees
		y.mu.Unlock()
		if trees != 0 {
			t.Errorf("%d trees are left", trees)
		}
		y.pool.Retire()
	})
}

// pause is longer than a session needs to be good.
func pause() { time.Sleep(2 * time.Second) }
