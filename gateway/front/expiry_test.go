package front

import (
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/smb2"
)

// A ticket is a log-in that is valid for an hour.
type ticket struct{ auth.Acceptor }

func (t ticket) Accept(token []byte) ([]byte, *auth.Result, error) {
	reply, done, err := t.Acceptor.Accept(token)
	if done != nil {
		done.Until = time.Now().Add(time.Hour)
	}
	return reply, done, err
}

func withTickets(r *rig) {
	inner := r.s.NewAcceptor
	r.s.NewAcceptor = func(a net.Addr) auth.Acceptor { return ticket{inner(a)} }
}

// A session whose log-in has run out lets go of what it has, and does nothing
// else until its user has logged in again, [MS-SMB2] 3.3.5.2.9.
func TestExpired(t *testing.T) {
	t.Parallel()
	const expired = smb2.StatusNetworkSessionExpired
	for _, seal := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			p := newRig(t, withTickets).user("alice")
			p.sign, p.seal = !seal, seal
			waits := p.lock()
			p.ask(waits)
			time.Sleep(time.Hour - time.Nanosecond)
			if s := p.status(p.ReadRequest(0, 1)); s != 0 {
				t.Fatal("before:", s)
			}
			time.Sleep(time.Nanosecond)
			notify := (&smb2.ChangeNotifyRequest{}).AppendBody(p.Header(smb2.CommandChangeNotify, 1))
			ack := (&smb2.LeaseBreakAck{}).AppendBody(p.Header(smb2.CommandOplockBreak, 1))
			for _, b := range [][]byte{p.ReadRequest(0, 1), p.WriteRequest(0, nil), p.create(), notify, ack,
				p.treeConnectRequest(`\\gateway\data`), p.treeOff(), p.ioctl(smb2.FsctlQueryNetworkInterfaceInfo, nil)} {
				if s := p.status(b); s != expired {
					t.Errorf("%v: %v", smb2.Header(b).Command(), s)
				}
			}
			related := p.ask(chain(true, p.create(), p.ReadRequest(0, 1), p.closeFile(smb2.NoFile)))
			if got := statuses(t, related); !slices.Equal(got, []smb2.Status{expired, expired, expired}) {
				t.Error("related:", got)
			}
			must(t, p.Send(p.cancel(waits, 0)))
			if last, err := p.Receive(); err != nil || last.Status() != smb2.StatusCancelled {
				t.Error("CANCEL:", last.Status(), err)
			}
			for _, c := range []struct {
				send []byte
				want smb2.Status
			}{{p.echo(), 0}, {p.closeFile(smb2.FileID{}), 0}, {p.lock(), smb2.StatusPending}} {
				if s := p.status(c.send); s != c.want {
					t.Errorf("%v: %v", smb2.Header(c.send).Command(), s)
				}
			}
			if s := p.login("alice", "opensesame", 0); s != 0 {
				t.Fatal("again:", s)
			}
			if s := p.status(p.ReadRequest(0, 1)); s != 0 {
				t.Error("READ after it, with the keys of before:", s)
			}
			time.Sleep(time.Hour)
			if s := p.status(p.ReadRequest(0, 1)); s != expired {
				t.Error("an hour later:", s)
			}
			must(t, p.Send(p.logoff()))
			for _, want := range []smb2.Status{smb2.StatusNotifyCleanup, 0} {
				if a, err := p.Receive(); err != nil || a.Status() != want {
					t.Errorf("LOGOFF: %v, %v", a.Status(), err)
				}
			}
		})
	}
}

// Who logs in again as somebody else, or fails to, has no session any more,
// whether it had expired or not.
func TestExpiredAndRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		user, password string
		want           smb2.Status
	}{{"bob", "opensesame", smb2.StatusAccessDenied}, {"alice", "wrong", smb2.StatusLogonFailure}} {
		synctest.Test(t, func(t *testing.T) {
			p := newRig(t, withTickets).user("alice")
			time.Sleep(2 * time.Hour)
			id := p.Session
			if s := p.login(c.user, c.password, 0); s != c.want {
				t.Fatalf("%s: %v", c.user, s)
			}
			p.Session, p.sign = id, false
			if s := p.status(p.closeFile(smb2.FileID{})); s != smb2.StatusUserSessionDeleted {
				t.Errorf("%s: %v", c.user, s)
			}
		})
	}
}

// Unsigned requests do not log in again, and one that has begun changes nothing
// before its end.
func TestReauthenticationIsTheSessionsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newRig(t, func(r *rig) { r.s.RequireSigning = true; withTickets(r) }).user("alice")
		time.Sleep(2 * time.Hour)
		token, _, err := initiator("alice", "opensesame").Initiate(nil)
		must(t, err)
		begin := func() []byte {
			return (&smb2.SessionSetupRequest{}).Append(p.Header(smb2.CommandSessionSetup, 1), token)
		}
		must(t, p.Client.Send(begin()))
		a, err := p.Receive()
		must(t, err)
		if a.Status() != smb2.StatusAccessDenied {
			t.Error("unsigned:", a.Status())
		}
		if s := p.status(begin()); s != smb2.StatusMoreProcessing {
			t.Error("signed:", s)
		}
		if s := p.status(p.ReadRequest(0, 1)); s != smb2.StatusNetworkSessionExpired {
			t.Error("meanwhile:", s)
		}
	})
}
