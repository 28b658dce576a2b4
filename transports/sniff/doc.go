// Package sniff wraps connections to write what they carry to a capture file,
// for debugging.
//
// # Use
//
//	p, err := sniff.NewPcap(file)
//	conn = sniff.Wrap(conn, sniff.Server, p, onError)
//
// Any number of connections share one Pcap. The file is a classic pcap of raw
// IP packets: every message is written as SMB over TCP, port 445, whatever
// network carried it, so that Wireshark and tshark decode it without being told
// anything. Each connection is a TCP stream of its own, from a made-up client
// address to a made-up server address, with a handshake, correct sequence
// numbers and checksums.
//
// Received messages are written when Receive returns them, sent ones before
// they are handed on. On a connection with placement, data that moves beside
// the messages is not in the file; the wrapper stays a transports.Placer.
//
// # Secrets
//
// What the messages carry is in the file: file names, data, authentication
// tokens. Encrypted messages are written as they are.
//
// # Bugs
//
// Times are those of the wrapper, not of the wire.
package sniff
