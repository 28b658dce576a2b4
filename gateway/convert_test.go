package gateway

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/smb2test"
)

const (
	kib = 1 << 10
	mib = 1 << 20
)

// A pairing is one row of the conversion table: who can place.
type pairing struct {
	name        string
	front, back uint32 // MaxReadWrite
}

var pairings = []pairing{
	{"message to placing", 0, mib},
	{"placing to message", mib, 0},
	{"placing to placing", mib, mib},
}

// read reads through the front as its client does.
func (p pairing) read(r *rig, off uint64, n uint32, how smb2test.Placing) ([]byte, smb2.Status, error) {
	if p.front > 0 {
		return r.client.ReadPlaced(off, n, how)
	}
	return r.client.Read(off, n)
}

func (p pairing) write(r *rig, off uint64, b []byte, how smb2test.Placing) (uint32, smb2.Status, error) {
	if p.front > 0 {
		return r.client.WritePlaced(off, b, how)
	}
	return r.client.Write(off, b)
}

var v1 = smb2test.Placing{Channel: smb2.ChannelV1}
var v1Invalidate = smb2test.Placing{Channel: smb2.ChannelV1Invalidate}

func TestConversion(t *testing.T) {
	t.Parallel()
	const file = 300 * kib
	for _, p := range pairings {
		for _, c := range []struct {
			name    string
			how     smb2test.Placing
			dialect smb2.Dialect
			off     uint64
			n       uint32
			script  smb2test.Action
			want    int // bytes
			status  smb2.Status
			inline  bool // on the back, although it could place
		}{
			{name: "above the threshold", how: v1Invalidate, n: 64 * kib, want: 64 * kib},
			{name: "not to be invalidated", how: v1, n: 64 * kib, want: 64 * kib},
			{name: "3.0", how: v1, dialect: smb2.Dialect30, n: 64 * kib, want: 64 * kib},
			{name: "3.0.2", how: v1Invalidate, dialect: smb2.Dialect302, n: 64 * kib, want: 64 * kib},
			{name: "at the threshold", how: v1Invalidate, n: 4096, want: 4096},
			{name: "below the threshold", how: v1Invalidate, n: 4095, want: 4095, inline: true},
			{name: "one byte", how: v1Invalidate, n: 1, want: 1, inline: true},
			{name: "somewhere, odd", how: v1Invalidate, off: 4097, n: 99999, want: 99999},
			{name: "as much as the leg moves", how: v1Invalidate, n: 256 * kib, want: 256 * kib},
			{name: "short", how: v1Invalidate, n: 64 * kib, script: smb2test.Action{Short: 5000}, want: 5000},
			{name: "error", how: v1Invalidate, n: 64 * kib, script: smb2test.Action{Status: smb2.StatusFileClosed}, status: smb2.StatusFileClosed},
			{name: "error, not to be invalidated", how: v1, n: 64 * kib, script: smb2test.Action{Status: smb2.StatusFileClosed}, status: smb2.StatusFileClosed},
			{name: "async", how: v1Invalidate, n: 64 * kib, script: smb2test.Action{Async: true}, want: 64 * kib},
			{name: "async error", how: v1Invalidate, n: 64 * kib, script: smb2test.Action{Async: true, Status: smb2.StatusCancelled}, status: smb2.StatusCancelled},
			{name: "several descriptors", how: smb2test.Placing{Channel: smb2.ChannelV1Invalidate, Pieces: []int{100, 5000, 90000}}, n: 64 * kib, want: 64 * kib},
			{name: "unaligned descriptors", how: smb2test.Placing{Channel: smb2.ChannelV1, Pieces: []int{1, 2, 3, 65530}}, n: 64 * kib, want: 64 * kib},
		} {
			t.Run(p.name+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				w := wiring{frontMax: p.front, backMax: p.back, dialect: c.dialect, file: file}
				w.script = func(q *smb2test.Request) smb2test.Action {
					if q.Command() == smb2.CommandRead || q.Command() == smb2.CommandWrite {
						return c.script
					}
					return smb2test.Action{}
				}
				throughRig(t, w, func(r *rig) {
					r.negotiate()
					got, status, err := p.read(r, c.off, c.n, c.how)
					if err != nil || status != c.status {
						t.Fatalf("read: %v, %v, want %v", status, err, c.status)
					}
					if want := r.server.File[c.off:][:c.want]; !bytes.Equal(got, want) {
						t.Fatalf("read %d bytes, want %d, or other ones", len(got), len(want))
					}
					data := pattern(int(c.n) + 13)[13:]
					n, status, err := p.write(r, c.off, data, c.how)
					if err != nil || status != c.status || int(n) != c.want {
						t.Fatalf("write: %d bytes, %v, %v, want %d, %v", n, status, err, c.want, c.status)
					}
					r.close()
					if !bytes.Equal(r.server.File[c.off:][:c.want], data[:c.want]) {
						t.Error("the server has other bytes than were written")
					}
					placedBack := p.back > 0 && !c.inline
					if k := r.server.Books; c.status == 0 && (placedBack && k.Placed != 2 || !placedBack && k.Inline != 2) {
						t.Errorf("the server moved %d placed and %d inline, want placed: %v", k.Placed, k.Inline, placedBack)
					}
					if r.client.Interim != map[bool]int{true: 2}[c.script.Async] {
						t.Errorf("%d interim replies", r.client.Interim)
					}
					placed := p.front > 0 || placedBack
					if got := r.count("placed_reads") + r.count("placed_writes"); got != map[bool]uint64{true: 2}[placed] {
						t.Errorf("the log counts %d placed", got)
					}
				})
			})
		}
	}
}

func TestEndOfFile(t *testing.T) {
	t.Parallel()
	for _, p := range pairings {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			throughRig(t, wiring{frontMax: p.front, backMax: p.back, file: 100 * kib}, func(r *rig) {
				r.negotiate()
				got, status, err := p.read(r, 90*kib, 64*kib, v1Invalidate)
				if err != nil || status != 0 || !bytes.Equal(got, r.server.File[90*kib:]) {
					t.Errorf("read over the end: %d bytes, %v, %v", len(got), status, err)
				}
				got, status, err = p.read(r, 100*kib, 64*kib, v1Invalidate)
				if err != nil || status != smb2.StatusEndOfFile || got != nil {
					t.Errorf("read at the end: %d bytes, %v, %v", len(got), status, err)
				}
			})
		})
	}
}

// Requests that are larger than the back leg moves at once go in parts.
func TestSplit(t *testing.T) {
	t.Parallel()
	const step = 128 * kib
	for _, front := range []uint32{0, mib} {
		p := pairing{front: front}
		for _, c := range []struct {
			name   string
			off    uint64
			n      uint32
			parts  int
			script func(part int) smb2test.Action
			want   int
			status smb2.Status
		}{
			{name: "two", n: 2 * step, parts: 2, want: 2 * step},
			{name: "uneven", off: 77, n: 2*step + 1, parts: 3, want: 2*step + 1},
			{name: "eight", n: 8 * step, parts: 8, want: 8 * step},
			{name: "all async", n: 3 * step, parts: 3, want: 3 * step, script: func(int) smb2test.Action { return smb2test.Action{Async: true} }},
			{name: "short in the middle", n: 3 * step, parts: 3, want: step + 10, script: onPart(1, smb2test.Action{Short: 10})},
			{name: "short in the first", n: 3 * step, parts: 3, want: 10, script: onPart(0, smb2test.Action{Short: 10})},
			{name: "error in the first", n: 3 * step, parts: 3, status: smb2.StatusFileClosed, script: onPart(0, smb2test.Action{Status: smb2.StatusFileClosed})},
			{name: "error in the last", n: 3 * step, parts: 3, status: smb2.StatusAccessDenied, script: onPart(2, smb2test.Action{Status: smb2.StatusAccessDenied})},
		} {
			t.Run(fmt.Sprintf("front %d/%s", front, c.name), func(t *testing.T) {
				t.Parallel()
				var part int
				w := wiring{frontMax: front, backMax: step + 4096, file: mib + 100}
				w.script = func(q *smb2test.Request) smb2test.Action {
					if q.Command() != smb2.CommandRead && q.Command() != smb2.CommandWrite || c.script == nil {
						return smb2test.Action{}
					}
					part++
					return c.script(part - 1)
				}
				throughRig(t, w, func(r *rig) {
					r.negotiate()
					got, status, err := p.read(r, c.off, c.n, v1Invalidate)
					if err != nil || status != c.status || !bytes.Equal(got, r.server.File[c.off:][:c.want]) {
						t.Fatalf("read: %d bytes, %v, %v, want %d, %v", len(got), status, err, c.want, c.status)
					}
					part = 0
					data := pattern(int(c.n) + 1)[1:]
					n, status, err := p.write(r, c.off, data, v1Invalidate)
					if err != nil || status != c.status || int(n) != c.want {
						t.Fatalf("write: %d bytes, %v, %v, want %d, %v", n, status, err, c.want, c.status)
					}
					if c.name == "all async" && r.client.Interim != 2 {
						t.Errorf("%d interim replies to 2 requests", r.client.Interim)
					}
					// Ids and credits are still in step with the server's books.
					if _, status, err := r.client.Read(0, 10); err != nil || status != 0 {
						t.Errorf("next read: %v, %v", status, err)
					}
					r.close()
					if k := r.server.Books; k.Requests[smb2.CommandRead] != c.parts+1 || k.Requests[smb2.CommandWrite] != c.parts {
						t.Errorf("the server saw %v, want %d parts", k.Requests, c.parts)
					}
					if c.status == 0 && !bytes.Equal(r.server.File[c.off:][:c.want], data[:c.want]) {
						t.Error("the server has other bytes than were written")
					}
				})
			})
		}
	}
}

func onPart(i int, a smb2test.Action) func(int) smb2test.Action {
	return func(part int) smb2test.Action {
		if part == i {
			return a
		}
		return smb2test.Action{}
	}
}

// A split READ that ends at the end of the file is as long as the file, or as
// its MinimumCount has it, nothing.
func TestSplitEndOfFile(t *testing.T) {
	t.Parallel()
	const step = 64 * kib
	throughRig(t, wiring{backMax: step, file: 100 * kib}, func(r *rig) {
		r.negotiate()
		got, status, err := r.client.Read(0, 4*step)
		if err != nil || status != 0 || !bytes.Equal(got, r.server.File) {
			t.Errorf("read: %d bytes, %v, %v", len(got), status, err)
		}
		q := smb2.ReadRequest{Length: 4 * step, MinimumCount: 100*kib + 1}
		reply, err := r.client.Ask(append(q.AppendBody(r.client.Header(smb2.CommandRead, 4)), 0))
		if err != nil || reply.Status() != smb2.StatusEndOfFile {
			t.Errorf("read of too large a minimum: %v", err)
		}
		q.MinimumCount = 80 * kib // more than a part has
		reply, err = r.client.Ask(append(q.AppendBody(r.client.Header(smb2.CommandRead, 4)), 0))
		if err != nil || reply.Status() != 0 {
			t.Errorf("read of a minimum: %v", err)
		}
	})
}

// What cannot be split is refused, and the connection goes on.
func TestNotSplit(t *testing.T) {
	t.Parallel()
	throughRig(t, wiring{backMax: 64 * kib, file: mib}, func(r *rig) {
		r.negotiate()
		q := smb2.ReadRequest{Length: 128 * kib}
		reply, err := r.client.Ask(append(q.AppendBody(r.client.Header(smb2.CommandRead, 1)), 0)) // charge for one part
		if err != nil || reply.Status() != smb2.StatusInvalidParameter || len(reply.Header) != smb2.ErrorResponseLength {
			t.Errorf("a READ with too few credits: %v", err)
		}
		w := smb2.WriteRequest{DataOffset: smb2.WriteRequestBuffer, Length: 128 * kib, Offset: 1<<64 - 1}
		reply, err = r.client.Ask(append(w.AppendBody(r.client.Header(smb2.CommandWrite, 2)), make([]byte, 128*kib)...))
		if err != nil || reply.Status() != smb2.StatusInvalidParameter {
			t.Errorf("a WRITE at the end of the file: %v", err)
		}
		if _, status, err := r.client.Read(0, 100); err != nil || status != 0 {
			t.Errorf("next read: %v, %v", status, err)
		}
		r.close()
		if n := r.server.Books.Requests[smb2.CommandWrite]; n != 0 {
			t.Errorf("the server saw %d WRITEs", n)
		}
	})
}

// Messages that are signed or encrypted, and all that is no READ or WRITE,
// arrive as they were sent, and so do the answers.
func TestProtectedPasses(t *testing.T) {
	t.Parallel()
	read := func(h smb2.Header) []byte {
		q := smb2.ReadRequest{Length: 64 * kib}
		return append(q.AppendBody(h), 0)
	}
	signedRead := smb2.NewHeader(smb2.CommandRead, 7)
	signedRead.SetFlags(smb2.FlagSigned)
	copy(signedRead[48:], "0123456789abcdef")
	oddFlags := smb2.NewHeader(smb2.CommandRead, 8)
	oddFlags.SetFlags(smb2.FlagAsync)
	for name, b := range map[string][]byte{
		"signed":        read(signedRead),
		"encrypted":     append([]byte("\xfdSMB"), pattern(100*kib)...),
		"compressed":    append([]byte("\xfcSMB"), pattern(1000)...),
		"SMB1":          append([]byte("\xffSMB"), pattern(100)...),
		"garbage":       pattern(77),
		"one byte":      {0xfe},
		"half a header": smb2.NewHeader(smb2.CommandRead, 9)[:40],
		"header only":   smb2.NewHeader(smb2.CommandWrite, 9),
		"async READ":    read(oddFlags),
		"bad compound":  nextCommand(read(smb2.NewHeader(smb2.CommandRead, 9)), 70),
		"far compound":  nextCommand(read(smb2.NewHeader(smb2.CommandRead, 9)), 1<<31),
	} {
		for _, p := range pairings {
			t.Run(name+"/"+p.name, func(t *testing.T) {
				t.Parallel()
				w := wiring{frontMax: p.front, backMax: p.back, serve: echo}
				throughRig(t, w, func(r *rig) {
					r.setDialect(smb2.Dialect311)
					if err := r.client.Send(b); err != nil {
						t.Fatal(err)
					}
					m, err := r.client.Conn.Receive()
					if err != nil {
						t.Fatal(err)
					}
					if !bytes.Equal(m.Bytes(), b) || m.Invalidates {
						t.Error("the message came back changed")
					}
					m.Release()
				})
			})
		}
	}
}

func nextCommand(b []byte, n uint32) []byte {
	smb2.Header(b).SetNextCommand(n)
	return b
}

// The reasons that keep data in its message are counted.
func TestReasons(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		w      wiring
		do     func(r *rig)
		reason string
	}{
		{"small", wiring{backMax: mib}, func(r *rig) { r.client.Read(0, 100) }, "inline_below_threshold"},
		{"threshold", wiring{backMax: mib, threshold: 9000}, func(r *rig) { r.client.Read(0, 8999) }, "inline_below_threshold"},
		{"dialect", wiring{backMax: mib, dialect: smb2.Dialect21}, func(r *rig) { r.client.Read(0, 8192) }, "inline_dialect"},
		{"signed", wiring{backMax: mib}, func(r *rig) {
			b := r.client.ReadRequest(0, 8192)
			smb2.Header(b).SetFlags(smb2.FlagSigned)
			r.client.Ask(b)
		}, "inline_signed"},
		{"no memory", wiring{backMax: mib, expose: func() error { return errNoRegion }}, func(r *rig) { r.client.Read(0, 8192) }, "inline_memory"},
		{"unasked", wiring{frontMax: mib}, func(r *rig) { r.client.Read(0, 8192) }, "inline_unasked"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.w.file = mib
			throughRig(t, c.w, func(r *rig) {
				r.negotiate()
				c.do(r)
				r.close()
				if r.count(c.reason) != 1 || r.count("inline_reads") != 1 || r.count("placed_reads") != 0 {
					t.Errorf("counted: %v", r.log.find("connection closed"))
				}
				if r.server.Books.Inline != 1 {
					t.Error("the server did not read inline")
				}
			})
		})
	}
}

// A pipe's READs and WRITEs are messages: never placed, [MS-SMB2] 3.2.4.6 does
// not forbid it but ksmbd takes a placed WRITE on a pipe for an empty one.
func TestPipesStayInline(t *testing.T) {
	t.Parallel()
	throughRig(t, wiring{backMax: mib, file: mib}, func(r *rig) {
		r.negotiate()
		r.server.Share = smb2.SharePipe
		connect := func(cmd smb2.Command) {
			if _, err := r.client.Ask(append(r.client.Header(cmd, 1), 9, 0, 0, 0, 72, 0, 0, 0)); err != nil {
				t.Fatal(err)
			}
		}
		connect(smb2.CommandTreeConnect)
		r.client.Read(0, 8192)
		r.client.Tree++ // another tree is a disk
		r.client.Read(0, 8192)
		r.client.Tree--
		connect(smb2.CommandTreeDisconnect) // and so may this one be, again
		r.client.Read(0, 8192)
		r.close()
		if r.server.Books.Inline != 1 || r.server.Books.Placed != 2 || r.count("inline_pipe") != 1 {
			t.Errorf("books: %+v", r.server.Books)
		}
	})
}

// ksmbd answers a READ on a pipe in the message even when it was to be placed.
func TestInlineAnswerToPlacedRead(t *testing.T) {
	t.Parallel()
	for _, p := range pairings[:1] {
		w := wiring{frontMax: p.front, backMax: p.back, file: mib, script: onRead(smb2test.Action{Inline: true})}
		throughRig(t, w, func(r *rig) {
			r.negotiate()
			got, status, err := p.read(r, 5, 8192, v1)
			if err != nil || status != 0 || !bytes.Equal(got, r.server.File[5:][:8192]) {
				t.Errorf("read: %d bytes, %v, %v", len(got), status, err)
			}
		})
	}
}

func onRead(a smb2test.Action) func(*smb2test.Request) smb2test.Action {
	return func(q *smb2test.Request) smb2test.Action {
		if q.Command() == smb2.CommandRead {
			return a
		}
		return smb2test.Action{}
	}
}

// A backend is asked to invalidate where that is possible: by the dialect and by
// the device that our memory is exposed with, [MS-SMB2] 3.2.4.6.
func TestBackChannel(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		dialect smb2.Dialect
		keeps   bool
		want    smb2.Channel
	}{
		{smb2.Dialect311, false, smb2.ChannelV1Invalidate},
		{smb2.Dialect302, false, smb2.ChannelV1Invalidate},
		{smb2.Dialect30, false, smb2.ChannelV1},
		{smb2.Dialect311, true, smb2.ChannelV1},
		{smb2.Dialect302, true, smb2.ChannelV1},
	} {
		var asked []smb2.Channel
		w := wiring{backMax: mib, dialect: c.dialect, file: 64 * kib, noInvalidation: c.keeps}
		w.script = func(q *smb2test.Request) smb2test.Action {
			if r, err := smb2.ParseReadRequest(q.Header); err == nil && q.Command() == smb2.CommandRead {
				asked = append(asked, r.Channel)
			}
			if r, err := smb2.ParseWriteRequest(q.Header); err == nil && q.Command() == smb2.CommandWrite {
				asked = append(asked, r.Channel)
			}
			return smb2test.Action{}
		}
		throughRig(t, w, func(r *rig) {
			r.negotiate()
			if _, status, err := r.client.Read(0, 64*kib); status != 0 || err != nil {
				t.Fatal(status, err)
			}
			if _, status, err := r.client.Write(0, make([]byte, 64*kib)); status != 0 || err != nil {
				t.Fatal(status, err)
			}
			r.close()
			if !slices.Equal(asked, []smb2.Channel{c.want, c.want}) {
				t.Errorf("%+v: asked with channels %v", c, asked)
			}
		})
	}
}

// The channel rules of [MS-SMB2] 3.3.5.12 and 3.3.5.13: what a server over
// SMB Direct refuses, the gateway refuses, and no server gets to see it.
func TestChannelRules(t *testing.T) {
	t.Parallel()
	desc := func(lengths ...uint32) (b []byte) {
		for _, n := range lengths {
			b = smb2.BufferDescriptor{Offset: 1, Token: 2, Length: n}.AppendBody(b)
		}
		return b
	}
	const n = 8192
	for _, c := range []struct {
		name    string
		dialect smb2.Dialect
		read    func(q *smb2.ReadRequest)
		write   func(q *smb2.WriteRequest)
		info    []byte
	}{
		{name: "V1_INVALIDATE before 3.0.2", dialect: smb2.Dialect30},
		{name: "V1 before 3.0", dialect: smb2.Dialect21, read: func(q *smb2.ReadRequest) { q.Channel = 1 }, write: func(q *smb2.WriteRequest) { q.Channel = 1 }},
		{name: "transform", read: func(q *smb2.ReadRequest) { q.Channel = 3 }, write: func(q *smb2.WriteRequest) { q.Channel = 3 }},
		{name: "unknown channel", read: func(q *smb2.ReadRequest) { q.Channel = 4 }, write: func(q *smb2.WriteRequest) { q.Channel = 1 << 31 }},
		{name: "no length", read: func(q *smb2.ReadRequest) { q.Length = 0 }, write: func(q *smb2.WriteRequest) { q.RemainingBytes = 0 }},
		{name: "too long", read: func(q *smb2.ReadRequest) { q.Length = mib + 1 }, write: func(q *smb2.WriteRequest) { q.RemainingBytes = mib + 1 }, info: desc(2 * mib)},
		{name: "no offset", read: func(q *smb2.ReadRequest) { q.ChannelInfoOffset = 0 }, write: func(q *smb2.WriteRequest) { q.ChannelInfoOffset = 0 }},
		{name: "offset in the header", read: func(q *smb2.ReadRequest) { q.ChannelInfoOffset = 96 }, write: func(q *smb2.WriteRequest) { q.ChannelInfoOffset = 111 }},
		{name: "offset beyond", read: func(q *smb2.ReadRequest) { q.ChannelInfoOffset = 0xfff0 }, write: func(q *smb2.WriteRequest) { q.ChannelInfoOffset = 120 }},
		{name: "no info", read: func(q *smb2.ReadRequest) { q.ChannelInfoLength = 0 }, write: func(q *smb2.WriteRequest) { q.ChannelInfoLength = 0 }},
		{name: "odd info", read: func(q *smb2.ReadRequest) { q.ChannelInfoLength = 15 }, write: func(q *smb2.WriteRequest) { q.ChannelInfoLength = 15 }},
		{name: "first descriptor empty", info: desc(0, n)},
		{name: "later descriptor empty", info: desc(n-1, 0, 1)},
		{name: "sum too small", info: desc(n-2, 1)},
		{name: "inline data too", write: func(q *smb2.WriteRequest) { q.Length, q.DataOffset = 16, 112 }},
		{name: "data offset", write: func(q *smb2.WriteRequest) { q.DataOffset = 112 }},
	} {
		for _, back := range []uint32{0, mib} {
			t.Run(fmt.Sprintf("%s/back %d", c.name, back), func(t *testing.T) {
				t.Parallel()
				w := wiring{frontMax: mib, backMax: back, dialect: c.dialect, file: mib}
				throughRig(t, w, func(r *rig) {
					r.negotiate()
					info := c.info
					if info == nil {
						info = desc(n)
					}
					var asked []([]byte)
					if c.read != nil || c.write == nil {
						q := smb2.ReadRequest{Length: n, Channel: 2, ChannelInfoOffset: 112, ChannelInfoLength: uint16(len(info))}
						if c.read != nil {
							c.read(&q)
						}
						asked = append(asked, append(q.AppendBody(r.client.Header(smb2.CommandRead, 17)), info...))
					}
					q := smb2.WriteRequest{RemainingBytes: n, Channel: 2, ChannelInfoOffset: 112, ChannelInfoLength: uint16(len(info))}
					if c.write != nil {
						c.write(&q)
					}
					asked = append(asked, append(q.AppendBody(r.client.Header(smb2.CommandWrite, 17)), info...))
					for _, b := range asked {
						reply, err := r.client.Ask(b)
						if err != nil {
							t.Fatal(err)
						}
						if reply.Status() != smb2.StatusInvalidParameter || len(reply.Header) != smb2.ErrorResponseLength || reply.Invalidates {
							t.Errorf("%v: %v in %d bytes, invalidates %v", reply.Command(), reply.Status(), len(reply.Header), reply.Invalidates)
						}
						if _, err := smb2.ParseErrorResponse(reply.Header); err != nil {
							t.Error(err)
						}
					}
					if _, status, err := r.client.Read(0, 10); err != nil || status != 0 {
						t.Errorf("next read: %v, %v", status, err)
					}
					r.close()
					if k := r.server.Books.Requests; k[smb2.CommandRead] != 1 || k[smb2.CommandWrite] != 0 || k[smb2.CommandQueryInfo] != len(asked) {
						t.Errorf("the server saw %v", k)
					}
					if int(r.count("refused")) != len(asked) {
						t.Errorf("%d refusals are counted", r.count("refused"))
					}
				})
			})
		}
	}
}

// A channel on a connection without RDMA is refused too: tokens never cross.
func TestChannelFromMessageFront(t *testing.T) {
	t.Parallel()
	throughRig(t, wiring{backMax: mib, file: mib}, func(r *rig) {
		r.negotiate()
		info := smb2.BufferDescriptor{Token: 1, Length: 8192}.AppendBody(nil)
		for _, b := range [][]byte{
			r.client.ReadPlacedRequest(0, 8192, smb2.ChannelV1, info),
			r.client.WritePlacedRequest(0, 8192, smb2.ChannelV1, info),
		} {
			reply, err := r.client.Ask(b)
			if err != nil || reply.Status() != smb2.StatusInvalidParameter {
				t.Errorf("%v", err)
			}
		}
		r.close()
		if k := r.server.Books.Requests; k[smb2.CommandRead]+k[smb2.CommandWrite] != 0 {
			t.Errorf("the server saw %v", k)
		}
	})
}

// A pulled WRITE that does not fit the back leg's messages is refused.
func TestInlineFormTooLong(t *testing.T) {
	t.Parallel()
	throughRig(t, wiring{frontMax: mib, backLimit: 100 * kib, file: mib}, func(r *rig) {
		r.negotiate()
		before := slices.Clone(r.server.File)
		buf, err := r.client.Expose(make([]byte, 128*kib), nil, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer buf.Revoke()
		reply, err := r.client.Ask(r.client.WritePlacedRequest(0, 128*kib, smb2.ChannelV1, buf.Descriptors()))
		if err != nil || reply.Status() != smb2.StatusInvalidParameter || reply.Command() != smb2.CommandWrite {
			t.Errorf("write: %v, %v", reply, err)
		}
		if n, status, err := r.client.WritePlaced(0, make([]byte, 64*kib), v1Invalidate); err != nil || status != 0 || n != 64*kib {
			t.Errorf("next write: %v, %v", status, err)
		}
		r.close()
		if !bytes.Equal(before[64*kib:], r.server.File[64*kib:]) {
			t.Error("the refused WRITE has written")
		}
	})
}
