package sniff

import (
	"encoding/binary"
	"fmt"
	"io"
	"sync"
	"time"
)

// Format of the file: the classic pcap, with nanoseconds and packets that begin
// with their IP header.
const (
	magicNanoseconds = 0xa1b23c4d
	linkRaw          = 101
	maxPacket        = 65535
)

// The TCP header's flags.
const (
	flagFIN = 0x01
	flagSYN = 0x02
	flagPSH = 0x08
	flagACK = 0x10
)

const (
	ipHeader  = 20
	tcpHeader = 20

	// maxSegment keeps a packet within the 16-bit length of its IP header.
	maxSegment = 60000
)

// A Pcap is a capture file that is being written. It is safe for concurrent
// use. The first error ends the writing and is kept.
type Pcap struct {
	mu      sync.Mutex // guards what follows
	w       io.Writer
	now     func() time.Time
	streams uint32 // given out
	packet  []byte
	err     error
}

// NewPcap writes the file's header to w. Closing w is the caller's.
func NewPcap(w io.Writer) (*Pcap, error) { return newPcap(w, time.Now) }

func newPcap(w io.Writer, now func() time.Time) (*Pcap, error) {
	b := binary.LittleEndian.AppendUint32(nil, magicNanoseconds)
	b = binary.LittleEndian.AppendUint16(b, 2) // version 2.4
	b = binary.LittleEndian.AppendUint16(b, 4)
	b = append(b, make([]byte, 8)...) // time zone and accuracy: always zero
	b = binary.LittleEndian.AppendUint32(b, maxPacket)
	b = binary.LittleEndian.AppendUint32(b, linkRaw)
	if _, err := w.Write(b); err != nil {
		return nil, fmt.Errorf("capture: %w", err)
	}
	return &Pcap{w: w, now: now}, nil
}

// A stream is the made-up TCP connection of one Conn.
type stream struct {
	file *Pcap
	id   uint32
	next [2]uint32 // sequence numbers, guarded by file.mu
}

// Directions of a stream.
const (
	fromClient = 0
	fromServer = 1
)

// open begins a stream with a handshake.
func (p *Pcap) open() (*stream, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &stream{file: p, id: p.streams}
	p.streams++
	p.write(s, fromClient, flagSYN, nil)
	s.next[fromClient]++
	p.write(s, fromServer, flagSYN|flagACK, nil)
	s.next[fromServer]++
	p.write(s, fromClient, flagACK, nil)
	return s, p.err
}

// message writes prefix and bytes, in as many packets as it takes.
func (s *stream) message(direction int, prefix, b []byte) error {
	p := s.file
	p.mu.Lock()
	defer p.mu.Unlock()
	for first := true; first || len(b) > 0; first = false {
		n := min(len(b), maxSegment)
		p.write(s, direction, flagPSH|flagACK, prefix, b[:n])
		s.next[direction] += uint32(len(prefix) + n)
		prefix, b = nil, b[n:]
	}
	return p.err
}

// end closes one direction.
func (s *stream) end(direction int) error {
	p := s.file
	p.mu.Lock()
	defer p.mu.Unlock()
	p.write(s, direction, flagFIN|flagACK, nil)
	s.next[direction]++
	return p.err
}

// write appends one packet to the file. mu is held.
func (p *Pcap) write(s *stream, direction int, flags byte, payload ...[]byte) {
	if p.err != nil {
		return
	}
	p.packet = append(p.packet[:0], make([]byte, 16)...)
	p.packet = appendPacket(p.packet, s, direction, flags, payload)
	now := p.now()
	n := uint32(len(p.packet) - 16)
	binary.LittleEndian.PutUint32(p.packet[0:], uint32(now.Unix()))
	binary.LittleEndian.PutUint32(p.packet[4:], uint32(now.Nanosecond()))
	binary.LittleEndian.PutUint32(p.packet[8:], n)
	binary.LittleEndian.PutUint32(p.packet[12:], n)
	if _, err := p.w.Write(p.packet); err != nil {
		p.err = fmt.Errorf("capture: %w", err)
	}
}

// appendPacket builds an IPv4 packet with a TCP segment.
func appendPacket(b []byte, s *stream, direction int, flags byte, payload [][]byte) []byte {
	size := ipHeader + tcpHeader
	for _, x := range payload {
		size += len(x)
	}
	client := [4]byte{10, 1, byte(s.id >> 8), byte(s.id)}
	server := [4]byte{10, 2, 0, 1}
	port := [2]uint16{uint16(49152 + s.id>>16), 445}
	from, to := client, server
	if direction == fromServer {
		from, to = server, client
		port[0], port[1] = port[1], port[0]
	}
	at := len(b)
	b = append(b, 0x45, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(size))
	b = append(b, 0, 0, 0x40, 0, 64, 6, 0, 0) // no fragments, TTL 64, TCP, sum
	b = append(append(b, from[:]...), to[:]...)
	binary.BigEndian.PutUint16(b[at+10:], ^sum(0, b[at:at+ipHeader]))

	tcp := len(b)
	b = binary.BigEndian.AppendUint16(b, port[0])
	b = binary.BigEndian.AppendUint16(b, port[1])
	b = binary.BigEndian.AppendUint32(b, s.next[direction])
	ack := s.next[1-direction]
	if flags&flagACK == 0 {
		ack = 0
	}
	b = binary.BigEndian.AppendUint32(b, ack)
	b = append(b, tcpHeader/4<<4, flags, 0xff, 0xff, 0, 0, 0, 0) // window, sum, urgent
	for _, x := range payload {
		b = append(b, x...)
	}
	pseudo := append(append(from[:], to[:]...), 0, 6, 0, 0)
	binary.BigEndian.PutUint16(pseudo[10:], uint16(len(b)-tcp))
	binary.BigEndian.PutUint16(b[tcp+16:], ^sum(uint32(sum(0, pseudo)), b[tcp:]))
	return b
}

// sum is the Internet checksum before its complement, RFC 1071.
func sum(acc uint32, b []byte) uint16 {
	for ; len(b) >= 2; b = b[2:] {
		acc += uint32(binary.BigEndian.Uint16(b))
		if acc > 1<<30 {
			acc = acc&0xffff + acc>>16
		}
	}
	if len(b) == 1 {
		acc += uint32(b[0]) << 8
	}
	for acc > 0xffff {
		acc = acc&0xffff + acc>>16
	}
	return uint16(acc)
}
