package demo

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"time"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A load is the client of a store: it writes the file, reads it and compares.
// One goroutine uses it.
type load struct {
	conn  transports.Conn
	arena transports.Arena
	next  smb2.MessageID

	block []byte   // random payload; each request stamps its number into it
	sums  []uint32 // of the blocks as written, CRC-32C
	table *crc32.Table

	pending map[smb2.MessageID]int // requests under way, by block
}

// A result is what a load has measured.
type result struct {
	bytes           int64   // in each direction
	written, readIn float64 // MiB per second
}

func newLoad(conn transports.Conn, size int64) *load {
	l := &load{
		conn:    conn,
		block:   make([]byte, maxTransfer),
		sums:    make([]uint32, size/maxTransfer),
		table:   crc32.MakeTable(crc32.Castagnoli),
		pending: make(map[smb2.MessageID]int, depth),
	}
	random := rand.NewChaCha8([32]byte{})
	random.Read(l.block)
	return l
}

// run writes and reads the file in every pass; report is told each.
func (l *load) run(report func(what string, bytes int64, rate float64)) (result, error) {
	if err := l.connect(); err != nil {
		return result{}, err
	}
	r := result{bytes: passes * int64(len(l.sums)) * maxTransfer}
	var err error
	r.written, err = l.timed(func(n int) error { return l.pass(l.write(n), l.wrote) })
	if err != nil {
		return r, fmt.Errorf("writing: %w", err)
	}
	report("write", r.bytes, r.written)
	r.readIn, err = l.timed(func(int) error { return l.pass(l.read, l.compare) })
	if err != nil {
		return r, fmt.Errorf("reading: %w", err)
	}
	report("read", r.bytes, r.readIn)
	return r, nil
}

// timed runs all passes and returns MiB per second.
func (l *load) timed(pass func(n int) error) (float64, error) {
	began := time.Now()
	for n := range passes {
		if err := pass(n); err != nil {
			return 0, err
		}
	}
	mib := float64(passes*len(l.sums)) * maxTransfer / (1 << 20)
	return mib / time.Since(began).Seconds(), nil
}

// connect negotiates and connects to the share.
func (l *load) connect() error {
	n := smb2.NegotiateRequest{Capabilities: largeMTU, Dialects: []smb2.Dialect{smb2.Dialect302}}
	if err := l.call(smb2.CommandNegotiate, n.AppendBody(nil)); err != nil {
		return err
	}
	return l.call(smb2.CommandTreeConnect, treeConnect(`\\demo\file`))
}

// treeConnect is the body of a TREE_CONNECT request, [MS-SMB2] 2.2.9.
//
//	StructureSize[2]=9 Flags[2] PathOffset[2] PathLength[2] Path[variable]
func treeConnect(path string) []byte {
	const size, fixed = 9, 8
	b := binary.LittleEndian.AppendUint16(nil, size)
	b = binary.LittleEndian.AppendUint16(b, 0)
	b = binary.LittleEndian.AppendUint16(b, smb2.HeaderSize+fixed)
	b = binary.LittleEndian.AppendUint16(b, uint16(2*len(path)))
	for _, c := range []byte(path) { // ASCII as UTF-16
		b = append(b, c, 0)
	}
	return b
}

// call sends one request and waits for its success.
func (l *load) call(c smb2.Command, body []byte) error {
	m := l.request(c, smb2.HeaderSize+len(body), 1)
	copy(m.Bytes()[smb2.HeaderSize:], body)
	l.pending[smb2.Header(m.Bytes()).MessageID()] = 0
	if err := l.conn.Send(m); err != nil {
		return err
	}
	return l.reply(func(int, []byte) error { return nil })
}

// request is a message of n bytes with its header made.
func (l *load) request(c smb2.Command, n int, charge uint16) *transports.Message {
	m := l.arena.New(n)
	h := smb2.NewHeader(c, l.next)
	h.SetCreditCharge(charge)
	h.SetCredits(charge)
	h.SetSessionID(1)
	h.SetTreeID(1)
	copy(m.Bytes(), h)
	l.next += smb2.MessageID(charge)
	return m
}

// pass makes a request for every block, depth of them at a time, and gives
// each reply to done.
func (l *load) pass(request func(block int) *transports.Message, done func(block int, element []byte) error) error {
	for block := range l.sums {
		if len(l.pending) == depth {
			if err := l.reply(done); err != nil {
				return err
			}
		}
		m := request(block)
		l.pending[smb2.Header(m.Bytes()).MessageID()] = block
		if err := l.conn.Send(m); err != nil {
			return err
		}
	}
	for len(l.pending) > 0 {
		if err := l.reply(done); err != nil {
			return err
		}
	}
	return nil
}

// reply takes the next reply, whichever request it answers.
func (l *load) reply(done func(block int, element []byte) error) error {
	m, err := l.conn.Receive()
	if err != nil {
		return err
	}
	defer m.Release()
	h, err := smb2.ParseHeader(m.Bytes())
	if err != nil {
		return err
	}
	block, ok := l.pending[h.MessageID()]
	if !ok {
		return fmt.Errorf("%v: a reply to no request", h.Command())
	}
	delete(l.pending, h.MessageID())
	if h.Status() != smb2.StatusSuccess {
		return fmt.Errorf("%v: %w", h.Command(), h.Status())
	}
	return done(block, m.Bytes())
}

// write makes the requests of one writing pass.
func (l *load) write(pass int) func(block int) *transports.Message {
	return func(block int) *transports.Message {
		binary.LittleEndian.PutUint64(l.block, uint64(pass)<<32|uint64(block))
		l.sums[block] = crc32.Checksum(l.block, l.table)
		w := smb2.WriteRequest{
			DataOffset: smb2.WriteRequestBuffer, Length: maxTransfer, Offset: uint64(block) * maxTransfer,
		}
		m := l.request(smb2.CommandWrite, smb2.WriteRequestBuffer+maxTransfer, charge)
		head := w.AppendBody(m.Bytes()[:smb2.HeaderSize])
		copy(m.Bytes()[len(head):], l.block)
		return m
	}
}

func (l *load) wrote(block int, element []byte) error {
	r, err := smb2.ParseWriteResponse(element)
	if err == nil && r.Count != maxTransfer {
		err = fmt.Errorf("block %d: %d bytes of %d were written", block, r.Count, maxTransfer)
	}
	return err
}

func (l *load) read(block int) *transports.Message {
	r := smb2.ReadRequest{Length: maxTransfer, Offset: uint64(block) * maxTransfer}
	// One byte of the variable part is there even when it is empty, 2.2.19.
	m := l.request(smb2.CommandRead, smb2.ReadRequestBuffer+1, charge)
	body := r.AppendBody(m.Bytes()[:smb2.HeaderSize])
	m.Bytes()[len(body)] = 0
	return m
}

func (l *load) compare(block int, element []byte) error {
	r, err := smb2.ParseReadResponse(element)
	if err != nil {
		return err
	}
	data, err := r.Data(element)
	if err != nil {
		return err
	}
	if len(data) != maxTransfer || crc32.Checksum(data, l.table) != l.sums[block] {
		return fmt.Errorf("block %d: what was read (%d bytes) is not what was written", block, len(data))
	}
	return nil
}
