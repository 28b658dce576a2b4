package iwarp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// The cases of Terminate, of peers that stop or go, and of noise, 80 and 88 to 97.

// TestNegativeStall is case 80: a peer that asks for much and reads nothing
// ends its own connection, and no other.
func TestNegativeStall(t *testing.T) {
	t.Parallel()
	p := quick()
	p.CloseTimeout = 50 * time.Millisecond
	r := opened(t, p, false)
	mem := make([]byte, 64<<20)
	g, err := r.q.Register(mem, rdma.RemoteRead)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Deregister()
	r.write(r.frame(r.request(64<<20, g.Segment().Token, g.Segment().Offset)))
	r.alive() // receiving goes on meanwhile
	other := opened(t, quick(), true)
	if err := r.end(); err == nil || !strings.Contains(err.Error(), "took nothing") {
		t.Errorf("ended with %v", err)
	}
	other.alive()
}

// TestNegativeTerminateUnread: what the writer has begun when an error comes
// is finished as a whole frame, and the Terminate follows it.
func TestNegativeTerminateUnread(t *testing.T) {
	for _, crc := range []bool{false, true} {
		t.Run(fmt.Sprint("crc ", crc), func(t *testing.T) {
			t.Parallel()
			p := quick()
			p.CloseTimeout, p.WriteTimeout = patience, patience
			r := opened(t, p, crc)
			body := make([]byte, 64<<20)
			if err := r.q.PostSend([]rdma.Work{{Op: rdma.OpWrite, ID: 77, Body: body, Remote: rdma.Segment{Token: 1, Length: 1 << 31}}}); err != nil {
				t.Fatal(err)
			}
			bad := untagged(0x41, 0x43, 0, 0, 99, 0, nil)
			r.write(r.frame(bad))
			r.blamed()
			for i := range body {
				body[i] = 0xff // it is ours again
			}
			b := r.rest()
			for len(b) > 0 {
				n := int(binary.BigEndian.Uint16(b))
				u := b[2 : 2+n]
				switch {
				case crc && !verifyCRC(b[:fpduSize(n)]):
					t.Fatal("CRC")
				case u[1] == 0x40 && bytes.Contains(u[14:], []byte{0xff}):
					t.Fatal("memory was sent after its completion")
				case u[1] == 0x47 && !bytes.Equal(b, r.terminate(1, 2, 3, 0xc0, bad)):
					t.Errorf("last words %x", b)
				}
				b = b[fpduSize(n):]
			}
		})
	}
}

func TestNegativeTerminate(t *testing.T) {
	term := func(msn, qn uint32, control string) func(r *peer) []byte {
		return func(r *peer) []byte {
			var b []byte
			fmt.Sscanf(control, "%x", &b)
			return untagged(0x41, 0x47, 0, qn, msn, 0, b)
		}
	}
	runRows(t, []row{
		{"88 well formed", false, one(term(1, 2, "02060000")), closed},
		{"88 with headers", false, one(term(1, 2, "1204c00000144143000000000000000000000002000000040000")), closed},
		{"89 siw's bits", false, one(term(1, 2, "21040300001441430000000000000000000000020000000400")), closed},
		{"90 nothing behind the header", false, one(term(1, 2, "")), closed},
		{"90 ULPDU of 14 bytes", true, one(func(r *peer) []byte { return term(1, 2, "")(r)[:14] }), closed},
		{"91 MSN 2", false, one(term(2, 2, "02060000")), closed},
		{"91 queue 0", false, one(term(1, 0, "02060000")), closed},
		{"92 followed by more", false, func(r *peer) ([]byte, []byte) {
			return r.frames(term(1, 2, "02060000")(r), untagged(0x41, 0x43, 0, 0, 99, 0, nil), r.send(true, []byte("x"))), nil
		}, closed},
		{"of 60,000 bytes", true, one(func(r *peer) []byte { return append(term(1, 2, "02060000")(r), make([]byte, 60000)...) }), closed},
	})
	t.Run("88 the blame is ours", func(t *testing.T) {
		t.Parallel()
		r := opened(t, quick(), true)
		r.write(r.frame(term(1, 2, "1100c0000013c140deadbeef0000000000010000")(r)))
		var p *rdma.ProtocolError
		var e *TerminateError
		if err := r.end(); !errors.As(err, &p) || p.Remote || !errors.As(err, &e) || e.Layer != 1 || e.Type != 1 {
			t.Errorf("ended with %v", err)
		}
		for _, c := range r.got[1:] {
			if !errors.Is(c.Err, rdma.ErrFlushed) {
				t.Errorf("%+v", c)
			}
		}
	})
	t.Run("93 while a large frame is being written", func(t *testing.T) {
		t.Parallel()
		p := quick()
		p.CloseTimeout, p.WriteTimeout = patience, patience
		r := opened(t, p, true)
		body := make([]byte, 64<<20)
		r.q.PostSend([]rdma.Work{{Op: rdma.OpWrite, Body: body, Remote: rdma.Segment{Token: 1, Length: 1 << 31}}})
		r.write(r.frame(term(1, 2, "02060000")(r)))
		r.end()
		b := r.rest()
		for len(b) > 0 {
			n := int(binary.BigEndian.Uint16(b))
			if f := b[:fpduSize(n)]; f[3] != 0x40 || !verifyCRC(f) {
				t.Fatalf("frame %x", f[:20])
			}
			b = b[fpduSize(n):]
		}
	})
}

// TestNegativeReset is case 94 for states that only a raw peer can be in.
func TestNegativeReset(t *testing.T) {
	for name, send := range map[string]func(r *peer) []byte{
		"idle":             func(r *peer) []byte { return nil },
		"inside a frame":   func(r *peer) []byte { return r.frame(r.send(true, []byte("x")))[:10] },
		"inside a message": func(r *peer) []byte { return r.frame(r.send(false, []byte("x"))) },
		"being read": func(r *peer) []byte {
			m := r.register(rdma.RemoteRead)
			return r.frame(r.request(regionSize, m.stag, m.to))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := opened(t, quick(), true)
			r.write(send(r))
			r.c.SetLinger(0)
			r.c.Close()
			if err := r.end(); err == nil || err == io.EOF && name != "idle" {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

// TestNegativeRandom is case 96: noise after a valid start-up gets at most one
// Terminate, and an end.
func TestNegativeRandom(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			r := opened(t, quick(), seed%2 == 0)
			r.register(rdma.RemoteWrite)
			noise := make([]byte, 1<<20)
			rand.NewChaCha8([32]byte{byte(seed)}).Read(noise)
			go func() {
				r.c.Write(noise)
				r.c.CloseWrite()
			}()
			b, _ := io.ReadAll(r.c)
			if len(b) > 0 && (len(b) < 4 || b[3] != 0x47 || fpduSize(int(binary.BigEndian.Uint16(b))) != len(b)) {
				t.Errorf("answer %x", b)
			}
			r.end()
		})
	}
}

// TestNegativeMutants is case 97: each legal frame with each byte changed, CRC
// made good again. Whatever happens, it happens to registered memory only.
func TestNegativeMutants(t *testing.T) {
	for _, v := range frameVectors {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			whole := unhex(t, v.bytes)
			ulpdu := whole[2 : 2+int(whole[1])]
			for at := range ulpdu[:min(len(ulpdu), 46)] {
				p := quick()
				r := toResponder(t, p, at%2 == 0)
				m := r.register(rdma.RemoteWrite)
				m.expected = m.all // its content is free; its surroundings are not
				u := bytes.Clone(ulpdu)
				if v.seg.op == opWrite {
					binary.BigEndian.PutUint32(u[2:], m.stag)
					binary.BigEndian.PutUint64(u[6:], m.to)
				}
				u[at] ^= byte(1 << (at % 8))
				r.write(r.frame(u))
				r.c.CloseWrite()
				io.ReadAll(r.c)
				r.end()
				margin := bytes.Repeat([]byte{0x5a}, 64)
				if !bytes.Equal(m.all[:64], margin) || !bytes.Equal(m.all[64+regionSize:], margin) {
					t.Fatalf("byte %d: wrote outside the region", at)
				}
			}
		})
	}
}

// TestEndWithStalledPeer: Close is bounded by CloseTimeout, not by WriteTimeout,
// when the writer waits for a peer that takes nothing.
func TestEndWithStalledPeer(t *testing.T) {
	t.Parallel()
	for _, abort := range []bool{false, true} {
		p := quick()
		p.WriteTimeout, p.CloseTimeout = patience, 20*time.Millisecond
		r := opened(t, p, false)
		body := make([]byte, 32<<20)
		r.q.PostSend([]rdma.Work{{Op: rdma.OpWrite, Body: body, Remote: rdma.Segment{Token: 1, Length: uint32(len(body))}}})
		begin := time.Now()
		if abort {
			r.q.Abort()
		}
		r.q.Close()
		if d := time.Since(begin); d > patience/2 {
			t.Errorf("abort %v: %v", abort, d)
		}
	}
}
