package front

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/smbgw/smbgw/smb2"
)

// What ends a tree or a session does so, too, behind requests of the same message
// that leave no room for more.
func TestEndsWithoutRoom(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(p *peer) []byte{
		"TREE_DISCONNECT": func(p *peer) []byte { return p.treeOff() },
		"LOGOFF":          func(p *peer) []byte { return p.logoff() },
	} {
		r := newRig(t, nil)
		p := r.user("alice")
		b := p.echo()
		smb2.Header(b).SetCredits(0xffff)
		p.ask(b)
		var list [][]byte
		room := maxHeld + maxCompound
		for room > 2<<20 {
			list = append(list, p.ReadRequest(0, 1<<20))
			room -= 1<<20 + smb2.ReadResponseBuffer
		}
		for room > 256 {
			n := min(room-128, 1<<20)
			list = append(list, p.ReadRequest(0, uint32(n)))
			room -= n + smb2.ReadResponseBuffer
		}
		list = append(list, p.echo(), end(p))
		must(t, p.Send(chain(false, list...)))
		var all []smb2.Status
		for len(all) < len(list) {
			reply, err := p.Receive()
			must(t, err)
			all = append(all, statuses(t, reply)...)
		}
		for i, s := range all {
			if s != 0 {
				t.Errorf("%s: answer %d of %d: %v", name, i+1, len(all), s)
			}
		}
		if n := r.shop.count(func() int { return r.shop.open }); n != 0 {
			t.Errorf("%s: %d trees are left", name, n)
		}
	}
}

// Trees that are being connected count as those that are there.
func TestTooManyTrees(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	p := r.user("alice")
	b := p.echo()
	smb2.Header(b).SetCredits(0xffff)
	p.ask(b)
	r.shop.stall()
	const more = 20
	for range maxTrees + more {
		must(t, p.Send(p.treeConnectRequest(`\\gateway\data`)))
	}
	go func() {
		for range maxTrees - 1 {
			<-r.shop.asked
		}
		close(r.shop.gate)
		for range r.shop.asked {
		}
	}()
	refused := 0
	for range maxTrees + more {
		reply, err := p.Receive()
		must(t, err)
		if reply.Status() == smb2.StatusInsufficientResources {
			refused++
		}
	}
	close(r.shop.asked)
	if refused != more+1 { // there was one tree before
		t.Errorf("%d of %d are refused, want %d", refused, maxTrees+more, more+1)
	}
}

// A session that is left by a connection that lives keeps what it began on as long
// as a share is being connected there.
func TestEndsWhileConnecting(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	p := r.user("alice")
	q := r.second(p)
	p.Conn.Close()
	<-p.ended
	p.ended <- nil
	r.shop.stall()
	connect := q.treeConnectRequest(`\\gateway\data`)
	must(t, q.Send(connect))
	<-r.shop.asked
	if s := q.status(q.logoff()); s != 0 {
		t.Fatal(s)
	}
	if n := r.shop.count(func() int { return r.shop.closed }); n != 0 {
		t.Error("the space is closed while it is asked for a share")
	}
	close(r.shop.gate)
	reply, err := q.Receive()
	must(t, err)
	if reply.Status() != smb2.StatusUserSessionDeleted {
		t.Error(reply.Status())
	}
	q.Conn.Close()
	<-q.ended
	q.ended <- nil
	if n := r.shop.count(func() int { return r.shop.closed }); n != 2 { // each connection's
		t.Errorf("%d spaces are closed", n)
	}
}

// A session that ends elsewhere, the moment that it is bound to a connection, leaves
// it with the time that anybody has to log in.
func TestEndsWhileBound(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	client, server := r.net.Pipe()
	defer client.Close()
	c := r.s.newConn(t.Context(), server, r.shop)
	defer c.kill()
	c.stop = func() {}
	ch := c.newSession()
	c.mu.Lock()
	c.raise(ch)
	c.mu.Unlock()
	ch.drop(r.s.Sessions) // by another channel's reader
	c.greet(ch)
	if !c.login.Stop() {
		t.Error("nobody is on the connection, and its time does not run")
	}
}

// A client comes back whose former connection is stuck with a server that takes
// nothing.
func TestReplacesStuck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		p := r.user("alice")
		r.shop.stuck = make(chan struct{})
		must(t, p.Send(p.ReadRequest(0, 1)))
		synctest.Wait()
		q := r.negotiated(smb2.Dialect311)
		if s := q.login("alice", "opensesame", p.Session); s != 0 {
			t.Error(s)
		}
		if s := p.answered(); s != smb2.StatusNetworkNameDeleted {
			t.Error("the READ:", s)
		}
		p.Conn.Close()
		q.Conn.Close()
	})
}

// A server that takes nothing does not hold up the gateway's end.
func TestEndsStuck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		r := newRig(t, func(r *rig) { r.ctx = ctx })
		p := r.user("alice")
		r.shop.stuck = make(chan struct{})
		must(t, p.Send(p.ReadRequest(0, 1)))
		synctest.Wait()
		cancel()
		<-p.ended
		if n := r.s.Sessions.Len(); n != 0 || r.shop.open != 0 {
			t.Errorf("%d sessions, %d trees", n, r.shop.open)
		}
		p.ended <- nil // for the rig
	})
}

// answered is what comes next.
func (p *peer) answered() smb2.Status {
	p.t.Helper()
	reply, err := p.Receive()
	must(p.t, err)
	return reply.Status()
}

// A client that comes back while its former connection is just being cleared away
// has its session taken for the one before, too.
func TestReplacesEnding(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	p := r.user("alice")
	r.s.Sessions.find(p.Session).leave(r.s.Sessions.find(p.Session).channels[0]) // as hangUp begins
	q := r.negotiated(smb2.Dialect311)
	if s := q.login("alice", "opensesame", p.Session); s != 0 {
		t.Fatal(s)
	}
	q.sign = true
	q.connect()
	r.shop.mu.Lock()
	defer r.shop.mu.Unlock()
	if got := r.shop.client.Previous; got != p.Session || r.shop.open != 1 {
		t.Errorf("after session %#x, want %#x; %d trees", got, p.Session, r.shop.open)
	}
}
