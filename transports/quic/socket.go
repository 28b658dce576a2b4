package quic

import (
	"net"
	"sync"

	"github.com/quic-go/quic-go"
)

// A socket is a UDP socket and the library's part on it. Its listener and each
// of its connections hold it; it is closed when the last lets go.
type socket struct {
	udp       *net.UDPConn
	transport *quic.Transport

	mu    sync.Mutex // guards holds
	holds int
}

// newSocket returns a socket with one hold.
func newSocket(local *net.UDPAddr) (*socket, error) {
	udp, err := net.ListenUDP("udp", local)
	if err != nil {
		return nil, err
	}
	t := &quic.Transport{Conn: udp, VerifySourceAddress: always, ConnContext: withVerdict}
	return &socket{udp: udp, transport: t, holds: 1}, nil
}

// always has every client show that it receives at its address, RFC 9000 8.1.2.
// Each handshake holds one of an Acceptor's places, and 64 packets with invented
// addresses would take them all; that is worth a round trip to the honest.
func always(net.Addr) bool { return true }

func (s *socket) hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holds++
}

// release waits, when it is the last, until the library has let go of the
// socket.
func (s *socket) release() {
	s.mu.Lock()
	s.holds--
	last := s.holds == 0
	s.mu.Unlock()
	if last {
		s.transport.Close()
		s.udp.Close()
	}
}
