//go:build !linux || iwarp_portable

package iwarp

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// A socket is a connection as every system has it. Package net offers no
// attempt to read or write that does not wait, on Windows not even through
// SyscallConn. So raw stands between: what looks like the socket to the rest
// of the package is memory, and raw waits for the real one while nobody holds
// a lock.
type socket struct {
	file *net.TCPConn
	raw  *staged
}

// handle is what the calls below want.
type handle = *staged

// stageSize is read or written at once: a batch is some of these, and a copy
// of it stays in the processor's cache. Each connection has two. A peer that
// takes less than this in WriteTimeout counts as one that takes nothing.
const stageSize = 64 << 10

// staged has the methods of a syscall.RawConn, for handle. in belongs to who
// reads, the rest to who writes.
type staged struct {
	c *net.TCPConn

	in     []byte // has been read and not been taken
	inErr  error  // behind it
	inRoom []byte

	out     []byte // is to be written
	outRoom []byte
	waits   bool // the caller of Write can wait for out to be written
}

// newSocket takes c over.
func newSocket(c *net.TCPConn) (socket, error) {
	room := make([]byte, 2*stageSize)
	return socket{c, &staged{c: c, inRoom: room[:stageSize:stageSize], outRoom: room[stageSize:]}}, nil
}

// Read calls f until it returns true, and before each further time waits for
// input. Like a RawConn's it ends with os.ErrDeadlineExceeded.
func (s *staged) Read(f func(handle) bool) error {
	for !f(s) {
		n, err := s.c.Read(s.inRoom)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		s.in, s.inErr = s.inRoom[:n], err
	}
	return nil
}

// Write calls f until it returns true, and before each further time waits
// until what f wrote has been taken. The first time the socket looks full: who
// must not wait makes one attempt, and the writer goroutine does the rest.
func (s *staged) Write(f func(handle) bool) error {
	defer func() { s.waits = false }()
	for !f(s) {
		if err := s.push(); err != nil {
			return err
		}
		s.waits = true
	}
	return s.push()
}

// push writes out. What a deadline leaves of it goes with the next push.
func (s *staged) push() error {
	if len(s.out) == 0 {
		return nil
	}
	n, err := s.c.Write(s.out)
	s.out = s.out[n:]
	return err
}

// Control calls f.
func (s *staged) Control(f func(handle)) error {
	f(s)
	return nil
}

// vector and readVector have no use here.
type (
	vector     struct{}
	readVector struct{}
)

// writev takes the front of parts, or nothing: EAGAIN.
func writev(s handle, _ *vector, parts [][]byte) (int, error) {
	if !s.waits || len(s.out) > 0 {
		return 0, syscall.EAGAIN
	}
	n := 0
	for _, p := range parts {
		k := copy(s.outRoom[n:], p)
		n += k
		if k < len(p) {
			break
		}
	}
	s.out = s.outRoom[:n]
	return n, nil
}

// readv fills a, then b. Zero bytes are the peer's FIN.
func readv(s handle, _ *readVector, a, b []byte) (int, error) {
	if len(s.in) == 0 {
		switch s.inErr {
		case nil:
			return 0, syscall.EAGAIN
		case io.EOF:
			return 0, nil
		default:
			return 0, s.inErr
		}
	}
	n := copy(a, s.in)
	n += copy(b, s.in[n:])
	s.in = s.in[n:]
	return n, nil
}

// ethernetSegment is what TCP puts into a segment on Ethernet: 1500 bytes less
// 40 of headers and 12 of timestamps. There is no portable way to ask. Frames
// that fit it fit anything but a tunnel, and where segments are larger it costs
// a little more work for each byte.
const ethernetSegment = 1448

// segmentSize is what TCP probably puts into one segment.
func segmentSize(handle) int { return ethernetSegment }

// glance is how long early waits. Package net does not try a read whose
// deadline is over.
const glance = time.Millisecond

// early reports whether the peer has sent something already. It takes a byte
// of it, after which the connection is of no use.
func early(c *net.TCPConn) bool {
	c.SetReadDeadline(time.Now().Add(glance))
	defer c.SetReadDeadline(time.Time{})
	var b [1]byte
	n, _ := c.Read(b[:])
	return n > 0
}

// finish sends FIN.
func finish(s handle) { s.c.CloseWrite() }

// reset makes the next close a reset.
func reset(s handle) { s.c.SetLinger(0) }
