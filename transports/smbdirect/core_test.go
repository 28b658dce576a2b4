package smbdirect

import (
	"errors"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports"
)

var epoch = time.Unix(1700000000, 0)

// A side drives one core by hand on a clock of its own.
type side struct {
	t    *testing.T
	c    core
	now  time.Time
	head [negotiateResponseSize]byte
}

func newSide(t *testing.T, o Options, server bool) *side {
	s := &side{t: t, now: epoch, c: newCore(o.withDefaults(), server, epoch)}
	s.post()
	s.c.established()
	return s
}

// openServer is a server that has answered r.
func openServer(t *testing.T, o Options, r NegotiateRequest) (*side, NegotiateResponse) {
	t.Helper()
	s := newSide(t, o, true)
	if _, err := s.receive(appendLike(r)); err != nil {
		t.Fatal(err)
	}
	out := s.drain()
	if len(out) != 1 {
		t.Fatalf("%d messages answer the request", len(out))
	}
	response, err := ParseNegotiateResponse(out[0])
	if err != nil {
		t.Fatal(err)
	}
	return s, response
}

// openClient is a client that has received r.
func openClient(t *testing.T, o Options, r NegotiateResponse) *side {
	t.Helper()
	s := newSide(t, o, false)
	if out := s.drain(); len(out) != 1 || len(out[0]) != negotiateRequestSize {
		t.Fatalf("the client begins with %x", out)
	}
	if _, err := s.receive(appendLike(r)); err != nil {
		t.Fatal(err)
	}
	s.post()
	return s
}

func (s *side) post() {
	s.c.posted(s.c.missing())
}

func (s *side) receive(b []byte) (fragment, error) {
	f, err := s.c.received(b, s.now)
	if err == nil {
		s.post()
	}
	return f, err
}

// drain returns every message that the core sends now, headers only. Sends
// complete at once.
func (s *side) drain() [][]byte {
	var out [][]byte
	for {
		f, ok := s.c.next(s.head[:], s.now)
		if !ok {
			return out
		}
		out = append(out, append([]byte(nil), f.head...))
		s.c.sent()
		if len(out) > 1<<16 {
			s.t.Fatal("the core does not stop sending")
		}
	}
}

// headers is drain after negotiation.
func (s *side) headers() []DataTransfer {
	s.t.Helper()
	var list []DataTransfer
	for _, b := range s.drain() {
		if len(b) == headerSize { // the payload is not in the header
			d := DataTransfer{
				CreditsRequested: le.Uint16(b), CreditsGranted: le.Uint16(b[2:]), Flags: le.Uint16(b[4:]),
				RemainingDataLength: le.Uint32(b[8:]), DataOffset: le.Uint32(b[12:]), DataLength: le.Uint32(b[16:]),
			}
			list = append(list, d)
			continue
		}
		d, _, err := ParseDataTransfer(b)
		if err != nil {
			s.t.Fatal(err)
		}
		list = append(list, d)
	}
	return list
}

// pass lets time pass until the core has something to do, at most d.
func (s *side) pass(d time.Duration) error {
	end := s.now.Add(d)
	for {
		at := s.c.deadline()
		if at.IsZero() || at.After(end) {
			s.now = end
			return nil
		}
		if at.After(s.now) {
			s.now = at
		}
		before := s.now
		if err := s.c.expired(s.now); err != nil {
			return err
		}
		if next := s.c.deadline(); !next.After(before) {
			s.t.Fatalf("the deadline stays at %v", next.Sub(epoch))
		}
		if s.c.keepalive == keepalivePending {
			return nil
		}
	}
}

func payload(n int, d DataTransfer) []byte {
	d.DataOffset, d.DataLength = headerSize, uint32(n)
	if d.CreditsRequested == 0 {
		d.CreditsRequested = 255
	}
	if n == 0 {
		b, _ := d.AppendBinary(nil)
		return append(b, 0, 0, 0, 0)
	}
	return append(appendLike(d), make([]byte, n)...)
}

func empty(granted int, flags uint16) []byte {
	return appendLike(DataTransfer{CreditsRequested: 255, CreditsGranted: uint16(granted), Flags: flags})
}

// [MS-SMBD] 3.1.5.6: what a server makes of a request's sizes.
func TestServerSizes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		preferred, receive         uint32
		wantPreferred, wantReceive uint32
	}{
		{1364, 1364, 1364, 1364},
		{0, 1364, 1364, 128},
		{127, 1364, 1364, 128},
		{128, 1364, 1364, 128},
		{129, 1364, 1364, 129},
		{8136, 8192, 4096, 4096},
		{1<<32 - 1, 1<<32 - 1, 4096, 4096},
		{1364, 128, 128, 1364},
	} {
		r := linuxRequest
		r.PreferredSendSize, r.MaxReceiveSize = test.preferred, test.receive
		_, got := openServer(t, Options{}, r)
		if got.PreferredSendSize != test.wantPreferred || got.MaxReceiveSize != test.wantReceive {
			t.Errorf("request %d/%d: response %d/%d, want %d/%d", test.preferred, test.receive,
				got.PreferredSendSize, got.MaxReceiveSize, test.wantPreferred, test.wantReceive)
		}
		if got.PreferredSendSize > r.MaxReceiveSize {
			t.Errorf("PreferredSendSize %d beyond the client's MaxReceiveSize %d", got.PreferredSendSize, r.MaxReceiveSize)
		}
	}
}

// [MS-SMBD] 3.1.5.6: without a posted receive there is nothing to grant.
func TestServerWithoutReceives(t *testing.T) {
	t.Parallel()
	s := newSide(t, Options{}, true)
	if _, err := s.c.received(appendLike(linuxRequest), s.now); err != nil {
		t.Fatal(err)
	}
	out := s.drain() // nothing has been posted
	if len(out) != 1 || string(out[0]) != string(appendLike(refusal(StatusInsufficientResources))) {
		t.Errorf("answer %x", out)
	}
	if e := s.c.refused; e == nil || e.Status != StatusInsufficientResources {
		t.Errorf("refused with %v", e)
	}
}

// A grant never exceeds what is posted, what is asked for, or 65535.
func TestGrantBounds(t *testing.T) {
	t.Parallel()
	r := receiveCredits{posted: 5, granted: 2, target: 255, window: 255, limit: 255}
	if got := r.grantable(); got != 3 {
		t.Errorf("5 posted, 2 granted: %d grantable", got)
	}
	r.target = 4
	if got := r.grantable(); got != 2 {
		t.Errorf("target 4, 2 granted: %d grantable", got)
	}
	r.target = 1
	if got := r.grantable(); got != 0 {
		t.Errorf("target lowered to 1, 2 granted: %d grantable", got)
	}
	r = receiveCredits{posted: 1 << 20, target: 1 << 20, window: 1 << 20}
	if got := r.grantable(); got != maxGrant {
		t.Errorf("%d grantable", got)
	}
}

// Absurd grants are capped: 40 times 65535 must not overflow anything.
func TestGrantsReceivedAreCapped(t *testing.T) {
	t.Parallel()
	s, _ := openServer(t, Options{}, linuxRequest)
	for range 40 {
		if _, err := s.receive(empty(65535, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if s.c.out.available != maxGrant {
		t.Errorf("%d credits", s.c.out.available)
	}
}

// Two idle sides do not thank each other for empties, and a quarter of the
// credits is worth a message.
func TestStandaloneGrants(t *testing.T) {
	t.Parallel()
	s, r := openServer(t, Options{}, linuxRequest)
	if _, err := s.receive(empty(100, 0)); err != nil {
		t.Fatal(err)
	}
	if got := s.headers(); len(got) != 0 {
		t.Fatalf("an empty message is answered by %+v", got)
	}
	quarter := int(r.CreditsGranted) / 4
	for i := 1; i < quarter; i++ {
		if _, err := s.receive(payload(10, DataTransfer{RemainingDataLength: uint32(1000 - 10*i)})); err != nil {
			t.Fatal(err)
		}
		got := s.headers()
		if i+1 < quarter && len(got) != 0 {
			t.Fatalf("after %d of %d: %+v", i, quarter, got)
		}
		if i+1 == quarter && (len(got) != 1 || int(got[0].CreditsGranted) != quarter || got[0].DataLength != 0) {
			t.Fatalf("after %d of %d: %+v", i, quarter, got)
		}
	}
}

// A peer that sends nothing but empties gets credits when it is down to a
// quarter, not later.
func TestEmptiesAreGrantedBack(t *testing.T) {
	t.Parallel()
	s, r := openServer(t, Options{}, linuxRequest)
	left := int(r.CreditsGranted)
	for range 5 * left {
		if _, err := s.receive(empty(1, 0)); err != nil {
			t.Fatal(err)
		}
		left--
		for _, d := range s.headers() {
			left += int(d.CreditsGranted)
		}
		if left <= 0 {
			t.Fatal("the peer has no credits left")
		}
	}
}

// [MS-SMBD] 3.1.5.1: the last credit goes only to a message that grants.
func TestLastCredit(t *testing.T) {
	t.Parallel()
	s, _ := openServer(t, Options{}, linuxRequest)
	s.receive(empty(1, 0))
	s.c.in.posted = s.c.in.granted // nothing to grant, not even beyond the target
	s.c.offer(10)
	if got := s.headers(); len(got) != 0 {
		t.Fatalf("sent %+v with the last credit and nothing to grant", got)
	}
	s.c.in.posted++
	got := s.headers()
	if len(got) != 1 || got[0].CreditsGranted != 1 || got[0].DataLength != 10 {
		t.Fatalf("sent %+v with the last credit", got)
	}
}

// The grant rides on fragments; empties never stand between them.
func TestGrantsRideOnFragments(t *testing.T) {
	t.Parallel()
	s, _ := openServer(t, Options{}, linuxRequest)
	s.receive(empty(100, 0))
	s.c.offer(3 * (1364 - headerSize))
	for range 40 {
		if _, err := s.receive(payload(4, DataTransfer{RemainingDataLength: 0, Flags: FlagResponseRequested})); err != nil {
			t.Fatal(err)
		}
	}
	got := s.headers()
	if len(got) != 3 || got[0].CreditsGranted == 0 {
		t.Fatalf("sent %+v", got)
	}
	for i, d := range got {
		want := uint32(2-i) * (1364 - headerSize)
		if d.DataLength != 1364-headerSize || d.RemainingDataLength != want || d.DataOffset != headerSize {
			t.Errorf("fragment %d: %+v", i, d)
		}
	}
}

func TestMessageSizeLimit(t *testing.T) {
	t.Parallel()
	s, _ := openServer(t, Options{}, linuxRequest)
	if err := s.c.fits(173910); err != nil {
		t.Errorf("a message of the peer's MaxFragmentedSize: %v", err)
	}
	e, ok := errors.AsType[*transports.MessageSizeError](s.c.fits(173911))
	if !ok || e.Limit != 173910 || e.Remote {
		t.Errorf("one byte more: %v", e)
	}
	if err := s.c.fits(0); !errors.Is(err, transports.ErrEmpty) {
		t.Errorf("nothing: %v", err)
	}
}

// A client does not use more than half of its first credits before the server
// has sent anything, for 200 ms at most: ksmbd may not give them back.
func TestClientHoldsBack(t *testing.T) {
	t.Parallel()
	r := linuxResponse
	r.CreditsGranted = 10
	s := openClient(t, Options{}, r)
	s.c.offer(20 * 1340)
	if got := len(s.headers()); got != 5 {
		t.Errorf("%d messages before an answer", got)
	}
	if err := s.pass(settleTime); err != nil {
		t.Fatal(err)
	}
	if got := len(s.headers()); got != 4 { // the last credit has nothing to grant but one
		if got != 5 {
			t.Errorf("%d messages after the time", got)
		}
	}

	s = openClient(t, Options{}, r)
	s.c.offer(20 * 1340)
	s.headers()
	s.receive(empty(0, 0))
	if got := len(s.headers()); got == 0 {
		t.Error("no messages after an answer")
	}
}

// The client's first grant comes with its first message; a client that has
// none to send grants all the same, or the server could never speak.
func TestClientFirstGrant(t *testing.T) {
	t.Parallel()
	s := openClient(t, Options{}, linuxResponse)
	if got := s.headers(); len(got) != 0 {
		t.Fatalf("the client begins with %+v", got)
	}
	s.c.offer(100)
	if got := s.headers(); len(got) != 1 || got[0].CreditsGranted == 0 {
		t.Fatalf("first message %+v", got)
	}
	s = openClient(t, Options{}, linuxResponse)
	if err := s.pass(settleTime); err != nil {
		t.Fatal(err)
	}
	if got := s.headers(); len(got) != 1 || got[0].CreditsGranted == 0 || got[0].DataLength != 0 {
		t.Fatalf("a silent client sends %+v", got)
	}
}

// The window opens while the peer makes use of it, and only as far as it asks
// and as receive memory allows.
func TestWindow(t *testing.T) {
	t.Parallel()
	s, r := openServer(t, Options{}, linuxRequest)
	first := s.c.in.window
	if int(r.CreditsGranted) != first || first >= 255 {
		t.Fatalf("granted %d of %d", r.CreditsGranted, first)
	}
	for range first/2 + 1 { // a burst: no grant could be sent in between
		s.receive(payload(1, DataTransfer{}))
	}
	if s.c.in.window != 2*first {
		t.Errorf("window %d after a burst, was %d", s.c.in.window, first)
	}

	s, _ = openServer(t, Options{}, linuxRequest)
	for range 10 {
		s.receive(payload(1340, DataTransfer{RemainingDataLength: 1 << 20}))
		s.c.receiving = false
		s.c.in.granted = s.c.in.goal()
	}
	if s.c.in.window != 255 {
		t.Errorf("window %d after long messages", s.c.in.window)
	}

	s, _ = openServer(t, Options{ReceiveMemory: 100 * 1364}, linuxRequest)
	for range 10 {
		s.c.in.begun(1000)
	}
	if s.c.in.window != 100 {
		t.Errorf("window %d with memory for 100", s.c.in.window)
	}
	s.c.in.target, s.c.in.window = 20, 16
	s.c.in.begun(1000)
	s.c.in.begun(1000)
	if s.c.in.window != 20 {
		t.Errorf("window %d for a peer that asks for 20", s.c.in.window)
	}
}

// A peer that loses count by one is not one that we lose count of.
func TestOverrunByOne(t *testing.T) {
	t.Parallel()
	s, _ := openServer(t, Options{}, linuxRequest)
	s.c.in.granted = 0
	if _, err := s.receive(empty(1, 0)); err != nil {
		t.Fatal(err)
	}
	if s.c.in.granted != 0 {
		t.Errorf("%d granted", s.c.in.granted)
	}
}

// Nothing is written without a slot for its header.
func TestSlots(t *testing.T) {
	t.Parallel()
	s, _ := openServer(t, Options{}, linuxRequest)
	s.receive(empty(1000, 0))
	s.c.offer(170000)
	s.c.out.slots = 3
	n := 0
	for {
		if _, ok := s.c.next(s.head[:], s.now); !ok {
			break
		}
		n++
	}
	if n != 3 {
		t.Errorf("%d messages for 3 slots", n)
	}
}

// [MS-SMBD] 3.1.5.8 at the level of single messages.
func TestPerMessageChecks(t *testing.T) {
	t.Parallel()
	const limit = DefaultMaxFragmentedSize
	raw := func(d DataTransfer, length int) []byte {
		b := make([]byte, max(length, headerSize))
		le.PutUint16(b, 255)
		le.PutUint32(b[8:], d.RemainingDataLength)
		le.PutUint32(b[12:], d.DataOffset)
		le.PutUint32(b[16:], d.DataLength)
		return b[:length]
	}
	for _, test := range []struct {
		name string
		b    []byte
		ok   bool
	}{
		{"19 bytes", raw(DataTransfer{}, 19), false},
		{"empty", raw(DataTransfer{}, 20), true},
		{"no credits requested", appendLike(DataTransfer{CreditsGranted: 1}), false},
		{"offset 24 of 20 bytes", raw(DataTransfer{DataOffset: 24}, 20), false},
		{"offset 8 without data", raw(DataTransfer{DataOffset: 8}, 20), true},
		{"offset 24 without data", raw(DataTransfer{DataOffset: 24}, 24), true},
		{"offset 23 without data", raw(DataTransfer{DataOffset: 23}, 24), false},
		{"offset 16", raw(DataTransfer{DataOffset: 16, DataLength: 4}, 28), false},
		{"offset 25", raw(DataTransfer{DataOffset: 25, DataLength: 4}, 40), false},
		{"offset 32", raw(DataTransfer{DataOffset: 32, DataLength: 4}, 36), true},
		{"offset 32, too short", raw(DataTransfer{DataOffset: 32, DataLength: 4}, 35), false},
		{"offset 1200", raw(DataTransfer{DataOffset: 1200, DataLength: 4}, 1204), true},
		{"offset max", raw(DataTransfer{DataOffset: 0xFFFFFFF8, DataLength: 0xFF}, 100), false},
		{"length one more", raw(DataTransfer{DataOffset: 24, DataLength: 5}, 28), false},
		{"length max", raw(DataTransfer{DataOffset: 24, DataLength: 1<<32 - 1}, 28), false},
		{"trailing bytes", raw(DataTransfer{DataOffset: 24, DataLength: 4}, 228), true},
		{"total at the limit", raw(DataTransfer{DataOffset: 24, DataLength: 4, RemainingDataLength: limit - 4}, 28), true},
		{"total beyond", raw(DataTransfer{DataOffset: 24, DataLength: 4, RemainingDataLength: limit - 3}, 28), false},
		{"remaining max", raw(DataTransfer{DataOffset: 24, DataLength: 4, RemainingDataLength: 1<<32 - 1}, 28), false},
		{"remaining beyond, no data", raw(DataTransfer{RemainingDataLength: limit + 1}, 20), false},
		{"no data yet", raw(DataTransfer{DataOffset: 24, RemainingDataLength: 10}, 24), true},
	} {
		s, _ := openServer(t, Options{}, linuxRequest)
		_, err := s.receive(test.b)
		if ok := err == nil; ok != test.ok {
			t.Errorf("%s: %v", test.name, err)
		}
		if _, typed := errors.AsType[*ProtocolError](err); err != nil && !typed {
			t.Errorf("%s: untyped error %v", test.name, err)
		}
	}
}
