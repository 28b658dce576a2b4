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
	return &socket{udp: udp, transport: &quic.Transport{Conn: udp}, holds: 1}, nil
}

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
