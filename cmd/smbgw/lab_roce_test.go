//go:build lab

package main_test

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// RoCEv2 is InfiniBand's transport in UDP: a base header of 12 bytes, what else
// the opcode calls for, payload with up to 3 bytes of padding, and a checksum
// of 4 bytes. IBTA volume 1, chapter 9, and its annex A17.

const (
	rocePort   = 4791
	roceCM     = 1 // the queue pair that connections are made through
	baseHeader = 12
	checksum   = 4
)

// A bthOpcode says what one opcode of a reliable connection carries.
type bthOpcode struct {
	as     opcode // the RDMAP message that it is to the tests
	header int    // after the base header
}

var bthOpcodes = map[byte]bthOpcode{
	0x00: {opSend, 0}, 0x01: {opSend, 0}, 0x02: {opSend, 0}, 0x03: {opSend, 4}, 0x04: {opSend, 0}, 0x05: {opSend, 4},
	0x06: {opWrite, 16}, 0x07: {opWrite, 0}, 0x08: {opWrite, 0}, 0x09: {opWrite, 4}, 0x0a: {opWrite, 16}, 0x0b: {opWrite, 20},
	0x0c: {opReadRequest, 16},
	0x0d: {opReadResponse, 4}, 0x0e: {opReadResponse, 0}, 0x0f: {opReadResponse, 4}, 0x10: {opReadResponse, 4},
	0x16: {opSendInvalidate, 4}, 0x17: {opSendInvalidate, 4},
}

// Acknowledgements end a connection when they say one of these, 9.7.5.2.8.
const (
	bthAck          = 0x11
	nakInvalid      = 0x61
	nakRemoteAccess = 0x62
	nakOperation    = 0x63
)

// roce reads a datagram of RoCEv2. What is sent again counts again.
func (w *wire) roce(from, to netip.Addr, udp []byte) error {
	if binary.BigEndian.Uint16(udp[2:]) != rocePort {
		return nil
	}
	bth := udp[8:]
	if len(bth) < baseHeader+checksum {
		return fmt.Errorf("no base header but %x", bth)
	}
	if binary.BigEndian.Uint32(bth[4:])&0xffffff == roceCM {
		return nil
	}
	d := w.between(from.String(), to.String())
	if bth[0] == bthAck {
		if s := bth[baseHeader]; s >= nakInvalid && s <= nakOperation {
			d.segments[opTerminate]++
			d.terminate = bth[:baseHeader+4]
		}
		return nil
	}
	op, ok := bthOpcodes[bth[0]]
	if !ok {
		return fmt.Errorf("no opcode of SMB Direct's but %#x", bth[0])
	}
	padding := int(bth[1] >> 4 & 3)
	n := len(bth) - baseHeader - op.header - padding - checksum
	if n < 0 {
		return fmt.Errorf("opcode %#x with %d bytes", bth[0], len(bth))
	}
	d.segments[op.as]++
	d.bytes[op.as] += int64(n)
	return nil
}
