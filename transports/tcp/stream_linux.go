package tcp

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"unsafe"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/sock"
	"golang.org/x/sys/unix"
)

// A stream reads and writes a socket with the calls of package sock. One
// goroutine may read and one write at a time. Its errors are those that the
// connection of package net would give.
type stream struct {
	c   *net.TCPConn
	raw syscall.RawConn

	// Owned by who reads.
	in    input
	tryIn func(uintptr) bool

	// Owned by who writes.
	out    output
	tryOut func(uintptr) bool
}

// input is a read, or Fill's, in progress.
type input struct {
	p     []byte
	arena *transports.Arena // Fill: where p comes from once there is something
	want  int
	m     *transports.Message
	n     int
	err   error
}

// output is a write in progress: what is left of it.
type output struct {
	list [][]byte
	one  [1][]byte // Write's list
	vec  [maxVector]unix.Iovec
	err  error
}

var (
	_ transports.VectorWriter = (*stream)(nil)
	_ transports.Filler       = (*stream)(nil)
)

// newStream returns the stream to read from and write to. c stays in use for
// deadlines and for its end.
func newStream(c *net.TCPConn) io.ReadWriter {
	raw, err := c.SyscallConn()
	if err != nil {
		return c // closed already: it says so
	}
	s := &stream{c: c, raw: raw}
	s.tryIn, s.tryOut = s.tryRead, s.tryWrite
	return s
}

// Read waits until there is something to read.
func (s *stream) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	s.in = input{p: p[:min(len(p), sock.MaxCall)]}
	return s.read()
}

// Fill waits until there is something to read and returns it, at most n bytes,
// in a message of a. No memory is held during the wait.
func (s *stream) Fill(a *transports.Arena, n int) (*transports.Message, error) {
	s.in = input{arena: a, want: min(n, sock.MaxCall)}
	n, err := s.read()
	if err != nil {
		s.in.drop()
		return nil, err
	}
	m := s.in.m
	s.in = input{}
	m.Resize(n)
	return m, nil
}

func (s *stream) read() (int, error) {
	err := s.raw.Read(s.tryIn)
	if err == nil {
		err = s.in.err
	}
	s.in.p = nil
	if err != nil {
		return 0, s.failed("read", err)
	}
	return s.in.n, nil
}

// tryRead reads what there is. False makes raw.Read wait and call it again.
// Fill goes on until nothing is left: a sender that is busy on another
// processor meanwhile has more, and fewer, larger writes wake the other peer
// less often.
func (s *stream) tryRead(fd uintptr) bool {
	in := &s.in
	if in.arena != nil && in.m == nil {
		in.m = in.arena.New(in.want)
		in.p = in.m.Bytes()
	}
	for {
		n, err := sock.Read(fd, in.p[in.n:])
		switch {
		case in.n > 0 && (err != nil || n == 0):
			return true // an end comes again with the next read
		case err == syscall.EAGAIN:
			in.drop()
			return false
		case err != nil:
			in.err = os.NewSyscallError("read", err)
			return true
		case n == 0:
			in.err = io.EOF
			return true
		}
		if in.n += n; in.m == nil || in.n == len(in.p) {
			return true
		}
	}
}

// drop gives back what Fill took before it knew that there is nothing to read.
func (in *input) drop() {
	if in.m != nil {
		in.m.Release()
		in.m, in.p = nil, nil
	}
}

// Write waits until the system has taken p.
func (s *stream) Write(p []byte) (int, error) {
	s.out.one[0] = p
	return s.WriteVector(s.out.one[:])
}

// WriteVector waits until the system has taken everything in list, whose
// elements it uses up.
func (s *stream) WriteVector(list [][]byte) (int, error) {
	total := 0
	for _, p := range list {
		total += len(p)
	}
	s.out.list, s.out.err = list, nil
	err := s.raw.Write(s.tryOut)
	if err == nil {
		err = s.out.err
	}
	for _, p := range s.out.list {
		total -= len(p)
	}
	s.out.list, s.out.one[0] = nil, nil
	if err != nil {
		return total, s.failed("write", err)
	}
	return total, nil
}

// tryWrite writes until the socket takes nothing more.
func (s *stream) tryWrite(fd uintptr) bool {
	out := &s.out
	for {
		n := out.gather()
		if n == 0 {
			return true
		}
		done, err := sock.Writev(fd, out.vec[:n])
		if err == syscall.EAGAIN {
			return false
		}
		if err != nil {
			out.err = os.NewSyscallError("writev", err)
			return true
		}
		out.took(done)
	}
}

// gather fills vec from list, up to what one call takes, and returns how many
// entries that are.
func (out *output) gather() (n int) {
	room := sock.MaxCall
	for _, p := range out.list {
		if n == len(out.vec) || room == 0 {
			break
		}
		if len(p) == 0 {
			continue
		}
		size := min(len(p), room)
		out.vec[n].Base = unsafe.SliceData(p)
		out.vec[n].SetLen(size)
		room -= size
		n++
	}
	return n
}

// took drops n bytes from the front of list.
func (out *output) took(n int) {
	for i := range out.list {
		p := &out.list[i]
		k := min(n, len(*p))
		*p = (*p)[k:]
		n -= k
	}
	for len(out.list) > 0 && len(out.list[0]) == 0 {
		out.list = out.list[1:]
	}
}

// failed is the error as package net words it.
func (s *stream) failed(op string, err error) error {
	if err == io.EOF {
		return err
	}
	if inner, ok := errors.AsType[*net.OpError](err); ok {
		err = inner.Err // raw calls its operation raw-read
	}
	return &net.OpError{Op: op, Net: "tcp", Source: s.c.LocalAddr(), Addr: s.c.RemoteAddr(), Err: err}
}
