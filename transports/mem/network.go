package mem

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"syscall"

	"github.com/smbgw/smbgw/transports"
)

// defaultBuffer is how many messages a connection holds each way.
const defaultBuffer = 4

// backlog is how many connections wait for Accept.
const backlog = 16

// firstPort is where the numbers for service 0 begin.
const firstPort = 49152

// A Network is a name space of listeners. Its fields are set before its first
// use.
type Network struct {
	// Arena makes the messages that are received; nil means one of the
	// Network's own.
	Arena *transports.Arena

	// MaxMessage is the longest message that Send takes; 0 means
	// transports.MaxMessage.
	MaxMessage int

	// Buffer is how many messages a connection holds each way before Send
	// blocks: defaultBuffer when 0.
	Buffer int

	// MaxReadWrite is the limit of a transfer, in bytes. When it is 0,
	// connections cannot place.
	MaxReadWrite uint32

	// NoInvalidation has a server's message leave the client's exposures alone,
	// as over devices that cannot let a peer revoke them.
	NoInvalidation bool

	mu        sync.Mutex // guards what follows, for moments only
	own       *transports.Arena
	listeners map[string]*listener
	ports     int // given out
}

var _ transports.Network = (*Network)(nil)

// Pipe returns the two ends of a new connection. They are transports.Placer
// when the Network has MaxReadWrite.
func (n *Network) Pipe() (client, server transports.Conn) {
	return n.newPair(Addr("mem!client!0"), Addr("mem!server!0"))
}

// Dial connects to a listener of this Network: one for the host, else one for
// all hosts. It waits for room in the listener's backlog, not for Accept.
func (n *Network) Dial(ctx context.Context, a transports.Addr) (transports.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if _, err := a.DialHostPort(); err != nil {
		return nil, err
	}
	l, err := n.find(a)
	if err != nil {
		return nil, err
	}
	client, server := n.newPair(Addr("mem!client!0"), Addr(a.String()))
	select {
	case l.backlog <- server:
		l.dropIfClosed()
		return client, nil
	case <-l.closed:
		err = refused(a)
	case <-ctx.Done():
		err = ctx.Err()
	}
	client.Close()
	server.Close()
	return nil, err
}

// Announce makes a listener for a's host and service.
func (n *Network) Announce(ctx context.Context, a transports.Addr) (transports.Listener, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	port, err := a.Port()
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if port == 0 {
		port = firstPort + n.ports
		n.ports++
	}
	key := keyOf(a.Host, port)
	if n.listeners[key] != nil {
		return nil, fmt.Errorf("announcing %v: %w", a, syscall.EADDRINUSE)
	}
	l := &listener{network: n, key: key, backlog: make(chan transports.Conn, backlog), closed: make(chan struct{})}
	if n.listeners == nil {
		n.listeners = make(map[string]*listener)
	}
	n.listeners[key] = l
	return l, nil
}

func (n *Network) find(a transports.Addr) (*listener, error) {
	port, err := a.Port()
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, host := range []string{a.Host, transports.AnyHost} {
		if l := n.listeners[keyOf(host, port)]; l != nil {
			return l, nil
		}
	}
	return nil, refused(a)
}

func (n *Network) forget(key string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.listeners, key)
}

func (n *Network) arena() *transports.Arena {
	if n.Arena != nil {
		return n.Arena
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.own == nil {
		n.own = new(transports.Arena)
	}
	return n.own
}

func refused(a transports.Addr) error {
	return fmt.Errorf("dialling %v: %w", a, syscall.ECONNREFUSED)
}

// keyOf is the host:port that a listener is found by.
func keyOf(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }

// An Addr is an address of a Network, for logs.
type Addr string

func (Addr) Network() string  { return "mem" }
func (a Addr) String() string { return string(a) }
