package gateway

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/smb2test"
	"github.com/smbgw/smbgw/transports"
)

// A READ whose inline reply the client's leg cannot carry is answered with an
// error; one that is signed cannot be.
func TestReplyTooLong(t *testing.T) {
	t.Parallel()
	throughRig(t, wiring{frontMax: mib, frontLimit: 10000, file: mib}, func(r *rig) {
		r.negotiate()
		if _, status, err := r.client.Read(0, 20000); err != nil || status != smb2.StatusInvalidParameter {
			t.Errorf("too long: %v, %v", status, err)
		}
		if b, status, err := r.client.Read(0, 9000); err != nil || status != 0 || len(b) != 9000 {
			t.Errorf("next read: %v, %v", status, err)
		}
	})
	w := wiring{frontMax: mib, frontLimit: 10000, file: mib}
	w.script = onRead(smb2test.Action{Edit: func(b []byte) []byte {
		smb2.Header(b).SetFlags(smb2.FlagReply | smb2.FlagSigned)
		return b
	}})
	throughRig(t, w, func(r *rig) {
		r.negotiate()
		r.client.Send(r.client.ReadRequest(0, 20000))
		if why := r.reason(); why != "backend error: its message cannot be carried: message to send has 20080 bytes, limit 10000" {
			t.Errorf("the reason is %q", why)
		}
	})
}

// A signature does not survive what the gateway changes, and is not shown.
func TestSignatureOfConvertedReply(t *testing.T) {
	t.Parallel()
	for _, p := range pairings {
		w := wiring{frontMax: p.front, backMax: p.back, file: mib}
		w.script = onRead(smb2test.Action{Edit: func(b []byte) []byte {
			smb2.Header(b).SetFlags(smb2.FlagReply | smb2.FlagSigned)
			copy(b[48:64], "0123456789abcdef")
			return b
		}})
		throughRig(t, w, func(r *rig) {
			r.negotiate()
			r.ask(p, smb2.CommandRead, 8192)
			reply, err := r.client.Receive()
			if err != nil || reply.Has(smb2.FlagSigned) || !bytes.Equal(reply.Header[48:64], make([]byte, 16)) {
				t.Errorf("%s: %v, %x", p.name, err, reply.Header[:64])
			}
		})
	}
}

// Where the back leg has no room for another region, the request goes inline
// and the client is served all the same.
func TestNoMemoryWhileServing(t *testing.T) {
	t.Parallel()
	w := wiring{frontMax: mib, backMax: 64 * kib, file: mib}
	n := 0
	w.expose = func() error {
		if n++; n%2 == 0 { // the second part of a split
			return errNoRegion
		}
		return nil
	}
	throughRig(t, w, func(r *rig) {
		r.negotiate()
		got, status, err := r.client.ReadPlaced(5, 128*kib, v1Invalidate)
		if err != nil || status != 0 || !bytes.Equal(got, r.server.File[5:][:128*kib]) {
			t.Errorf("read: %v, %v", status, err)
		}
		data := pattern(128*kib + 1)[1:]
		if k, status, err := r.client.WritePlaced(7, data, v1Invalidate); err != nil || status != 0 || int(k) != len(data) {
			t.Errorf("write: %d, %v, %v", k, status, err)
		}
		r.close()
		if !bytes.Equal(r.server.File[7:][:len(data)], data) || r.server.Books.Inline != 2 {
			t.Error("other data was written, or placed")
		}
	})
}

// A WRITE whose data is not in its message is for the backend to refuse.
func TestMalformedWritePasses(t *testing.T) {
	t.Parallel()
	throughRig(t, wiring{backMax: mib, file: mib}, func(r *rig) {
		r.negotiate()
		w := smb2.WriteRequest{DataOffset: 112, Length: 8192}
		reply, err := r.client.Ask(append(w.AppendBody(r.client.Header(smb2.CommandWrite, 1)), 1, 2, 3))
		if err != nil || reply.Status() != smb2.StatusInvalidParameter {
			t.Errorf("%v", err)
		}
		r.close()
		if r.server.Books.Requests[smb2.CommandWrite] != 1 || r.count("inline_malformed") != 1 {
			t.Error("the server did not see it")
		}
	})
}

// replyCompound sends the client's side of a converter the given elements in
// one message, and returns what comes out.
func (s *step) replies(t *testing.T, list ...[]byte) (out []*transports.Message, e *end) {
	t.Helper()
	front := &recordingLeg{Conn: s.v.c.front}
	s.v.c.front = front
	b := compound(false, list...)
	m := s.peers.New(len(b))
	copy(m.Bytes(), b)
	e = s.v.reply(m)
	return front.sent, e
}

type recordingLeg struct {
	transports.Conn
	sent []*transports.Message
}

func (l *recordingLeg) Send(m *transports.Message) error {
	l.sent = append(l.sent, m)
	return nil
}

func (s *step) request1(t *testing.T, b []byte) {
	t.Helper()
	if e := s.play(true, b); e != nil {
		t.Fatal(e)
	}
}

func withID(b []byte, id smb2.MessageID) []byte {
	b = bytes.Clone(b)
	smb2.Header(b).SetMessageID(id)
	return b
}

// Replies to the parts of a request may come in a compound, and others with
// them.
func TestPartsInCompound(t *testing.T) {
	t.Parallel()
	echo := append(smb2.NewHeader(smb2.CommandEcho, 77), 4, 0, 0, 0)
	for _, around := range [][][]byte{nil, {echo}} { // the last reply
		s := newStep(pairing{back: 256 * kib}, smb2.CommandRead, mib)
		s.request1(t, withID(s.request, 0))
		out, e := s.replies(t, withID(s.reply, 0), echo, withID(s.reply, 8))
		if e != nil || len(out) != 1 || !bytes.HasPrefix(out[0].Bytes(), echo) { // and padding
			t.Fatalf("%v, %d messages", e, len(out))
		}
		out[0].Release()
		out, e = s.replies(t, withID(s.reply, 4))
		if e != nil || len(out) != 0 {
			t.Fatalf("%v, %d messages", e, len(out))
		}
		out, e = s.replies(t, slices.Concat(around, [][]byte{withID(s.reply, 12)}, around)...)
		if e != nil || len(out) != 1 {
			t.Fatalf("%v, %d messages", e, len(out))
		}
		got, at := elements(t, out[0].Bytes()), len(around)
		if len(got) != 1+2*at || got[at].MessageID() != 0 || len(got[at]) != smb2.ReadResponseBuffer+mib {
			t.Errorf("%d elements", len(got))
		}
		out[0].Release()
		if s.v.arena.InUse() != 0 || s.peers.InUse() != 0 || s.v.pending.ops != 0 {
			t.Error("something is left")
		}
	}
}

// A compound that goes wrong halfway gives back what it had settled.
func TestBadReplyInCompound(t *testing.T) {
	t.Parallel()
	for _, p := range pairings {
		s := newStep(p, smb2.CommandRead, 8192)
		for id := range smb2.MessageID(3) {
			s.request1(t, withID(s.request, id))
		}
		bad := withID(s.reply, 2)
		smb2.Header(bad).SetCommand(smb2.CommandWrite)
		out, e := s.replies(t, withID(s.reply, 0), withID(s.reply, 1), bad)
		if e == nil || e.side != backend || e.manner != offended || len(out) != 0 {
			t.Errorf("%s: %v, %d messages", p.name, e, len(out))
		}
		s.v.pending.sweep()
		if s.v.arena.InUse() != 0 || s.peers.InUse() != 0 || s.v.pending.ops != 0 {
			t.Errorf("%s: something is left", p.name)
		}
	}
}

// Replies that together are longer than a message, which no request can have
// asked for, do not become one.
func TestCompoundReplyTooLong(t *testing.T) {
	t.Parallel()
	s := newStep(pairing{back: 8 * mib}, smb2.CommandRead, 7*mib)
	var list [][]byte
	for id := range smb2.MessageID(3) {
		s.request1(t, withID(s.request, id))
		list = append(list, withID(s.reply, id))
	}
	out, e := s.replies(t, list...)
	if e == nil || len(out) != 0 {
		t.Errorf("%v, %d messages", e, len(out))
	}
	var tooLong *transports.MessageSizeError
	if e != nil && !errors.As(e.err, &tooLong) {
		t.Errorf("%v", e)
	}
	list = list[:0]
	for range maxElements + 1 {
		list = append(list, smb2.NewHeader(smb2.CommandEcho, 1))
		list[len(list)-1] = append(list[len(list)-1], 4, 0, 0, 0)
	}
	if _, e := s.replies(t, list...); e == nil {
		t.Error("a compound of very many replies passed")
	}
	s.v.pending.sweep()
	if s.v.arena.InUse() != 0 || s.peers.InUse() != 0 {
		t.Error("something is left")
	}
}

// A hang-up wakes whoever waits for room.
func TestPendingClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var p pending
		p.init()
		if p.reserve(maxPending, 1) != nil || !p.push(maxPushBytes) {
			t.Fatal("no room in the beginning")
		}
		done := make(chan bool)
		go func() { done <- p.reserve(1, 0) == nil }()
		go func() { done <- p.push(1) }()
		synctest.Wait()
		p.close()
		if first, second := <-done, <-done; first || second {
			t.Error("there is room behind the end")
		}
	})
}

// More pipe trees than are remembered make every tree one.
func TestPipesOverflow(t *testing.T) {
	t.Parallel()
	var p pipes
	b := (&smb2.TreeConnectResponse{ShareType: smb2.SharePipe}).AppendBody(smb2.NewHeader(smb2.CommandTreeConnect, 1))
	h := smb2.Header(b)
	for id := range uint32(maxPipeTrees) {
		h.SetTreeID(id)
		p.observe(h)
		p.observe(h) // twice is once
	}
	if !p.has(treeID{0, maxPipeTrees - 1}) || p.has(treeID{0, maxPipeTrees}) || p.has(treeID{1, 0}) {
		t.Error("wrong trees")
	}
	h.SetTreeID(maxPipeTrees)
	h.SetStatus(smb2.StatusAccessDenied)
	p.observe(h)
	if p.has(treeID{0, maxPipeTrees}) {
		t.Error("a failed TREE_CONNECT counts")
	}
	h.SetStatus(0)
	p.observe(h)
	if !p.has(treeID{9, 9}) {
		t.Error("a tree may be placed behind the overflow")
	}
}

// The same for a WRITE, whose reply is the first part's wherever it came.
func TestWritePartsInCompound(t *testing.T) {
	t.Parallel()
	s := newStep(pairing{back: 256 * kib}, smb2.CommandWrite, mib)
	s.request1(t, withID(s.request, 0))
	echo := append(smb2.NewHeader(smb2.CommandEcho, 77), 4, 0, 0, 0)
	out, e := s.replies(t, withID(s.reply, 0), withID(s.reply, 8), withID(s.reply, 4), echo)
	if e != nil || len(out) != 1 {
		t.Fatalf("%v, %d messages", e, len(out))
	}
	out[0].Release()
	out, e = s.replies(t, withID(s.reply, 12))
	if e != nil || len(out) != 1 {
		t.Fatalf("%v, %d messages", e, len(out))
	}
	got := elements(t, out[0].Bytes())
	w, err := smb2.ParseWriteResponse(got[0])
	if len(got) != 1 || got[0].MessageID() != 0 || err != nil || w.Count != mib {
		t.Errorf("%d elements, %+v, %v", len(got), w, err)
	}
	out[0].Release()
	if s.v.arena.InUse() != 0 || s.peers.InUse() != 0 || s.v.pending.ops != 0 {
		t.Error("something is left")
	}
}

// No memory is handed on, or read, while the backend can still write it.
func TestRevokedBeforeUse(t *testing.T) {
	t.Parallel()
	for _, p := range []pairing{{"", 8 * mib, 8 * mib}, {"", 8 * mib, 256 * kib}, {"", 0, 8 * mib}, {"", 0, 256 * kib}} {
		s := newStep(p, smb2.CommandRead, mib)
		back := &openPlacer{stubPlacer: s.v.c.back.(*stubPlacer)}
		s.v.back.Placer, s.v.c.back = back, back
		uses := 0
		use := func(what string) {
			uses++
			if back.open != 0 {
				t.Errorf("%+v: %s with %d exposures open", p, what, back.open)
			}
		}
		if front, ok := s.v.c.front.(*stubPlacer); ok {
			s.v.front.Placer = &usingPlacer{front, use}
		} else {
			s.v.c.front = &usingLeg{s.v.c.front, use}
		}
		s.run(t)
		if uses != 1 {
			t.Errorf("%+v: the data was used %d times", p, uses)
		}
	}
}

// openPlacer counts exposures, and lets the backend write until the last
// moment before they are revoked.
type openPlacer struct {
	*stubPlacer
	open int
}

func (p *openPlacer) Expose(b []byte, r transports.Right) (transports.Exposure, error) {
	p.open++
	e, err := p.stubPlacer.Expose(b, r)
	return &openExposure{e, p, false}, err
}

type openExposure struct {
	transports.Exposure
	p    *openPlacer
	gone bool
}

func (e *openExposure) Revoke() {
	if !e.gone {
		e.gone = true
		e.p.open--
	}
}

type usingPlacer struct {
	*stubPlacer
	use func(string)
}

func (p *usingPlacer) Push(to []transports.Descriptor, src []byte, d transports.Done) {
	p.use("push")
	p.stubPlacer.Push(to, src, d)
}

type usingLeg struct {
	transports.Conn
	use func(string)
}

func (l *usingLeg) Send(m *transports.Message) error {
	l.use("send")
	return l.Conn.Send(m)
}
