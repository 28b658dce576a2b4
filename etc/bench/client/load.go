package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
	"unicode/utf16"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

const (
	maxSize  = 1 << 20 // what every server takes at once
	maxDepth = 24      // every server grants credits for so many of maxSize, and package back holds them

	// fileSize is how much of the file there is: more than caches hold.
	fileSize = 64 << 20

	// warmUp is answers at the beginning that do not count.
	warmUp = 100
)

// A load is one file of a share, and what is asked of it.
type load struct {
	server tree.Server
	arena  *transports.Arena
	size   int
	file   smb2.FileID
}

func newLoad(server tree.Server, arena *transports.Arena, size int) *load {
	return &load{server: server, arena: arena, size: size}
}

// create makes the file, which goes with its open, and fills it.
func (l *load) create(name string) error {
	q := smb2.CreateRequest{
		Impersonation: smb2.ImpersonateImpersonation,
		Access:        smb2.AccessReadData | smb2.AccessWriteData | smb2.AccessDelete,
		Disposition:   smb2.DispositionCreate,
		Options:       smb2.OptionDeleteOnClose,
	}
	var text []byte
	for _, u := range utf16.Encode([]rune(name)) {
		text = binary.LittleEndian.AppendUint16(text, u)
	}
	m, err := l.ask(q.Append(smb2.NewHeader(smb2.CommandCreate, 0), text, nil))
	if err != nil {
		return err
	}
	r, err := smb2.ParseCreateResponse(m.Bytes())
	l.file = r.FileID
	m.Release()
	for at := 0; err == nil && at < fileSize; at += maxSize {
		w := smb2.WriteRequest{FileID: l.file, Offset: uint64(at)}
		if m, err = l.ask(w.Append(smb2.NewHeader(smb2.CommandWrite, 0), make([]byte, maxSize))); err == nil {
			m.Release()
		}
	}
	return err
}

// ask does one request.
func (l *load) ask(element []byte) (*transports.Message, error) {
	m := l.arena.New(len(element))
	copy(m.Bytes(), element)
	w := make(waiter, 1)
	l.server.Serve([]*tree.Request{{Message: m, Element: m.Bytes(), Replier: w}})
	reply := <-w
	if s := smb2.Header(reply.Bytes()).Status(); s.IsError() {
		return nil, fmt.Errorf("%v: %w", smb2.Header(element).Command(), s)
	}
	return reply, nil
}

type waiter chan *transports.Message

func (w waiter) Reply(r *tree.Request, m *transports.Message) {
	r.Message.Release()
	w <- m
}
func (waiter) Pending(*tree.Request) {}

// run keeps depth requests under way for a while, and returns how long each
// took, sorted, and all of them.
func (l *load) run(op string) ([]time.Duration, time.Duration, error) {
	head, err := l.head(op)
	if err != nil {
		return nil, 0, err
	}
	j := &job{load: l, head: head, payload: op == "write", times: make([]time.Duration, 0, 1<<20)}
	j.busy.Add(*depth)
	for range *depth {
		s := &slot{job: j}
		s.request.Replier, s.chain[0] = s, &s.request
		s.send(time.Now())
	}
	j.busy.Wait()
	if j.err == nil && len(j.times) == 0 {
		j.err = errors.New("nothing was answered after warming up")
	}
	slices.Sort(j.times)
	return j.times, j.last.Sub(j.first), j.err
}

// head is a request without its payload.
func (l *load) head(op string) ([]byte, error) {
	switch op {
	case "echo":
		return new(smb2.Echo).AppendBody(smb2.NewHeader(smb2.CommandEcho, 0)), nil
	case "read":
		q := smb2.ReadRequest{Length: uint32(l.size), FileID: l.file}
		return q.Append(smb2.NewHeader(smb2.CommandRead, 0), []byte{0}), nil
	case "write":
		q := smb2.WriteRequest{DataOffset: smb2.WriteRequestBuffer, Length: uint32(l.size), FileID: l.file}
		return q.AppendBody(smb2.NewHeader(smb2.CommandWrite, 0)), nil
	}
	return nil, fmt.Errorf("no load %q: there are echo, read and write", op)
}

// A job is a run in progress.
type job struct {
	*load
	head    []byte
	payload bool
	busy    sync.WaitGroup // slots

	mu          sync.Mutex // guards what follows
	next        int        // of requests
	answered    int
	first, last time.Time // what counts
	times       []time.Duration
	err         error
}

// A slot is one request under way.
type slot struct {
	*job
	request tree.Request
	chain   [1]*tree.Request
	sent    time.Time
}

// send sends the slot's next request.
func (s *slot) send(now time.Time) {
	s.mu.Lock()
	n := s.next
	s.next++
	s.mu.Unlock()
	size := len(s.head)
	if s.payload {
		size += s.size // of whatever content
	}
	m := s.arena.New(size)
	copy(m.Bytes(), s.head)
	if cmd := smb2.Header(s.head).Command(); cmd != smb2.CommandEcho {
		// Offset is at the same place of READ and WRITE, [MS-SMB2] 2.2.19, 2.2.21.
		at := uint64(n) * uint64(s.size) % fileSize
		binary.LittleEndian.PutUint64(m.Bytes()[smb2.HeaderSize+8:], at)
	}
	s.request.Message, s.request.Element, s.sent = m, m.Bytes(), now
	s.server.Serve(s.chain[:])
}

// Reply counts the answer and sends the next request. It runs on the
// connection's reader, which must not block: the server has granted more credits
// than all slots together use.
func (s *slot) Reply(_ *tree.Request, m *transports.Message) {
	now := time.Now()
	status := smb2.Header(m.Bytes()).Status()
	m.Release()
	s.request.Message.Release()
	if s.count(now, status) {
		s.send(now)
		return
	}
	s.busy.Done()
}

func (s *slot) Pending(*tree.Request) {}

// count says whether to go on.
func (s *slot) count(now time.Time, status smb2.Status) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if status.IsError() {
		s.err = fmt.Errorf("answered with %w", status)
	}
	switch s.answered++; {
	case s.answered == warmUp:
		s.first = now
	case s.answered > warmUp:
		s.times = append(s.times, now.Sub(s.sent))
		s.last = now
	}
	return s.err == nil && (s.answered <= warmUp || now.Sub(s.first) < *length)
}
