package front

import (
	"testing"
	"testing/synctest"

	"github.com/smbgw/smbgw/smb2"
)

// A client that asks for no credits keeps one, [MS-SMB2] 3.3.1.2.
func TestNoCreditsAsked(t *testing.T) {
	t.Parallel()
	p := newRig(t, nil).user("alice")
	for range 300 {
		b := p.echo()
		smb2.Header(b).SetCredits(0)
		if a := p.ask(b); a.Status() != 0 || p.Granted == uint64(p.Next) {
			t.Fatalf("%v, none left", a.Status())
		}
	}
}

// One that asks for all there are gets what there is, and what lies below is
// accepted in any order, at most once; whatever is charged has to be there.
func TestManyCredits(t *testing.T) {
	t.Parallel()
	p := newRig(t, nil).user("alice")
	b := p.echo()
	smb2.Header(b).SetCredits(0xffff)
	p.ask(b)
	left := p.Granted - uint64(p.Next)
	if left != DefaultCredits {
		t.Fatalf("%d credits", left)
	}
	first := p.Next
	p.Next += 7
	if s := p.status(p.ReadRequest(0, 1)); s != 0 {
		t.Error("the eighth:", s)
	}
	p.Next = first
	if s := p.status(p.ReadRequest(0, 1)); s != 0 {
		t.Error("then the first:", s)
	}
	p.Next = first + 8
	b = p.echo()
	smb2.Header(b).SetCreditCharge(5000) // more than it needs
	p.Next += 4999
	if s := p.status(b); s != 0 {
		t.Error("5000 charged:", s)
	}
	p.Next = first + 7
	must(t, p.Send(p.echo()))
	p.gone()
}

// A client that leaves an id unused for ever gets no more at some point, and can
// still use the ids that it has.
func TestIdLeftUnused(t *testing.T) {
	t.Parallel()
	p := newRig(t, nil).user("alice")
	unused := p.Next
	p.Next++
	for p.Granted > uint64(p.Next) {
		b := p.echo()
		smb2.Header(b).SetCredits(512)
		must(t, p.Send(b))
		a, err := p.Receive()
		must(t, err)
		if a.Status() != 0 {
			t.Fatal(a.Status())
		}
		if p.Next > unused+4*DefaultCredits {
			t.Fatal("no end")
		}
	}
	p.Next = unused
	must(t, p.Send(p.echo()))
	if a, err := p.Receive(); err != nil || a.Status() != 0 || a.Credits() == 0 {
		t.Error("the id at last:", err)
	}
}

// Dialect 2.0.2: a request is one credit's, [MS-SMB2] 3.3.5.2.
func TestSingleCredit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		send func(p *peer) []byte
		want smb2.Status
	}{
		{"READ of 64 KiB", func(p *peer) []byte { return p.ReadRequest(0, singleSize) }, 0},
		{"READ of more", func(p *peer) []byte {
			b := p.ReadRequest(0, 1)
			b[smb2.HeaderSize+6] = 2
			return b
		}, smb2.StatusInvalidParameter},
		{"a charge, which means nothing", func(p *peer) []byte {
			b := p.echo()
			smb2.Header(b).SetCreditCharge(60000)
			return b
		}, 0},
		{"WRITE of 70 KiB", func(p *peer) []byte { return p.WriteRequest(0, make([]byte, 70<<10)) }, disconnect},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newRig(t, nil).dial()
			p.negotiate(p.negotiateRequest(smb2.Dialect202))
			if s := p.login("alice", "opensesame", 0); s != 0 {
				t.Fatal(s)
			}
			p.sign = true
			p.connect()
			b := c.send(p)
			if c.want == disconnect {
				must(t, p.Send(b))
				p.gone()
			} else if s := p.status(b); s != c.want {
				t.Errorf("%v, want %v", s, c.want)
			}
		})
	}
}

// One message does not make this end hold whatever it asks for.
func TestGreedyCompound(t *testing.T) {
	t.Parallel()
	p := newRig(t, nil).user("alice")
	b := p.echo()
	smb2.Header(b).SetCredits(0xffff)
	p.ask(b)
	var list [][]byte
	for range 120 {
		list = append(list, p.ReadRequest(0, 1<<20))
	}
	must(t, p.Send(chain(false, list...)))
	served, refused := 0, 0
	for served+refused < len(list) { // they are too long for one answer
		reply, err := p.Receive()
		must(t, err)
		for _, s := range statuses(t, reply) {
			switch s {
			case 0:
				served++
			case smb2.StatusInsufficientResources:
				refused++
			default:
				t.Fatal(s)
			}
		}
	}
	if want := (maxHeld+maxCompound)>>20 - 1; served != want {
		t.Errorf("%d served, %d refused, want %d served", served, refused, want)
	}
	if s := p.status(p.ReadRequest(0, 1)); s != 0 {
		t.Error("afterwards:", s)
	}
}

// A client that sends and takes nothing is not read any more at some point.
func TestTakesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		p := r.user("alice")
		b := p.echo()
		smb2.Header(b).SetCredits(0xffff)
		p.ask(b)
		sent := make(chan int)
		go func() {
			n := 0
			for n < DefaultCredits && p.Send(p.lock()) == nil {
				n++
			}
			sent <- n
		}()
		synctest.Wait()
		if n := r.shop.count(func() int { return len(r.shop.waiting) }); n == 0 || n > maxAsync+1 {
			t.Errorf("%d wait", n)
		}
		p.Conn.Close()
		if n := <-sent; n == DefaultCredits {
			t.Error("all of it was taken")
		}
	})
}
