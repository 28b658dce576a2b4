package front

import (
	"bytes"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/smb2test"
	"github.com/smbgw/smbgw/transports"
)

// hangsUp closes the connection and waits until the server has left it.
func (p *peer) hangsUp() {
	p.t.Helper()
	p.Conn.Close()
	select {
	case err := <-p.ended:
		p.ended <- err
	case <-time.After(5 * time.Second):
		p.t.Fatal("the server does not leave a connection that is gone")
	}
}

// A session lives as long as one of its channels, whichever, with what it has:
// its trees, and the space that they are of.
func TestChannelDies(t *testing.T) {
	t.Parallel()
	for _, first := range []bool{true, false} {
		r := newRig(t, nil)
		p := r.user("alice")
		q := r.second(p)
		dies, lives := p, q
		if !first {
			dies, lives = q, p
		}
		dies.hangsUp()
		if s := lives.status(lives.WriteRequest(0, []byte("hello"))); s != 0 {
			t.Errorf("first %v: WRITE: %v", first, s)
		}
		lives.connect() // on the space of the one that died
		if n := r.shop.count(func() int { return len(r.shop.abandoned) }); n != 0 {
			t.Errorf("first %v: the client has not gone", first)
		}
		if n := r.shop.count(func() int { return r.shop.closed }); n != 0 == first {
			t.Errorf("first %v: %d spaces are closed", first, n)
		}
		lives.hangsUp()
		if got := r.shop.abandoned; !slices.Equal(got, []uint64{p.Session}) {
			t.Errorf("first %v: abandoned %x", first, got)
		}
		if r.shop.closed != 2 {
			t.Errorf("first %v: %d spaces are closed", first, r.shop.closed)
		}
	}
}

// A connection that is ended from this side takes nothing away from a session that
// has another one.
func TestChannelKilled(t *testing.T) {
	t.Parallel()
	for i := range 2 {
		r := newRig(t, nil)
		p := r.user("alice")
		both := []*peer{p, r.second(p)}
		r.s.Sessions.find(p.Session).channels[i].c.kill()
		both[i].ended <- <-both[i].ended
		lives := both[1-i]
		if s := lives.status(lives.WriteRequest(0, []byte("hello"))); s != 0 {
			t.Errorf("channel %d: WRITE: %v", i, s)
		}
		r.second(p).hangsUp() // it can have others, too
		lives.hangsUp()
	}
}

// What waits for an answer on a channel that dies is withdrawn, and what came on
// the others waits on.
func TestChannelDiesWaiting(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	p := r.user("alice")
	q := r.second(p)
	if s := p.status(p.lock()); s != smb2.StatusPending {
		t.Fatal(s)
	}
	lock := q.lock()
	interim := q.ask(lock)
	p.hangsUp()
	if n := r.shop.count(func() int { return len(r.shop.waiting) }); n != 1 {
		t.Errorf("%d requests wait", n)
	}
	must(t, q.Send(q.cancel(lock, interim.AsyncID())))
	last, err := q.Receive()
	must(t, err)
	if last.Status() != smb2.StatusCancelled {
		t.Error(last.Status())
	}
}

// A CREATE goes on when its channel dies: it may be repeated on another one.
func TestChannelDiesCreating(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(r *rig) { r.shop.slow = true })
	p := r.user("alice")
	q := r.second(p)
	if s := p.status(p.create()); s != smb2.StatusPending {
		t.Fatal(s)
	}
	p.Conn.Close()
	for range 5 {
		if s := q.status(q.WriteRequest(0, []byte("hello"))); s != 0 {
			t.Error(s)
		}
		time.Sleep(time.Millisecond)
	}
	if n := r.shop.count(func() int { return r.shop.cancels }); n != 0 {
		t.Errorf("%d requests are cancelled", n)
	}
	q.hangsUp()
	p.hangsUp()
}

// aBreak is one as a tree makes it.
func (r *rig) aBreak(key byte) *transports.Message {
	m := r.shop.arena.New(smb2.HeaderSize + 24)
	(&smb2.OplockBreak{Level: smb2.OplockII, FileID: smb2.NewFileID(uint64(key), 0)}).AppendBody(head(m))
	return m
}

// broken receives a break.
func (p *peer) broken(key byte) {
	p.t.Helper()
	reply, err := p.Receive()
	must(p.t, err)
	if reply.Command() != smb2.CommandOplockBreak || reply.SessionID() != p.Session || reply.Message[breakKey] != key {
		p.t.Fatalf("not the break of %d: %x", key, reply.Message)
	}
}

// Breaks go out on a channel that lives; those that a dead one had and that have
// not been acknowledged, on another one, [MS-SMB2] 3.3.4.6.
func TestBreakFailsOver(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	p := r.user("alice")
	q := r.second(p)
	r.shop.client.Notify.Break(r.aBreak(1))
	p.broken(1)
	r.shop.client.Notify.Break(r.aBreak(2))
	p.broken(2)
	ack := (&smb2.OplockBreak{Level: smb2.OplockII, FileID: smb2.NewFileID(1, 0)}).AppendBody(q.Header(smb2.CommandOplockBreak, 1))
	q.ask(ack) // on the other channel
	p.hangsUp()
	q.broken(2)
	r.shop.client.Notify.Break(r.aBreak(3))
	q.broken(3)
	q.hangsUp()
	r.shop.client.Notify.Break(r.aBreak(4)) // of nobody: see rig.check
}

// A break on a channel from which nothing comes goes out on another one too, unless
// it is acknowledged.
func TestBreakSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		p := r.user("alice")
		q := r.second(p)
		other := r.second(p)
		r.shop.client.Notify.Break(r.aBreak(1))
		p.broken(1)
		began := time.Now()
		q.broken(1)
		if took := time.Since(began); took != silence {
			t.Errorf("repeated after %v", took)
		}
		q.ask((&smb2.OplockBreak{Level: smb2.OplockII, FileID: smb2.NewFileID(1, 0)}).AppendBody(q.Header(smb2.CommandOplockBreak, 1)))
		r.shop.client.Notify.Break(r.aBreak(2))
		p.broken(2)
		if s := p.status(p.echo()); s != 0 { // it is there
			t.Error(s)
		}
		time.Sleep(2 * breakTime)
		for _, x := range []*peer{q, other} {
			if s := x.status(x.echo()); s != 0 { // and has been told nothing else
				t.Error(s)
			}
		}
	})
}

// READs and WRITEs go by RDMA on the channel that has it, as clients want it that
// have begun on one that has not.
func TestChannelPlaces(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	p := r.user("alice")
	placing(r)
	q := r.second(p)
	p.sign, q.sign = false, false
	data := bytes.Repeat([]byte("0123456789"), 5000)
	how := smb2test.Placing{Channel: smb2.ChannelV1Invalidate}
	if n, s, err := q.WritePlaced(10, data, how); err != nil || s != 0 || int(n) != len(data) {
		t.Fatal(n, s, err)
	}
	if got, s, err := q.ReadPlaced(10, uint32(len(data)), how); err != nil || s != 0 || !bytes.Equal(got, data) {
		t.Errorf("READ: %v, %v, %d bytes", s, err, len(got))
	}
	if s := p.status(p.WriteRequest(0, []byte("hello"))); s != 0 {
		t.Error(s)
	}
	if used := q.end(); used.PlacedReads != 1 || used.PlacedWrites != 1 || !slices.Equal(used.Users, []string{"alice"}) {
		t.Errorf("%+v", used)
	}
}

// ChannelSequence and the flag of replays are the tree's, of the dialects that have
// them.
func TestChannelSequence(t *testing.T) {
	t.Parallel()
	for d, want := range map[smb2.Dialect]uint16{smb2.Dialect21: 0, smb2.Dialect30: 7, smb2.Dialect311: 7} {
		r := newRig(t, nil)
		p := r.negotiated(d)
		if s := p.login("alice", "opensesame", 0); s != 0 {
			t.Fatal(s)
		}
		p.sign = true
		p.connect()
		b := p.lock()
		smb2.Header(b).SetStatus(7)
		smb2.Header(b).Set(smb2.FlagReplay)
		if s := p.status(b); s != smb2.StatusPending {
			t.Fatal(s)
		}
		h := r.shop.waiting[0].Header()
		if h.ChannelSequence() != want || h.Has(smb2.FlagReplay) != (want != 0) {
			t.Errorf("%v: the tree sees %d, replay %v", d, h.ChannelSequence(), h.Has(smb2.FlagReplay))
		}
	}
}

// A session that ends while others are being bound to it leaves nothing, and neither
// do they.
func TestBindingRaces(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for range 20 {
		p := r.user("alice")
		done := make(chan smb2.Status)
		go func() { done <- r.negotiated(smb2.Dialect311).tries(p) }()
		p.status(p.logoff())
		switch s := <-done; s {
		case 0, smb2.StatusUserSessionDeleted, smb2.StatusRequestNotAccepted, smb2.StatusAccessDenied:
		default:
			t.Error(s)
		}
	}
}

// What a server has lost its hold on, none of the channels may go on with.
func TestLostOnAll(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	p := r.user("alice")
	q := r.second(p)
	r.shop.client.Notify.Lost()
	for _, x := range []*peer{p, q} {
		x.gone()
	}
}

// The user's next session ends the one before on all of its channels.
func TestPreviousOnAll(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	p := r.user("alice")
	q := r.second(p)
	n := r.negotiated(smb2.Dialect311)
	if s := n.login("alice", "opensesame", p.Session); s != 0 {
		t.Fatal(s)
	}
	for _, x := range []*peer{p, q} {
		if s := x.status(x.WriteRequest(0, []byte("hello"))); s != smb2.StatusUserSessionDeleted {
			t.Error(s)
		}
	}
	n.sign = true
	n.work()
}

// Channels of one session work side by side while others come and go.
func TestChannelsTogether(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	p := r.user("alice")
	done := make(chan bool)
	for i := range 4 {
		q := r.second(p)
		go func() {
			defer func() { done <- true }()
			data := bytes.Repeat([]byte{byte(i)}, 512)
			for range 50 {
				if err := q.Send(q.WriteRequest(uint64(i+1)*512, data)); err != nil {
					t.Error(err)
				}
				if reply, err := q.Receive(); err != nil || reply.Status() != 0 {
					t.Error(err, reply)
					return
				}
			}
			q.Conn.Close()
		}()
	}
	for range 20 {
		q := r.second(p)
		q.Conn.Close()
	}
	for range 4 {
		<-done
	}
	p.work()
	for i := range 4 {
		if got := r.shop.store[(i+1)*512 : (i+2)*512]; !bytes.Equal(got, bytes.Repeat([]byte{byte(i)}, 512)) {
			t.Errorf("channel %d wrote something else", i)
		}
	}
}

// A Space has a say in which sessions of other connections its own serves.
func TestJoin(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(r *rig) { r.shop.alone = true })
	p := r.user("alice")
	q := r.negotiated(smb2.Dialect311)
	if s := q.joins(p, "alice", "opensesame"); s != smb2.StatusAccessDenied {
		t.Error(s)
	}
	if n := r.shop.count(func() int { return r.shop.joins }); n != 1 {
		t.Errorf("asked %d times", n)
	}
	p.work()
}

var _ Joiner = (*shop)(nil)
var _ tree.Space = (*shop)(nil)

// A client is told the addresses that it can use.
func TestInterfaces(t *testing.T) {
	t.Parallel()
	four := smb2.NetworkInterface{Index: 2, Capability: smb2.InterfaceRDMA, LinkSpeed: 1e9, Addr: netip.MustParseAddr("192.0.2.1")}
	six := smb2.NetworkInterface{Index: 3, Capability: smb2.InterfaceRSS, LinkSpeed: 4e9, Addr: netip.MustParseAddr("2001:db8::1")}
	all := func() []smb2.NetworkInterface { return []smb2.NetworkInterface{four, six} }
	p := newRig(t, func(r *rig) { r.s.Interfaces = all }).user("alice")
	r := p.ask(p.ioctl(smb2.FsctlQueryNetworkInterfaceInfo, nil))
	res, err := smb2.ParseIoctlResponse(r.Header)
	must(t, err)
	b, err := res.Output(r.Header)
	must(t, err)
	if got, err := smb2.ParseNetworkInterfaces(nil, b); err != nil || !slices.Equal(got, all()) {
		t.Errorf("%+v, %v", got, err)
	}
	nowhere := newRig(t, func(r *rig) { r.s.Interfaces = func() []smb2.NetworkInterface { return nil } }).user("alice")
	if s := nowhere.ask(nowhere.ioctl(smb2.FsctlQueryNetworkInterfaceInfo, nil)).Status(); s != smb2.StatusNotSupported {
		t.Errorf("where there is none: %v", s)
	}
	for from, want := range map[string][]smb2.NetworkInterface{
		"192.0.2.9:1000":          {four},
		"[::ffff:192.0.2.9]:1000": {four},
		"[2001:db8::9]:1000":      {six},
		"[fe80::9%eth0]:1000":     {six},
		"nowhere":                 all(),
	} {
		if got := ofFamily(somewhere(from), all()); !slices.Equal(got, want) {
			t.Errorf("from %s: %+v", from, got)
		}
	}
}

type somewhere string

func (s somewhere) Network() string { return "tcp" }
func (s somewhere) String() string  { return string(s) }
