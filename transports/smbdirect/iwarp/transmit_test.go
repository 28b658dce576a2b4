package iwarp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// TestSegments: a write on Ethernet is cut as ksmbd over siw was seen to cut
// it: 8192 bytes in five times 1428 and 1052.
func TestSegments(t *testing.T) {
	t.Parallel()
	p := quick()
	p.MaxFPDU = 1448
	r := opened(t, p, true)
	body := make([]byte, 8192)
	for i := range body {
		body[i] = byte(i / 32)
	}
	r.q.PostSend([]rdma.Work{{Op: rdma.OpWrite, Body: body, Remote: rdma.Segment{Token: 0x00112233, Offset: 0x123456789abc, Length: 8192}}})
	for off := 0; off < len(body); off += 1428 {
		n, ddp := 1428, byte(0x81)
		if off+n > len(body) {
			n, ddp = 1052, 0xc1
		}
		want := tagged(ddp, 0x40, 0x00112233, 0x123456789abc+uint64(off), body[off:off+n])
		if u := r.readFrame(); !bytes.Equal(u, want) {
			t.Fatalf("segment at %d: %x...", off, u[:20])
		}
	}
	r.q.PostSend([]rdma.Work{{Op: rdma.OpSend, Head: body[:24], Body: body[24:3000]}})
	for off := 0; off < 3000; off += 1424 {
		ddp, end := byte(0x01), off+1424
		if end > 3000 {
			ddp, end = 0x41, 3000
		}
		if u := r.readFrame(); !bytes.Equal(u, untagged(ddp, 0x43, 0, 0, 1, uint32(off), body[off:end])) {
			t.Fatalf("segment at %d: %x...", off, u[:20])
		}
	}
}

// TestWrapToPeer: a peer's offsets are used as they are, even where the end of
// the 64 bits is passed (ksmbd was seen to do so).
func TestWrapToPeer(t *testing.T) {
	t.Parallel()
	p := quick()
	p.MaxFPDU = 1448
	r := opened(t, p, true)
	r.q.PostSend([]rdma.Work{{Op: rdma.OpWrite, Body: make([]byte, 2000), Remote: rdma.Segment{Token: 1, Offset: 0xffffffffffffff00, Length: 2000}}})
	r.readFrame()
	if u := r.readFrame(); binary.BigEndian.Uint64(u[6:]) != 0x494 {
		t.Errorf("second segment %x", u[:14])
	}
}

// TestORDOnTheWire: only ORD requests are out at a time, and the send behind
// the last read goes after its request.
func TestORDOnTheWire(t *testing.T) {
	t.Parallel()
	r := opened(t, quick(), true) // ORD 4
	var list []rdma.Work
	for i := range 6 {
		list = append(list, rdma.Work{Op: rdma.OpRead, ID: uint64(10 + i), Body: make([]byte, 8), Remote: rdma.Segment{Token: 3, Length: 8}})
	}
	r.q.PostSend(append(list, rdma.Work{Op: rdma.OpSend, ID: 20}))
	var reads []readRequest
	for i := range 4 {
		u := r.readFrame()
		if u[1] != 0x41 || binary.BigEndian.Uint32(u[10:]) != uint32(i+1) {
			t.Fatalf("request %d: %x", i, u)
		}
		reads = append(reads, parseReadRequest(u[18:]))
	}
	r.c.SetReadDeadline(time.Now().Add(30 * time.Millisecond))
	if n, err := r.c.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Fatal("a fifth request before the first answer")
	}
	r.c.SetReadDeadline(time.Now().Add(patience))
	seen := make(map[uint32]bool)
	for i := range 6 {
		q := reads[i]
		if q.size != 8 || q.srcSTag != 3 || seen[q.sinkSTag] || q.sinkTO>>48 != 0 {
			t.Errorf("request %d: %+v", i, q)
		}
		seen[q.sinkSTag] = true
		r.write(r.frame(tagged(0xc1, 0x42, q.sinkSTag, q.sinkTO, []byte("abcdefgh"))))
		if i < 2 {
			reads = append(reads, parseReadRequest(r.readFrame()[18:]))
		}
		if i == 1 {
			if u := r.readFrame(); u[1] != 0x43 {
				t.Errorf("after the last request: %x", u)
			}
		}
	}
	for i, c := range r.completed(8)[1:] {
		if want := uint64(10 + i); i < 6 && c.ID != want || i == 6 && c.ID != 20 {
			t.Errorf("completion %d is %d", i, c.ID)
		}
	}
}

// TestTurns: a message does not wait for the end of a long read response, and
// no tagged message is put inside another.
func TestTurns(t *testing.T) {
	t.Parallel()
	p := quick()
	p.WriteTimeout, p.CloseTimeout = patience, patience
	r := opened(t, p, false)
	const size = 32 << 20
	mem := make([]byte, size)
	g, err := r.q.Register(mem, rdma.RemoteRead)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Deregister()
	r.write(r.frame(r.request(size, g.Segment().Token, g.Segment().Offset)))
	first := r.readFrame() // the response has begun
	if first[1] != 0x42 {
		t.Fatalf("%x", first[:14])
	}
	r.q.PostSend([]rdma.Work{
		{Op: rdma.OpSend, Body: []byte("in between")},
		{Op: rdma.OpWrite, Body: make([]byte, 1<<20), Remote: rdma.Segment{Token: 1, Length: 1 << 20}},
		{Op: rdma.OpSend, Body: []byte("behind the write")},
	})
	got, sent := len(first)-14, -1
	writing := false
	for behind := false; !behind; {
		u := r.readFrame()
		switch u[1] {
		case 0x42:
			got += len(u) - 14
			if writing {
				t.Fatal("a response inside a write")
			}
		case 0x40:
			if got != size {
				t.Fatal("a write inside a response")
			}
			writing = u[0]&0x40 == 0
		case 0x43:
			if sent < 0 {
				sent = got
			} else {
				behind = true
			}
		}
	}
	if got != size || sent > size*3/4 {
		t.Errorf("the message came after %d of %d bytes", sent, got)
	}
}

// TestNeverBlocks: posting, receiving and serving reads go on while the peer
// reads nothing.
func TestNeverBlocks(t *testing.T) {
	t.Parallel()
	p := quick()
	p.WriteTimeout = patience
	r := opened(t, p, true)
	m := r.register(rdma.RemoteRead)
	body := make([]byte, 16<<20)
	for range 100 {
		if err := r.q.PostSend([]rdma.Work{{Op: rdma.OpSend, Body: body}}); err != nil {
			t.Fatal(err)
		}
	}
	r.write(r.frame(r.request(regionSize, m.stag, m.to)))
	for range 50 {
		r.alive()
	}
	start := time.Now()
	m.region.Deregister()
	m.region = nil
	if d := time.Since(start); d > patience/2 {
		t.Errorf("Deregister took %v", d)
	}
}

// TestCRCOfChangingMemory: a read response's CRC holds while the memory
// changes.
func TestCRCOfChangingMemory(t *testing.T) {
	t.Parallel()
	r := opened(t, quick(), true)
	mem := make([]byte, 1<<20)
	g, err := r.q.Register(mem[:len(mem)/2], rdma.RemoteRead)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Deregister()
	stop := make(chan bool)
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			// The copy is made under this mutex, what is sent is not.
			r.q.mu.Lock()
			mem[i*4099%(len(mem)/2)]++
			r.q.mu.Unlock()
		}
	})
	for range 10 {
		r.write(r.frame(r.request(512<<10, g.Segment().Token, g.Segment().Offset)))
		for last := false; !last; {
			last = r.readFrame()[0]&0x40 != 0 // checks the CRC
		}
	}
	close(stop)
	wg.Wait()
}

// TestReadsWhileSending: completions of our own work, however many, do not keep
// Poll from the socket.
func TestReadsWhileSending(t *testing.T) {
	t.Parallel()
	a, z := benchPair(t, quick())
	go func() {
		var list [16]rdma.Completion
		for {
			if _, err := z.Poll(list[:]); err != nil {
				return
			}
		}
	}()
	a.PostReceive(7, make([]byte, 1))
	z.PostSend([]rdma.Work{{Op: rdma.OpSend}})
	var list [1]rdma.Completion
	work := []rdma.Work{{Op: rdma.OpWrite}} // empty: complete at once
	for i := 0; ; i++ {
		if err := a.PostSend(work); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Poll(list[:]); err != nil {
			t.Fatal(err)
		}
		if list[0].Op == rdma.OpReceive {
			break
		}
		if i == 100000 {
			t.Fatal("never read")
		}
		for a.sends.len() > 1 {
			a.Poll(list[:])
		}
	}
}

// TestIdle: a quiet connection keeps no read buffer, not even with the
// beginning of a header in it.
func TestIdle(t *testing.T) {
	t.Parallel()
	r := opened(t, quick(), true)
	f := r.frame(r.send(true, []byte("x")))
	r.write(f[:10])
	for parked := false; !parked; time.Sleep(time.Millisecond) {
		r.q.mu.Lock()
		parked = r.q.parked
		r.q.mu.Unlock()
	}
	r.p.buffers.mu.Lock()
	n := len(r.p.buffers.free)
	r.p.buffers.mu.Unlock()
	if n != 1 {
		t.Errorf("%d buffers are free", n)
	}
	r.write(f[10:])
	r.completed(2)
}

// TestCloseBounded: Close ends in its time when the peer reads nothing, and
// gives everything back.
func TestCloseBounded(t *testing.T) {
	for _, crc := range []bool{false, true} {
		t.Run(fmt.Sprint("crc ", crc), func(t *testing.T) {
			t.Parallel()
			r := opened(t, quick(), crc)
			r.q.PostSend([]rdma.Work{{Op: rdma.OpSend, ID: 5, Body: make([]byte, 64<<20)}})
			start := time.Now()
			r.q.Close()
			if d := time.Since(start); d > patience/2 {
				t.Errorf("Close took %v", d)
			}
			r.end()
			if n := len(r.got); n != 1+1+2 {
				t.Errorf("%d completions", n)
			}
		})
	}
}
