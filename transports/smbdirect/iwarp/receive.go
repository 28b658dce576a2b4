package iwarp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// receiver is the state of the receiving side. It belongs to whoever is in
// Poll.
//
// Bytes come through a borrowed buffer, from which headers are parsed and
// small payloads copied. The rest of a large payload is read straight into its
// place when there is no CRC; with one, a frame is placed after it has been
// verified as a whole.
type receiver struct {
	buf    *[]byte // nil while nothing is buffered
	r, w   int     // what is not parsed yet
	kept   [stash]byte
	held   int // in kept, while buf is nil
	window int // how much to read at once
	need   int // bytes that the frame at r needs before it can be parsed

	// The frame in progress.
	inside bool
	seg    segment
	ulpdu  int
	header [maxTerminate]byte
	n      int     // payload of the frame
	dst    []byte  // where the rest of the payload goes
	region *region // that dst lies in, to be checked before each copy
	tail   int     // bytes to skip behind dst: PAD and CRC

	// The messages in progress: one of each kind can be.
	msn    [2]uint32 // expected next, by queue
	msg    message
	tagged taggedMessage

	produced int  // completions since Poll looked
	skipped  int  // Polls since the socket was last read
	kick     bool // the sending side can go on
	heard    bool
	over     bool

	vec  readVector
	got  int
	err  error
	lost bool // the region went away during a direct read
}

// message is an untagged message that has begun to arrive.
type message struct {
	active bool
	op     opcode
	stag   uint32 // of its first segment
	buf    []byte
	n      int
}

// taggedMessage is a tagged message that has begun to arrive.
type taggedMessage struct {
	active bool
	op     opcode
	stag   uint32
	next   uint64
}

// enough is how many completions are gathered before they are handed out.
const enough = 16

// receiveSome processes what is buffered and, when that completes nothing,
// reads once. It waits for the socket only when Poll has nothing to give.
func (q *queuePair) receiveSome() {
	rx := &q.rx
	for !rx.over && rx.produced < enough {
		whole, f := q.parse()
		if f != nil {
			rx.over = true
			q.fail(f, rx.header[:], rx.ulpdu)
		}
		if !whole {
			break
		}
	}
	if rx.kick {
		rx.kick = false
		q.kick()
	}
	if rx.produced > 0 || rx.over {
		rx.produced = 0
		return
	}
	q.read()
}

// read waits for the socket, or for an interrupt.
func (q *queuePair) read() {
	rx := &q.rx
	rx.got, rx.err, rx.lost = 0, nil, false
	if err := q.raw.Read(q.tryReadFn); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			q.file.SetReadDeadline(time.Time{})
			return
		}
		rx.err = err
	}
	switch {
	case rx.lost:
		rx.over = true
		q.fail(&errRevoked, rx.header[:], rx.ulpdu)
	case rx.err == io.EOF:
		rx.over = true
		q.finished()
	case rx.err != nil:
		rx.over = true
		q.end(fmt.Errorf("iwarp: read: %w", rx.err), nil)
	}
}

// finished ends the connection after the peer's FIN. Between frames, with
// nothing under way, that is an orderly end (RFC 5044 7.2).
func (q *queuePair) finished() {
	rx := &q.rx
	q.mu.Lock()
	q.eof = true
	reads := q.tx.reads.len()
	q.mu.Unlock()
	err := error(io.EOF)
	switch {
	case rx.inside || rx.r < rx.w || rx.held > 0:
		err = fmt.Errorf("iwarp: FIN inside a frame: %w", io.ErrUnexpectedEOF)
	case rx.msg.active || rx.tagged.active:
		err = fmt.Errorf("iwarp: FIN inside a message: %w", io.ErrUnexpectedEOF)
	case reads > 0:
		err = fmt.Errorf("iwarp: FIN with %d reads outstanding: %w", reads, io.ErrUnexpectedEOF)
	}
	q.end(err, nil)
}

// tryRead reads once without waiting. False makes raw.Read wait.
func (q *queuePair) tryRead(fd handle) bool {
	rx := &q.rx
	n, err := q.readOnce(fd)
	switch {
	case again(err):
		rx.putAside(q.provider)
		q.mu.Lock()
		defer q.mu.Unlock()
		if q.err != nil || q.completions() {
			return true
		}
		q.parked = true
		return false
	case err != nil:
		rx.err = os.NewSyscallError("readv", err)
	case n == 0 && !rx.lost:
		rx.err = io.EOF
	}
	return true
}

func (q *queuePair) readOnce(fd handle) (int, error) {
	rx := &q.rx
	rx.borrow(q.provider)
	if len(rx.dst) >= directSize && !q.crc {
		return q.readDirect(fd)
	}
	buf := *rx.buf
	if rx.r == rx.w {
		rx.r, rx.w = 0, 0
	}
	want := max(rx.window, minWindow, rx.need-(rx.w-rx.r))
	if len(buf)-rx.w < want {
		rx.w = copy(buf, buf[rx.r:rx.w])
		rx.r = 0
	}
	n, err := readv(fd, &rx.vec, buf[rx.w:min(rx.w+want, len(buf))], nil)
	rx.w += n
	if n == want {
		rx.window = min(2*want, maxWindow)
	}
	return n, err
}

// readDirect reads into the place the payload is meant for, and a little
// beyond it into the empty buffer.
func (q *queuePair) readDirect(fd handle) (int, error) {
	rx := &q.rx
	rx.r, rx.w = 0, 0
	rx.window = minWindow
	if rx.region != nil {
		q.placeMu.Lock()
		defer q.placeMu.Unlock()
		if rx.region.live.Load() != rx.seg.stag {
			rx.lost = true
			return 0, nil
		}
	}
	n, err := readv(fd, &rx.vec, rx.dst, (*rx.buf)[:spill])
	d := min(n, len(rx.dst))
	rx.dst = rx.dst[d:]
	rx.w = n - d
	return n, err
}

// borrow makes sure that there is a buffer.
func (rx *receiver) borrow(p *Provider) {
	if rx.buf == nil {
		rx.buf = p.buffers.get()
		rx.r, rx.w = 0, copy(*rx.buf, rx.kept[:rx.held])
		rx.held = 0
	}
}

// putAside gives the buffer back when it holds nothing or very little.
func (rx *receiver) putAside(p *Provider) {
	if rx.w-rx.r > stash {
		return
	}
	rx.held = copy(rx.kept[:], (*rx.buf)[rx.r:rx.w])
	rx.r, rx.w = 0, 0
	p.buffers.put(rx.buf)
	rx.buf = nil
}

// letGo gives the buffer back for good.
func (rx *receiver) letGo(p *Provider) {
	if rx.buf != nil {
		p.buffers.put(rx.buf)
		rx.buf, rx.r, rx.w = nil, 0, 0
	}
}

// parse processes one frame, or as much of it as has been read. whole reports
// that it came to the frame's end.
func (q *queuePair) parse() (whole bool, f *fault) {
	rx := &q.rx
	if rx.buf == nil {
		return false, nil // what was put aside is too little to begin with
	}
	if !rx.inside {
		b := (*rx.buf)[rx.r:rx.w]
		rx.need = frameNeed(b, q.crc)
		if len(b) < rx.need {
			return false, badLength(b)
		}
		if f := q.begin(b); f != nil {
			return false, f
		}
	}
	if f := q.place(); f != nil || len(rx.dst) > 0 {
		return false, f
	}
	n := min(rx.tail, rx.w-rx.r)
	rx.r += n
	rx.tail -= n
	if rx.tail > 0 {
		return false, nil
	}
	rx.inside = false
	if f := q.finishFrame(); f != nil {
		return false, f
	}
	if !rx.heard {
		rx.heard, rx.kick = true, true
		q.mu.Lock()
		q.heard = true
		q.mu.Unlock()
	}
	return true, nil
}

// frameNeed is how much of a frame has to be there before begin: all of it
// when there is a CRC to verify first, else its headers.
func frameNeed(b []byte, crc bool) int {
	const controls = lengthSize + 2
	if len(b) < controls {
		return controls
	}
	n := int(binary.BigEndian.Uint16(b))
	if n < minULPDU {
		return controls // to be refused at once
	}
	if crc {
		return fpduSize(n)
	}
	return lengthSize + headerSize(b[lengthSize:], n)
}

// badLength refuses a length that no segment has as soon as it is there.
func badLength(b []byte) *fault {
	if len(b) >= lengthSize && binary.BigEndian.Uint16(b) < minULPDU {
		return &fault{layerMPA, 0, 3, quoteNothing, "ULPDU shorter than any header"}
	}
	return nil
}

// begin checks a frame's header, RFC 5044 6 and below, and finds out where its
// payload goes.
func (q *queuePair) begin(b []byte) *fault {
	rx := &q.rx
	if f := badLength(b); f != nil {
		return f
	}
	rx.ulpdu = int(binary.BigEndian.Uint16(b))
	if q.crc && !verifyCRC(b[:fpduSize(rx.ulpdu)]) {
		return &fault{layerMPA, 0, 2, quoteNothing, "CRC"}
	}
	ulpdu := b[lengthSize:]
	size := headerSize(ulpdu, rx.ulpdu)
	copy(rx.header[:], ulpdu[:size])
	seg, f := parseSegment(ulpdu, rx.ulpdu)
	if f != nil {
		return f
	}
	rx.seg, rx.n = seg, rx.ulpdu-size
	rx.dst, rx.region = nil, nil
	rx.tail = padding(rx.ulpdu) + crcSize
	if f := q.accept(); f != nil {
		return f
	}
	rx.r += lengthSize + size
	rx.inside = true
	return nil
}

// place copies what has been read of the payload.
func (q *queuePair) place() *fault {
	rx := &q.rx
	n := min(len(rx.dst), rx.w-rx.r)
	if n == 0 {
		return nil
	}
	from := (*rx.buf)[rx.r : rx.r+n]
	if rx.region != nil {
		q.placeMu.Lock()
		defer q.placeMu.Unlock()
		if rx.region.live.Load() != rx.seg.stag {
			return &errRevoked
		}
	}
	copy(rx.dst, from)
	rx.dst = rx.dst[n:]
	rx.r += n
	return nil
}

// errRevoked: the region went away between a segment's header and its end.
var errRevoked = fault{layerDDP, 1, 0, quoteHeader, "STag revoked"}
