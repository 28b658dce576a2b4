package iwarp

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// patience bounds every wait of these tests; reaching it is a hang.
const patience = 10 * time.Second

// A peer is a raw socket that speaks to one of our queue pairs, frame by
// frame, and that queue pair with what it completed.
type peer struct {
	t   *testing.T
	c   *net.TCPConn
	p   *Provider
	q   *queuePair
	crc bool

	msn, readMSN uint32 // of our next untagged messages
	bufs         [][]byte

	mu   sync.Mutex
	got  []rdma.Completion
	more chan struct{}
	err  error // Poll's, once over is closed
	over chan struct{}
}

// quick is a provider whose timers fit a test.
func quick() *Provider {
	return &Provider{CloseTimeout: 200 * time.Millisecond, WriteTimeout: 300 * time.Millisecond,
		RequestTimeout: 5 * time.Second, ReplyTimeout: 5 * time.Second}
}

// dialPeer connects a raw socket to a listener of p.
func dialPeer(t *testing.T, p *Provider) (*net.TCPConn, rdma.Listener) {
	t.Helper()
	l, err := p.Listen(t.Context(), "127.0.0.1:0", rdma.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return c.(*net.TCPConn), l
}

const receiveSize = 64

// toResponder connects a raw initiator, CRC as asked, to a queue pair with
// three receives of 64 bytes. Nothing but the start-up has been said.
func toResponder(t *testing.T, p *Provider, crc bool) *peer {
	t.Helper()
	c, l := dialPeer(t, p)
	req := mpaFrame{rev: 2, crc: crc, enhanced: true, words: enhancedWords{ird: 4, ord: 4}}
	c.Write(req.append(nil))
	q, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	r := &peer{t: t, c: c, p: p, q: q.(*queuePair), crc: crc, msn: 1, readMSN: 1}
	r.receives(3)
	if err := q.Establish(t.Context(), rdma.Params{IRD: 2, ORD: 4}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := readMPA(c, true); err != nil {
		t.Fatal(err)
	}
	r.poll()
	return r
}

// opened is toResponder after a first, valid Send of one byte.
func opened(t *testing.T, p *Provider, crc bool) *peer {
	t.Helper()
	r := toResponder(t, p, crc)
	r.write(r.frame(r.send(true, []byte{7})))
	r.completed(1)
	return r
}

func (r *peer) receives(n int) {
	for range n {
		// A margin behind each buffer betrays what is written beyond it.
		mem := bytes.Repeat([]byte{0xa5}, receiveSize+16)
		r.bufs = append(r.bufs, mem)
		if err := r.q.PostReceive(uint64(len(r.bufs)), mem[:receiveSize:receiveSize]); err != nil {
			r.t.Fatal(err)
		}
	}
}

func (r *peer) poll() {
	r.more, r.over = make(chan struct{}, 1), make(chan struct{})
	go func() {
		defer close(r.over)
		var list [16]rdma.Completion
		for {
			n, err := r.q.Poll(list[:])
			if err != nil {
				r.err = err
				return
			}
			r.mu.Lock()
			r.got = append(r.got, list[:n]...)
			r.mu.Unlock()
			select {
			case r.more <- struct{}{}:
			default:
			}
		}
	}()
	r.t.Cleanup(func() {
		r.c.Close()
		r.q.Close()
		r.end()
		for i, b := range r.bufs {
			if !bytes.Equal(b[receiveSize:], bytes.Repeat([]byte{0xa5}, 16)) {
				r.t.Errorf("receive %d was written beyond its end", i)
			}
		}
		if n := r.p.Connections(); n != 0 {
			r.t.Errorf("%d connections left", n)
		}
	})
}

// completed waits until there are n completions, and returns them.
func (r *peer) completed(n int) []rdma.Completion {
	r.t.Helper()
	late := time.After(patience)
	for {
		r.mu.Lock()
		list := r.got
		r.mu.Unlock()
		if len(list) >= n {
			return list
		}
		select {
		case <-r.more:
		case <-r.over:
			r.t.Fatalf("ended with %d of %d completions: %v", len(list), n, r.err)
		case <-late:
			r.t.Fatalf("%d of %d completions", len(list), n)
		}
	}
}

// end waits for Poll's last word.
func (r *peer) end() error {
	r.t.Helper()
	select {
	case <-r.over:
		return r.err
	case <-time.After(patience):
		r.t.Fatal("Poll does not end")
		return nil
	}
}

func (r *peer) write(b []byte) {
	r.t.Helper()
	if _, err := r.c.Write(b); err != nil {
		r.t.Fatal(err)
	}
}

// fin sends FIN and reads until the other side's: everything it said.
func (r *peer) rest() []byte {
	r.t.Helper()
	b, err := io.ReadAll(r.c)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		r.t.Fatal("not closed")
	}
	if wasReset(err) {
		r.t.Fatalf("reset after %x", b)
	}
	return b
}

// readFrame reads one frame and returns its ULPDU.
func (r *peer) readFrame() []byte {
	r.t.Helper()
	var n [2]byte
	if _, err := io.ReadFull(r.c, n[:]); err != nil {
		r.t.Fatal(err)
	}
	b := make([]byte, fpduSize(int(binary.BigEndian.Uint16(n[:]))))
	copy(b, n[:])
	if _, err := io.ReadFull(r.c, b[2:]); err != nil {
		r.t.Fatal(err)
	}
	if r.crc && !verifyCRC(b) {
		r.t.Fatalf("CRC of %x", b)
	}
	return b[2 : 2+binary.BigEndian.Uint16(n[:])]
}

// The peer's own encoders, apart from those under test.

// untagged is a ULPDU of an untagged segment, control octets as given.
func untagged(ddp, rdmap byte, ulp, qn, msn, mo uint32, payload []byte) []byte {
	b := []byte{ddp, rdmap}
	for _, v := range []uint32{ulp, qn, msn, mo} {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return append(b, payload...)
}

// tagged is a ULPDU of a tagged segment.
func tagged(ddp, rdmap byte, stag uint32, to uint64, payload []byte) []byte {
	b := []byte{ddp, rdmap}
	b = binary.BigEndian.AppendUint32(b, stag)
	b = binary.BigEndian.AppendUint64(b, to)
	return append(b, payload...)
}

// send is the next Send of one segment.
func (r *peer) send(last bool, payload []byte) []byte {
	ddp := byte(0x01)
	if last {
		ddp = 0x41
	}
	b := untagged(ddp, 0x43, 0, 0, r.msn, 0, payload)
	if last {
		r.msn++
	}
	return b
}

// request is the next Read Request.
func (r *peer) request(size, stag uint32, to uint64) []byte {
	b := binary.BigEndian.AppendUint32(nil, 0x1111)
	b = binary.BigEndian.AppendUint64(b, 0x2000)
	b = binary.BigEndian.AppendUint32(b, size)
	b = binary.BigEndian.AppendUint32(b, stag)
	b = binary.BigEndian.AppendUint64(b, to)
	b = untagged(0x41, 0x41, 0, 1, r.readMSN, 0, b)
	r.readMSN++
	return b
}

// frame makes a frame of a ULPDU.
func (r *peer) frame(ulpdu []byte) []byte { return rawFrame(ulpdu, len(ulpdu), 0, r.crc) }

func (r *peer) frames(ulpdus ...[]byte) []byte {
	var b []byte
	for _, u := range ulpdus {
		b = append(b, r.frame(u)...)
	}
	return b
}

// rawFrame has a length field and PAD bytes of the caller's choice.
func rawFrame(ulpdu []byte, n int, pad byte, crc bool) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(n))
	b = append(b, ulpdu...)
	for len(b)%4 != 0 {
		b = append(b, pad)
	}
	var sum uint32
	if crc {
		sum = crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))
	}
	return binary.LittleEndian.AppendUint32(b, sum)
}

// terminate is the frame we expect: flags 0, M+D or M+D+R, quoting bad.
func (r *peer) terminate(layer, kind, code, flags byte, bad []byte) []byte {
	b := untagged(0x41, 0x47, 0, 2, 1, 0, []byte{layer<<4 | kind, code, flags, 0})
	if flags != 0 {
		b = binary.BigEndian.AppendUint16(b, uint16(len(bad)))
		switch {
		case flags == 0xe0:
			b = append(b, bad[:46]...)
		case bad[0]&0x80 != 0:
			b = append(b, bad[:14]...)
		default:
			b = append(b, bad[:18]...)
		}
	}
	return r.frame(b)
}

// blamed checks that the queue pair ended and blames the peer.
func (r *peer) blamed() {
	r.t.Helper()
	var p *rdma.ProtocolError
	if err := r.end(); !errors.As(err, &p) || !p.Remote {
		r.t.Errorf("ended with %v, want the peer's ProtocolError", err)
	}
}

// alive checks that the connection still works: a Send arrives.
func (r *peer) alive() {
	r.t.Helper()
	r.mu.Lock()
	n := len(r.got)
	r.mu.Unlock()
	r.receives(1)
	r.write(r.frame(r.send(true, []byte("alive"))))
	r.completed(n + 1)
}

// a script is a raw responder for one of our initiators.
type script func(t *testing.T, c *net.TCPConn)

// toInitiator runs Establish of p against a listener that runs one script for
// each connection, in order.
func toInitiator(t *testing.T, p *Provider, scripts ...script) (*queuePair, error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ; i++ {
			c, err := l.Accept()
			if err != nil {
				if i < len(scripts) {
					t.Errorf("%d connections, want %d", i, len(scripts))
				}
				return
			}
			c.SetDeadline(time.Now().Add(patience))
			if i >= len(scripts) {
				t.Errorf("connection %d", i+1)
				c.Close()
				return
			}
			wg.Go(func() {
				defer c.Close()
				scripts[i](t, c.(*net.TCPConn))
			})
		}
	})
	q, err := p.Dial(l.Addr().String(), rdma.Config{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err = q.Establish(ctx, rdma.Params{IRD: 8, ORD: 4})
	t.Cleanup(func() {
		q.Close()
		l.Close()
		wg.Wait()
	})
	return q.(*queuePair), err
}
