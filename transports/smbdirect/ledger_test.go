package smbdirect

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// A peer is one end of the ledger test: a core, or a second implementation
// that knows nothing of it.
type peer interface {
	offer(n int)           // a message to send; only when idle
	idle() bool            // nothing is being sent
	emit() ([]byte, bool)  // the next message on the wire
	take(b []byte) error   // one arrives
	receives() int         // posted now
	delivered() []int      // sizes of whole messages, since the last call
	tick(to time.Duration) // time has come
}

// books are the test's own: what each side was granted and has used, counted
// from the bytes on the wire and nothing else.
type books struct {
	credits [2]int
	wire    [2][][]byte // on the way from 0, from 1
}

func (k *books) sent(t *testing.T, from int, b []byte, receives int) {
	t.Helper()
	k.credits[from]--
	if k.credits[from] < 0 {
		t.Fatalf("side %d sends without a credit", from)
	}
	k.credits[1-from] += int(le.Uint16(b[2:]))
	if le.Uint16(b) == 0 {
		t.Fatalf("side %d requests no credits", from)
	}
	k.wire[from] = append(k.wire[from], b)
	// Everything granted has its receive: those on the way are still posted.
	if owed := k.credits[1-from] + len(k.wire[1-from]); owed > receives {
		t.Fatalf("side %d has granted %d with %d receives posted", from, owed, receives)
	}
}

// coreEnd is a core as a peer.
type coreEnd struct {
	*side
	sizes   []int
	partial int
}

func (p *coreEnd) offer(n int) { p.c.offer(n) }
func (p *coreEnd) idle() bool  { return p.c.sending == 0 }
func (p *coreEnd) receives() int {
	p.post()
	return p.c.in.posted
}
func (p *coreEnd) tick(to time.Duration) {
	p.now = epoch.Add(to)
	if err := p.c.expired(p.now); err != nil {
		p.t.Fatal(err)
	}
}

func (p *coreEnd) emit() ([]byte, bool) {
	p.post()
	f, ok := p.c.next(p.head[:], p.now)
	if !ok {
		return nil, false
	}
	p.c.sent()
	return append(append([]byte(nil), f.head...), make([]byte, f.to-f.from)...), true
}

func (p *coreEnd) take(b []byte) error {
	f, err := p.c.received(b, p.now)
	if f.first {
		p.partial = 0
	}
	p.partial += len(f.data)
	if f.last && f.total > 0 {
		p.sizes = append(p.sizes, p.partial)
	}
	return err
}

func (p *coreEnd) delivered() []int {
	s := p.sizes
	p.sizes = nil
	return s
}

// dumbPeer is [MS-SMBD] 3.1.5 word for word, as simple as it gets: one counter
// each way, a grant with everything, an empty message whenever the queue is
// empty and there is something to grant.
type dumbPeer struct {
	credits, granted, target int
	ask, size                int
	left                     int
	got                      int
	sizes                    []int
}

func (p *dumbPeer) offer(n int)        { p.left = n }
func (p *dumbPeer) idle() bool         { return p.left == 0 }
func (p *dumbPeer) receives() int      { return 1 << 20 }
func (p *dumbPeer) tick(time.Duration) {}

func (p *dumbPeer) emit() ([]byte, bool) {
	grant := max(0, p.target-p.granted)
	if p.left == 0 && grant == 0 || p.credits == 0 {
		return nil, false
	}
	if p.credits == 1 && grant == 0 {
		grant = 1 // 3.1.5.9: SendCredits is 1 and the queue is not empty
	}
	n := min(p.left, p.size-headerSize)
	p.left -= n
	p.credits--
	p.granted += grant
	b := payload(n, DataTransfer{CreditsRequested: uint16(p.ask), CreditsGranted: uint16(grant), RemainingDataLength: uint32(p.left)})
	if n == 0 {
		b = b[:emptySize]
		clear(b[12:16])
	}
	return b, true
}

func (p *dumbPeer) take(b []byte) error {
	d, data, err := ParseDataTransfer(b)
	if err != nil {
		return err
	}
	p.granted--
	p.credits += int(d.CreditsGranted)
	p.target = int(d.CreditsRequested)
	if len(data) == 0 {
		return nil
	}
	p.got += len(data)
	if d.RemainingDataLength == 0 {
		p.sizes = append(p.sizes, p.got)
		p.got = 0
	}
	return nil
}

func (p *dumbPeer) delivered() []int {
	s := p.sizes
	p.sizes = nil
	return s
}

// pairUp negotiates two ends: a client core, and a server core or the dumb
// peer as a server.
func pairUp(t *testing.T, clientAsks, serverAsks int, dumb bool) ([2]peer, *books) {
	k := new(books)
	client := newSide(t, Options{Credits: clientAsks, PreferredSendSize: 1364, MaxReceiveSize: 1364, Keepalive: 1000 * time.Hour}, false)
	request := client.drain()[0]
	r, err := ParseNegotiateRequest(request)
	if err != nil {
		t.Fatal(err)
	}
	var server peer
	var response []byte
	if dumb {
		n := linuxResponse
		n.CreditsRequested, n.CreditsGranted = uint16(serverAsks), uint16(clientAsks)
		n.MaxFragmentedSize = DefaultMaxFragmentedSize
		response = appendLike(n)
		server = &dumbPeer{granted: clientAsks, target: clientAsks, ask: serverAsks, size: 1364}
	} else {
		s, n := openServer(t, Options{Credits: serverAsks, PreferredSendSize: 1364, MaxReceiveSize: 1364, Keepalive: 1000 * time.Hour}, r)
		response = appendLike(n)
		server = &coreEnd{side: s}
	}
	if _, err := client.receive(response); err != nil {
		t.Fatal(err)
	}
	k.credits[0] = int(le.Uint16(response[10:]))
	return [2]peer{&coreEnd{side: client}, server}, k
}

// Random traffic with random timing: no side ever sends without a credit or
// grants what is not posted, everything arrives whole and in order, nothing
// gets stuck, and when there is no more to say both fall silent.
func TestLedger(t *testing.T) {
	t.Parallel()
	targets := []int{1, 2, 3, 10, 255}
	for _, dumb := range []bool{false, true} {
		for _, a := range targets {
			for _, b := range targets {
				t.Run(fmt.Sprintf("dumb=%v/%d-%d", dumb, a, b), func(t *testing.T) {
					t.Parallel()
					for seed := range uint64(6) {
						runLedger(t, a, b, dumb, rand.New(rand.NewPCG(seed, uint64(a*1000+b))))
					}
				})
			}
		}
	}
}

func randomSize(r *rand.Rand) int {
	switch r.IntN(12) {
	case 0:
		return 1 << r.IntN(18)
	case 1:
		return 1340 + r.IntN(3) - 1
	case 2:
		return r.IntN(200_000) + 1
	case 3:
		return 173_910
	}
	return r.IntN(300) + 1
}

func runLedger(t *testing.T, a, b int, dumb bool, r *rand.Rand) {
	ends, k := pairUp(t, a, b, dumb)
	var sent [2][]int // not yet delivered at the other side
	left := [2]int{r.IntN(30), r.IntN(30)}
	burst := 1 + r.IntN(50)
	for messages := 0; ; messages++ {
		progress := false
		for i, p := range ends {
			if left[i] > 0 && p.idle() && r.IntN(3) > 0 {
				n := randomSize(r)
				p.offer(n)
				sent[i] = append(sent[i], n)
				left[i]--
			}
			for range r.IntN(burst + 1) {
				b, ok := p.emit()
				if !ok {
					break
				}
				progress = true
				k.sent(t, i, b, p.receives())
			}
			other := ends[1-i]
			for range r.IntN(burst + 1) {
				if len(k.wire[i]) == 0 {
					break
				}
				progress = true
				b := k.wire[i][0]
				k.wire[i] = k.wire[i][1:]
				if err := other.take(b); err != nil {
					t.Fatal(err)
				}
			}
			for _, n := range other.delivered() {
				if len(sent[i]) == 0 || sent[i][0] != n {
					t.Fatalf("side %d received %d bytes, sent were %v", 1-i, n, sent[i])
				}
				sent[i] = sent[i][1:]
			}
		}
		if messages > 3_000_000 {
			t.Fatal("the two never fall silent")
		}
		if progress || left[0] > 0 && ends[0].idle() || left[1] > 0 && ends[1].idle() {
			continue
		}
		if quiet(t, ends, k) {
			break
		}
	}
	if len(sent[0])+len(sent[1])+left[0]+left[1] > 0 {
		t.Fatalf("stuck: %v and %v under way, credits %v", sent[0], sent[1], k.credits)
	}
}

// quiet says that neither side has anything to say, now and after the client's
// first credits have settled. What they still say goes onto the wire.
func quiet(t *testing.T, ends [2]peer, k *books) bool {
	silent := len(k.wire[0])+len(k.wire[1]) == 0
	for i, p := range ends {
		p.tick(settleTime)
		for {
			b, ok := p.emit()
			if !ok {
				break
			}
			silent = false
			k.sent(t, i, b, p.receives())
		}
	}
	return silent
}
