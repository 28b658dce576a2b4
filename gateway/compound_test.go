package gateway

import (
	"bytes"
	"testing"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/smb2test"
	"github.com/smbgw/smbgw/transports"
)

// compound joins elements as a client does.
func compound(related bool, list ...[]byte) (b []byte) {
	for i, e := range list {
		start := len(b)
		b = append(b, e...)
		h := smb2.Header(b[start:])
		if related && i > 0 {
			h.SetFlags(h.Flags() | smb2.FlagRelated)
		}
		if i < len(list)-1 {
			b = append(b, make([]byte, smb2.Pad(len(e)))...)
			smb2.Header(b[start:]).SetNextCommand(uint32(len(b) - start))
		}
	}
	return b
}

// elements takes a message apart and checks its padding: zeros, and only
// between elements.
func elements(t *testing.T, b []byte) (list []smb2.Header) {
	t.Helper()
	for len(b) > 0 {
		element, rest, err := smb2.Split(b)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, element)
		b = rest
	}
	return list
}

func (r *rig) echoRequest() []byte { return append(r.client.Header(smb2.CommandEcho, 1), 4, 0, 0, 0) }

func (r *rig) queryRequest() []byte {
	q := smb2.QueryInfoRequest{InfoType: smb2.InfoFile, Class: smb2.FileBasicInfo, OutputLength: 40}
	return append(q.AppendBody(r.client.Header(smb2.CommandQueryInfo, 1)), 0)
}

// A compound keeps its elements and their order, and each READ and WRITE in it
// is converted on its own.
func TestCompound(t *testing.T) {
	t.Parallel()
	const n, off = 5001, 3
	for _, p := range pairings {
		for _, related := range []bool{false, true} {
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				throughRig(t, wiring{frontMax: p.front, backMax: p.back, file: 100 * kib}, func(r *rig) {
					r.negotiate()
					data := pattern(n + 1)[1:]
					want := bytes.Clone(r.server.File[off:][:n])
					var rbuf, wbuf *smb2test.Buffer
					list := [][]byte{r.echoRequest()}
					if p.front > 0 {
						rbuf, _ = r.client.Expose(make([]byte, n), []int{1000, 10000}, transports.Writable)
						wbuf, _ = r.client.Expose(data, []int{77, 10000}, transports.Readable)
						list = append(list,
							r.client.ReadPlacedRequest(off, n, smb2.ChannelV1Invalidate, rbuf.Descriptors()),
							r.queryRequest(),
							r.client.WritePlacedRequest(50000, n, smb2.ChannelV1Invalidate, wbuf.Descriptors()))
					} else {
						list = append(list, r.client.ReadRequest(off, n), r.queryRequest(), r.client.WriteRequest(50000, data))
					}
					list = append(list, r.client.ReadRequest(off, 3))
					first := smb2.Header(list[0]).MessageID()
					if err := r.client.Send(compound(related, list...)); err != nil {
						t.Fatal(err)
					}
					reply, err := r.client.Receive()
					if err != nil {
						t.Fatal(err)
					}
					got := elements(t, reply.Message)
					if len(got) != len(list) {
						t.Fatalf("%d replies to %d requests", len(got), len(list))
					}
					for i, h := range got {
						if h.Status() != 0 || h.Command() != smb2.Header(list[i]).Command() || h.MessageID() != first+smb2.MessageID(i) {
							t.Errorf("reply %d is %v %d %v", i, h.Command(), h.MessageID(), h.Status())
						}
						if h.Has(smb2.FlagRelated) != (related && i > 0) {
							t.Errorf("reply %d has flags %#x", i, h.Flags())
						}
					}
					res, err := smb2.ParseReadResponse(got[1])
					if err != nil {
						t.Fatal(err)
					}
					if p.front > 0 {
						rbuf.Revoke()
						wbuf.Revoke()
						if res.DataRemaining != n || !bytes.Equal(rbuf.Bytes, want) {
							t.Error("other data was placed")
						}
						if token := smb2.DescriptorAt(rbuf.Descriptors()).Token; !reply.Invalidates || reply.Token != token {
							t.Errorf("reply invalidates %v %#x, want the first READ's %#x", reply.Invalidates, reply.Token, token)
						}
					} else if b, err := res.Data(got[1]); err != nil || !bytes.Equal(b, want) {
						t.Errorf("other data was read: %v", err)
					}
					if w, err := smb2.ParseWriteResponse(got[3]); err != nil || w.Count != n {
						t.Errorf("write: %+v, %v", w, err)
					}
					if _, status, err := r.client.Read(0, 10); err != nil || status != 0 {
						t.Errorf("next read: %v, %v", status, err)
					}
					r.close()
					if !bytes.Equal(r.server.File[50000:][:n], data) {
						t.Error("other data was written")
					}
					if k := r.server.Books; k.Placed != map[bool]int{true: 2}[p.back > 0] {
						t.Errorf("%d placed on the back", k.Placed)
					}
				})
			})
		}
	}
}

// In a compound a signed element keeps its bytes, and a refused one its place.
func TestCompoundSignedAndRefused(t *testing.T) {
	t.Parallel()
	var seen []byte
	w := wiring{frontMax: mib, backMax: mib, file: 100 * kib}
	w.script = func(q *smb2test.Request) smb2test.Action {
		if q.Has(smb2.FlagSigned) {
			seen = bytes.Clone(q.Header)
		}
		return smb2test.Action{}
	}
	throughRig(t, w, func(r *rig) {
		r.negotiate()
		signedEcho := r.echoRequest()
		smb2.Header(signedEcho).SetFlags(smb2.FlagSigned)
		copy(signedEcho[48:], "signature is 16.")
		bad := r.client.ReadPlacedRequest(0, 8192, smb2.ChannelV1, make([]byte, 16))
		b := compound(false, bad, signedEcho, r.client.ReadRequest(0, 8192))
		signedAt := elements(t, b)[1]
		if err := r.client.Send(b); err != nil {
			t.Fatal(err)
		}
		reply, err := r.client.Receive()
		if err != nil {
			t.Fatal(err)
		}
		got := elements(t, reply.Message)
		if len(got) != 3 || got[0].Status() != smb2.StatusInvalidParameter || got[0].Command() != smb2.CommandRead || got[2].Status() != 0 {
			t.Errorf("replies: %v", got)
		}
		if !bytes.Equal(seen, signedAt) {
			t.Errorf("the signed element arrived as\n%x, not\n%x", seen, signedAt)
		}
	})
}

// A request that the back leg would have to split cannot be in a compound.
func TestCompoundNotSplit(t *testing.T) {
	t.Parallel()
	throughRig(t, wiring{backMax: 64 * kib, file: mib}, func(r *rig) {
		r.negotiate()
		r.client.Send(compound(false, r.client.ReadRequest(0, 128*kib), r.client.ReadRequest(0, 64*kib)))
		reply, err := r.client.Receive()
		if err != nil {
			t.Fatal(err)
		}
		got := elements(t, reply.Message)
		if len(got) != 2 || got[0].Status() != smb2.StatusInvalidParameter || got[1].Status() != 0 {
			t.Errorf("replies: %v", got)
		}
	})
}

// A compound whose TREE_CONNECT may make a pipe is not placed.
func TestCompoundWithTreeConnect(t *testing.T) {
	t.Parallel()
	throughRig(t, wiring{backMax: mib, file: mib}, func(r *rig) {
		r.negotiate()
		connect := append(r.client.Header(smb2.CommandTreeConnect, 1), 9, 0, 0, 0, 72, 0, 0, 0)
		r.client.Send(compound(true, connect, r.client.ReadRequest(0, 8192)))
		if _, err := r.client.Receive(); err != nil {
			t.Fatal(err)
		}
		r.close()
		if r.server.Books.Placed != 0 || r.count("inline_pipe") != 1 {
			t.Errorf("books: %+v", r.server.Books)
		}
	})
}
