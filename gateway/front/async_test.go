package front

import (
	"testing"

	"github.com/smbgw/smbgw/smb2"
)

func TestCancel(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		byAsync bool
		seal    bool
	}{{"by message id", false, false}, {"by AsyncId", true, false}, {"sealed", true, true}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newRig(t, nil).user("alice")
			p.sign, p.seal = !c.seal, c.seal
			lock := p.lock()
			interim := p.ask(lock)
			if interim.Status() != smb2.StatusPending || !interim.Has(smb2.FlagAsync) || interim.AsyncID() == 0 ||
				interim.Has(smb2.FlagSigned) || p.plain == c.seal || interim.Credits() == 0 {
				t.Fatalf("interim: %v, flags %#x, %d credits", interim.Status(), interim.Flags(), interim.Credits())
			}
			var async uint64
			if c.byAsync {
				async = interim.AsyncID()
			}
			must(t, p.Send(p.cancel(lock, async+1<<20))) // of nothing
			if !c.byAsync {
				must(t, p.Send(p.cancel(lock, 0)))
			} else {
				must(t, p.Send(p.cancel(lock, async)))
			}
			last, err := p.Receive()
			must(t, err)
			if last.Status() != smb2.StatusCancelled || last.AsyncID() != interim.AsyncID() || last.Credits() != 0 ||
				last.Has(smb2.FlagSigned) == c.seal {
				t.Errorf("last: %v, flags %#x, %d credits", last.Status(), last.Flags(), last.Credits())
			}
			must(t, p.Send(p.cancel(lock, async))) // once more
			if s := p.status(p.echo()); s != 0 {
				t.Error(s)
			}
		})
	}
}

// Of requests that wait there is a limit; one that has gone makes room.
func TestTooManyWait(t *testing.T) {
	t.Parallel()
	p := newRig(t, nil).user("alice")
	first := p.lock()
	interim := p.ask(first)
	for range maxAsync - 1 {
		if s := p.status(p.lock()); s != smb2.StatusPending {
			t.Fatal(s)
		}
	}
	if a := p.ask(p.lock()); a.Status() != smb2.StatusInsufficientResources || a.Has(smb2.FlagAsync) || a.Credits() == 0 {
		t.Fatalf("one too many: %v, flags %#x, %d credits", a.Status(), a.Flags(), a.Credits())
	}
	must(t, p.Send(p.cancel(first, interim.AsyncID())))
	last, err := p.Receive()
	must(t, err)
	if last.Status() != smb2.StatusCancelled {
		t.Fatal("cancelled:", last.Status())
	}
	if s := p.status(p.lock()); s != smb2.StatusPending {
		t.Error("in its place:", s)
	}
}

// A CANCEL that the client has not signed does nothing, nor does another
// session's.
func TestCancelRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(r *rig) { r.s.RequireSigning = true })
	p := r.user("alice")
	lock := p.lock()
	interim := p.ask(lock)
	must(t, p.Client.Send(p.cancel(lock, interim.AsyncID())))
	if s := p.status(p.echo()); s != 0 {
		t.Error(s)
	}
	if n := r.shop.count(func() int { return r.shop.cancels }); n != 0 {
		t.Errorf("%d cancelled", n)
	}
}

// What waits is answered when its tree goes.
func TestWaitingAtTreeDisconnect(t *testing.T) {
	t.Parallel()
	p := newRig(t, nil).user("alice")
	p.ask(p.lock())
	must(t, p.Send(p.treeOff()))
	for _, want := range []smb2.Status{smb2.StatusNotifyCleanup, 0} {
		reply, err := p.Receive()
		must(t, err)
		if reply.Status() != want {
			t.Errorf("%v, want %v", reply.Status(), want)
		}
	}
}

// A CHANGE_NOTIFY whose tree or session ends is told that it has nothing to watch
// any more, whatever the tree calls it; one that is cancelled, that it is.
func TestNotifyCleanup(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		end  func(p *peer, notify, interim smb2.Header) []byte
		want smb2.Status
	}{
		{"TREE_DISCONNECT", func(p *peer, _, _ smb2.Header) []byte { return p.treeOff() }, smb2.StatusNotifyCleanup},
		{"LOGOFF", func(p *peer, _, _ smb2.Header) []byte { return p.logoff() }, smb2.StatusNotifyCleanup},
		{"CANCEL", func(p *peer, notify, interim smb2.Header) []byte {
			return p.cancel(notify, interim.AsyncID())
		}, smb2.StatusCancelled},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newRig(t, func(r *rig) { r.shop.curt = true }).user("alice")
			notify := (&smb2.ChangeNotifyRequest{}).AppendBody(p.Header(smb2.CommandChangeNotify, 1))
			interim := p.ask(notify)
			if interim.Status() != smb2.StatusPending {
				t.Fatal(interim.Status())
			}
			must(t, p.Send(c.end(p, notify, interim.Header)))
			last, err := p.Receive()
			must(t, err)
			if last.Status() != c.want || last.AsyncID() != interim.AsyncID() {
				t.Errorf("%v, want %v", last.Status(), c.want)
			}
		})
	}
}

// The client may go at any time: see rig.check.
func TestGoneWhileWaiting(t *testing.T) {
	t.Parallel()
	p := newRig(t, nil).user("alice")
	p.ask(p.lock())
	must(t, p.Send(p.lock()))
	p.Conn.Close()
}

func TestBreak(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	p := r.user("alice")
	p.seal = true
	m := r.shop.arena.New(smb2.HeaderSize + 24)
	(&smb2.OplockBreak{Level: smb2.OplockII}).AppendBody(head(m))
	r.shop.client.Notify.Break(m)
	reply, err := p.Receive()
	must(t, err)
	if reply.Command() != smb2.CommandOplockBreak || reply.MessageID() != smb2.Unsolicited || !p.plain ||
		reply.Has(smb2.FlagSigned) || !reply.Has(smb2.FlagReply) || reply.SessionID() != p.Session || reply.Credits() != 0 {
		t.Errorf("break: %x", reply.Message)
	}
	m = r.shop.arena.New(1 << 20)
	clear(m.Bytes())
	(&smb2.LeaseBreak{}).AppendBody(head(m))
	r.shop.client.Notify.Break(m)
	if reply, err = p.Receive(); err != nil || len(reply.Message) != smb2.HeaderSize+44 {
		t.Errorf("a break with what does not belong to it: %v, %d bytes", err, len(reply.Message))
	}
	p.Conn.Close()
	<-p.ended
	p.ended <- nil
	m = r.shop.arena.New(smb2.HeaderSize + 24)
	(&smb2.OplockBreak{}).AppendBody(head(m))
	r.shop.client.Notify.Break(m) // of nobody: see rig.check
}

// A client whose opens wait for its return is disconnected before it hears
// anything else.
func TestLost(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	p := r.user("alice")
	p.ask(p.lock()) // answered when its tree goes
	r.shop.client.Notify.Lost()
	p.gone()
	r.shop.client.Notify.Lost() // of nobody
}
