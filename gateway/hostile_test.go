package gateway

import (
	"bytes"
	"strings"
	"testing"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/smb2test"
	"github.com/smbgw/smbgw/transports"
)

// A backend that says what cannot be ends the connection, and nothing but it.
func TestHostileReplies(t *testing.T) {
	t.Parallel()
	const n = 8192
	read := func(f func(r *smb2.ReadResponse)) func([]byte) []byte {
		return func(b []byte) []byte {
			r, err := smb2.ParseReadResponse(b)
			if err != nil {
				panic(err)
			}
			f(&r)
			return append(r.AppendBody(b[:64:64]), b[80:]...)
		}
	}
	for _, c := range []struct {
		name   string
		cmd    smb2.Command
		edit   func([]byte) []byte
		reason string // part of it; empty: the connection lives
		same   bool   // and the message passes as it is
	}{
		{name: "more placed than asked", cmd: smb2.CommandRead, edit: read(func(r *smb2.ReadResponse) { r.DataRemaining = n + 1 }), reason: "placed"},
		{name: "all placed", cmd: smb2.CommandRead, edit: read(func(r *smb2.ReadResponse) { r.DataRemaining = 1<<32 - 1 }), reason: "placed"},
		{name: "inline and placed", cmd: smb2.CommandRead, edit: func(b []byte) []byte {
			return append(read(func(r *smb2.ReadResponse) { r.DataLength = 5 })(b), 1, 2, 3, 4, 5)
		}, reason: "both"},
		{name: "transform", cmd: smb2.CommandRead, edit: read(func(r *smb2.ReadResponse) { r.Flags = 1 }), reason: "transform"},
		{name: "data beyond", cmd: smb2.CommandRead, edit: read(func(r *smb2.ReadResponse) { r.DataLength, r.DataRemaining = 5, 0 }), reason: "buffer"},
		{name: "cut", cmd: smb2.CommandRead, edit: func(b []byte) []byte { return b[:79] }, reason: "2.2.20"},
		{name: "header only", cmd: smb2.CommandRead, edit: func(b []byte) []byte { return b[:64] }, reason: "2.2.20"},
		{name: "other command", cmd: smb2.CommandRead, edit: command(smb2.CommandWrite), reason: "answered as WRITE"},
		{name: "write more than asked", cmd: smb2.CommandWrite, edit: func(b []byte) []byte { b[68]++; return b }, reason: "answered as"},
		{name: "write cut", cmd: smb2.CommandWrite, edit: func(b []byte) []byte { return b[:70] }, reason: "2.2.22"},
		{name: "not a reply", cmd: smb2.CommandRead, edit: func(b []byte) []byte { smb2.Header(b).SetFlags(0); return b }, same: true},
		{name: "another message id", cmd: smb2.CommandRead, edit: func(b []byte) []byte { smb2.Header(b).SetMessageID(99); return b }, same: true},
		{name: "unsolicited", cmd: smb2.CommandRead, edit: func(b []byte) []byte { smb2.Header(b).SetMessageID(smb2.Unsolicited); return b }, same: true},
		{name: "forever pending", cmd: smb2.CommandRead, edit: func(b []byte) []byte { smb2.Header(b).SetStatus(smb2.StatusPending); return b }, same: true},
		{name: "bad compound", cmd: smb2.CommandRead, edit: func(b []byte) []byte { smb2.Header(b).SetNextCommand(72); return b }, same: true},
		{name: "twice in a compound", cmd: smb2.CommandRead, edit: func(b []byte) []byte { return compound(false, b, b) }},
	} {
		for _, front := range []uint32{0, mib} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				p := pairing{front: front}
				w := wiring{frontMax: front, backMax: mib, file: 100 * kib}
				var said []byte
				w.script = func(q *smb2test.Request) smb2test.Action {
					if q.Command() == c.cmd {
						return smb2test.Action{Edit: func(b []byte) []byte {
							said = bytes.Clone(c.edit(b))
							return bytes.Clone(said)
						}}
					}
					return smb2test.Action{}
				}
				throughRig(t, w, func(r *rig) {
					r.negotiate()
					if c.reason == "" {
						r.ask(p, c.cmd, n)
						m, err := r.client.Conn.Receive()
						if err != nil {
							t.Fatalf("the connection died: %v", err)
						}
						if c.same && !bytes.Equal(m.Bytes(), said) {
							t.Errorf("the client got\n%x, not\n%x", m.Bytes(), said)
						}
						m.Release()
						return
					}
					r.ask(p, c.cmd, n)
					if _, err := r.client.Receive(); err == nil {
						t.Error("the client got an answer")
					}
					if why := r.reason(); !strings.HasPrefix(why, "backend error: ") || !strings.Contains(why, c.reason) {
						t.Errorf("the reason is %q, want %q in it", why, c.reason)
					}
				})
			})
		}
	}
}

func command(c smb2.Command) func([]byte) []byte {
	return func(b []byte) []byte {
		smb2.Header(b).SetCommand(c)
		return b
	}
}

// ask sends a READ or WRITE and does not wait.
func (r *rig) ask(p pairing, cmd smb2.Command, n int) {
	r.t.Helper()
	var b []byte
	switch {
	case p.front == 0 && cmd == smb2.CommandRead:
		b = r.client.ReadRequest(0, uint32(n))
	case p.front == 0:
		b = r.client.WriteRequest(0, make([]byte, n))
	default:
		right := transports.Writable
		if cmd == smb2.CommandWrite {
			right = transports.Readable
		}
		buf, err := r.client.Expose(make([]byte, n), nil, right)
		if err != nil {
			r.t.Fatal(err)
		}
		if cmd == smb2.CommandRead {
			b = r.client.ReadPlacedRequest(0, uint32(n), smb2.ChannelV1, buf.Descriptors())
		} else {
			b = r.client.WritePlacedRequest(0, uint32(n), smb2.ChannelV1, buf.Descriptors())
		}
	}
	if err := r.client.Send(b); err != nil {
		r.t.Fatal(err)
	}
}

// A second reply has nothing to convert any more and passes.
func TestSecondReplyPasses(t *testing.T) {
	t.Parallel()
	var again []byte
	w := wiring{backMax: mib, file: 100 * kib}
	w.script = func(q *smb2test.Request) smb2test.Action {
		if q.Command() != smb2.CommandRead {
			return smb2test.Action{}
		}
		return smb2test.Action{Edit: func(b []byte) []byte {
			again = bytes.Clone(b)
			return b
		}}
	}
	throughRig(t, w, func(r *rig) {
		r.negotiate()
		if got, _, err := r.client.Read(0, 8192); err != nil || len(got) != 8192 {
			t.Fatalf("read: %v", err)
		}
		m := r.server.Arena.New(len(again))
		copy(m.Bytes(), again)
		if err := r.backEnd.Send(m); err != nil {
			t.Fatal(err)
		}
		reply, err := r.client.Receive()
		if err != nil || !bytes.Equal(reply.Message, again) {
			t.Errorf("second reply: %v", err)
		}
	})
}

// A token that a backend puts on a message is one of ours: the client never
// gets it.
func TestTokensDoNotCross(t *testing.T) {
	t.Parallel()
	for _, w := range []wiring{
		{frontMax: mib, backMax: mib},
		{frontMax: mib, backMax: mib, noPlace: true},
		{backMax: mib, noPlace: true}, // nothing is looked at
	} {
		serve := func(c transports.Conn) error {
			m, err := c.Receive()
			if err != nil {
				return err
			}
			m.Invalidate, m.Invalidates = 77, true
			if err := c.Send(m); err != nil {
				return err
			}
			return echo(c)
		}
		w.serve = serve
		throughRig(t, w, func(r *rig) {
			r.client.Send([]byte("hello"))
			if m, err := r.client.Conn.Receive(); err != nil || m.Invalidates {
				t.Errorf("the token %#x came through, %v", m.Invalidate, err)
			} else {
				m.Release()
			}
		})
	}
}

// Clients that break the rules of the protocol lose their connection.
func TestHostileRequests(t *testing.T) {
	t.Parallel()
	silent := func(q *smb2test.Request) smb2test.Action {
		return smb2test.Action{Silent: q.Command() == smb2.CommandRead}
	}
	for _, c := range []struct {
		name   string
		w      wiring
		do     func(r *rig)
		reason string
	}{
		{"message id reused", wiring{backMax: mib, script: silent}, func(r *rig) {
			b := r.client.ReadRequest(0, 8192)
			r.client.Send(b)
			r.client.Send(b)
		}, "client error: message id 1 is used again"},
		{"message id reused in a compound", wiring{backMax: mib}, func(r *rig) {
			b := r.client.ReadRequest(0, 8192)
			r.client.Send(compound(false, b, b))
		}, "client error: message id 1 is used again"},
		{"message id reused by a part", wiring{backMax: 64 * kib, script: silent}, func(r *rig) {
			b := r.client.ReadRequest(0, 128*kib)
			smb2.Header(b).SetMessageID(2)
			r.client.Send(r.client.ReadRequest(0, 64*kib)) // id 3, which is b's second
			r.client.Send(b)
		}, "client error: message id 2 is used again"},
		{"signed with a channel", wiring{frontMax: mib}, func(r *rig) {
			b := r.client.ReadPlacedRequest(0, 8192, smb2.ChannelV1, make([]byte, 16))
			smb2.Header(b).SetFlags(smb2.FlagSigned)
			r.client.Send(b)
		}, "client error: signed READ asks for RDMA"},
		{"compound without end", wiring{frontMax: mib}, func(r *rig) {
			var list [][]byte
			for range maxElements + 1 {
				list = append(list, r.echoRequest())
			}
			r.client.Send(compound(false, list...))
		}, "client error: compound of more than"},
		{"descriptor without memory", wiring{frontMax: mib, file: mib}, func(r *rig) {
			info := smb2.BufferDescriptor{Token: 5, Length: 8192}.AppendBody(nil)
			r.client.Send(r.client.WritePlacedRequest(0, 8192, smb2.ChannelV1, info))
		}, "client closed: mem: access to token 0x5"},
		{"descriptor without memory, READ", wiring{frontMax: mib, file: mib}, func(r *rig) {
			info := smb2.BufferDescriptor{Token: 5, Length: 8192}.AppendBody(nil)
			r.client.Send(r.client.ReadPlacedRequest(0, 8192, smb2.ChannelV1, info))
		}, "client closed: mem: access to token 0x5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			throughRig(t, c.w, func(r *rig) {
				r.negotiate()
				c.do(r)
				if why := r.reason(); !strings.HasPrefix(why, c.reason) {
					t.Errorf("the reason is %q, want %q", why, c.reason)
				}
			})
		})
	}
}
