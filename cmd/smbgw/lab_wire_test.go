//go:build lab

package main_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
)

// An opcode is an RDMAP message type, RFC 5040 section 4.3.
type opcode uint8

const (
	opWrite            opcode = 0
	opReadRequest      opcode = 1
	opReadResponse     opcode = 2
	opSend             opcode = 3
	opSendInvalidate   opcode = 4
	opSendSEInvalidate opcode = 6
	opTerminate        opcode = 7
)

func (o opcode) String() string {
	names := [...]string{"RDMA Write", "Read Request", "Read Response", "Send", "Send with Invalidate",
		"Send with SE", "Send with SE and Invalidate", "Terminate"}
	if int(o) < len(names) {
		return names[o]
	}
	return fmt.Sprintf("opcode %#x", uint8(o))
}

// A direction is what one host sent to another, in all their connections.
type direction struct {
	from, to  string
	bytes     [16]int64 // payload of DDP segments, by opcode
	segments  [16]int64
	terminate []byte // the last one
}

// A wire is what a capture shows.
type wire struct {
	directions  map[[2]string]*direction
	connections int
	streams     map[flow]*stream // of iWARP
}

// between is what FROM has sent to TO.
func (w *wire) between(from, to string) *direction {
	d := w.directions[[2]string{from, to}]
	if d == nil {
		d = &direction{from: from, to: to}
		w.directions[[2]string{from, to}] = d
	}
	return d
}

// A flow is one direction of a TCP connection.
type flow struct{ from, to netip.AddrPort }

// A stream puts the segments of a flow in order and reads the FPDUs in it.
type stream struct {
	direction *direction
	next      uint32            // sequence number of the first octet missing
	early     map[uint32][]byte // segments that came before their time
	octets    []byte            // in order, not yet read
	started   bool              // the MPA frame is behind us
}

// readWire reads a pcap file of Ethernet frames and follows the TCP connections
// to and from a port.
func readWire(r io.Reader, port uint16) (*wire, error) {
	w := &wire{directions: map[[2]string]*direction{}, streams: map[flow]*stream{}}
	in := bufio.NewReaderSize(r, 1<<20)
	var head [24]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return nil, err
	}
	if magic, link := binary.LittleEndian.Uint32(head[:]), binary.LittleEndian.Uint32(head[20:]); magic != 0xa1b2c3d4 || link != 1 {
		return nil, fmt.Errorf("not a little-endian pcap of Ethernet: magic %#x, link type %d", magic, link)
	}
	for number := 1; ; number++ {
		var record [16]byte
		if _, err := io.ReadFull(in, record[:]); err == io.EOF {
			return w, w.complete()
		} else if err != nil {
			return nil, err
		}
		frame := make([]byte, binary.LittleEndian.Uint32(record[8:]))
		if _, err := io.ReadFull(in, frame); err != nil {
			return nil, err
		}
		if err := w.frame(frame, port); err != nil {
			return nil, fmt.Errorf("packet %d: %w", number, err)
		}
	}
}

// complete is an error if a segment has never come that others came after.
func (w *wire) complete() error {
	for f, s := range w.streams {
		if len(s.early) > 0 {
			return fmt.Errorf("%v > %v: the capture has a gap at sequence number %d", f.from, f.to, s.next)
		}
	}
	return nil
}

// frame reads one Ethernet frame; what is neither IPv4 TCP nor UDP is nothing
// to it.
func (w *wire) frame(b []byte, port uint16) error {
	if len(b) < 14+20+20 || binary.BigEndian.Uint16(b[12:]) != 0x0800 {
		return nil
	}
	ip := b[14:]
	if n := int(binary.BigEndian.Uint16(ip[2:])); n >= 28 && n <= len(ip) {
		ip = ip[:n] // without Ethernet's padding
	}
	from, _ := netip.AddrFromSlice(ip[12:16])
	to, _ := netip.AddrFromSlice(ip[16:20])
	const overTCP, overUDP = 6, 17
	switch inside := ip[int(ip[0]&15)*4:]; ip[9] {
	case overTCP:
		return w.tcp(from, to, inside, port)
	case overUDP:
		return w.roce(from, to, inside)
	}
	return nil
}

// tcp reads a segment of TCP.
func (w *wire) tcp(from, to netip.Addr, tcp []byte, port uint16) error {
	f := flow{
		netip.AddrPortFrom(from, binary.BigEndian.Uint16(tcp)),
		netip.AddrPortFrom(to, binary.BigEndian.Uint16(tcp[2:])),
	}
	if f.from.Port() != port && f.to.Port() != port {
		return nil
	}
	const syn, ack = 2, 16
	seq, flags := binary.BigEndian.Uint32(tcp[4:]), tcp[13]
	if flags&syn != 0 {
		if flags&ack == 0 {
			w.connections++
		}
		w.streams[f] = &stream{direction: w.between(from.String(), to.String()), next: seq + 1, early: map[uint32][]byte{}}
		return nil
	}
	s := w.streams[f]
	if s == nil {
		return nil // the end of a connection from before the capture
	}
	if err := s.segment(seq, tcp[int(tcp[12]>>4)*4:]); err != nil {
		return fmt.Errorf("%v > %v: %w", f.from, f.to, err)
	}
	return nil
}

// segment takes a TCP segment: in order, repeated or early.
func (s *stream) segment(seq uint32, b []byte) error {
	for len(b) > 0 {
		if ahead := int32(seq - s.next); ahead > 0 {
			s.early[seq] = append([]byte(nil), b...)
			return nil
		} else if int(-ahead) >= len(b) {
			return nil
		} else {
			b = b[-ahead:]
		}
		s.octets = append(s.octets, b...)
		s.next += uint32(len(b))
		seq, b = s.next, s.early[s.next]
		delete(s.early, seq)
	}
	return s.read()
}

// read takes whole units from the front of the octets: the MPA frame of RFC
// 5044 section 7.1, then FPDUs of section 4.
func (s *stream) read() error {
	at := 0
	for {
		b := s.octets[at:]
		var n int
		if !s.started {
			if len(b) < 20 || len(b) < 20+int(binary.BigEndian.Uint16(b[18:])) {
				break
			}
			if string(b[:7]) != "MPA ID " {
				return fmt.Errorf("no MPA frame but %x", b[:20])
			}
			s.started = true
			n = 20 + int(binary.BigEndian.Uint16(b[18:]))
		} else {
			if len(b) < 2 {
				break
			}
			ulpdu := int(binary.BigEndian.Uint16(b))
			n = (2+ulpdu+3)&^3 + 4
			if len(b) < n {
				break
			}
			if err := s.direction.count(b[2 : 2+ulpdu]); err != nil {
				return err
			}
		}
		at += n
	}
	s.octets = append(s.octets[:0], s.octets[at:]...)
	return nil
}

// count counts a DDP segment, RFC 5041 section 4: tagged ones have 14 bytes of
// header, untagged ones 18.
func (d *direction) count(ulpdu []byte) error {
	header := 18
	if len(ulpdu) > 0 && ulpdu[0]&0x80 != 0 {
		header = 14
	}
	if len(ulpdu) < header {
		return fmt.Errorf("no DDP segment but %x", ulpdu)
	}
	op := ulpdu[1] & 15
	d.bytes[op] += int64(len(ulpdu) - header)
	d.segments[op]++
	if opcode(op) == opTerminate {
		d.terminate = ulpdu
	}
	return nil
}
