package loop

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// backlog bounds the queue pairs that wait for Accept: as many as a TCP
// listener keeps by default on small systems.
const backlog = 128

// A Fabric is a provider and the address space of its queue pairs. The zero
// Fabric is ready and empty.
type Fabric struct {
	// Over is what connections say that they go over; nothing when it is zero.
	// It is set before the first use.
	Over rdma.Link

	mu        sync.Mutex
	listeners map[string]*listener
	port      int

	regions atomic.Int64
}

var _ rdma.Provider = (*Fabric)(nil)

// Regions is the number of regions that have not been given back: zero when
// everything has been cleaned up.
func (f *Fabric) Regions() int64 { return f.regions.Load() }

// Dial makes the initiator's end of a new connection. The listener is looked
// for by Establish.
func (f *Fabric) Dial(address string, c rdma.Config) (rdma.QueuePair, error) {
	if _, _, err := net.SplitHostPort(address); err != nil {
		return nil, fmt.Errorf("loop: dial: %w", err)
	}
	return newLink(f, c, addr(address)), nil
}

// Listen announces address until Close; ctx is not used, nothing here waits.
func (f *Fabric) Listen(_ context.Context, address string, c rdma.Config) (rdma.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("loop: listen: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if port == "0" {
		f.port++
		port = strconv.Itoa(49151 + f.port) // from the dynamic ports, RFC 6335 6
	}
	name := net.JoinHostPort(host, port)
	if f.listeners[name] != nil {
		return nil, fmt.Errorf("loop: listen %s: %w", name, syscall.EADDRINUSE)
	}
	l := &listener{fabric: f, name: name, config: c}
	l.cond.L = &l.mu
	if f.listeners == nil {
		f.listeners = make(map[string]*listener)
	}
	f.listeners[name] = l
	return l, nil
}

// find is the listener that answers for address: its own name or any host.
func (f *Fabric) find(address string) *listener {
	_, port, _ := net.SplitHostPort(address)
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, host := range []string{"", "*", "0.0.0.0", "::"} {
		if l := f.listeners[net.JoinHostPort(host, port)]; l != nil {
			return l
		}
	}
	return f.listeners[address]
}

type listener struct {
	fabric *Fabric
	name   string
	config rdma.Config

	mu     sync.Mutex
	cond   sync.Cond
	queue  []*queuePair
	closed bool
}

// offer queues a responder's end, or says that nobody will take it.
func (l *listener) offer(q *queuePair) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || len(l.queue) == backlog {
		return false
	}
	l.queue = append(l.queue, q)
	l.cond.Signal()
	return true
}

func (l *listener) Accept() (rdma.QueuePair, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.queue) == 0 && !l.closed {
		l.cond.Wait()
	}
	if l.closed {
		return nil, fmt.Errorf("loop: accept %s: %w", l.name, net.ErrClosed)
	}
	q := l.queue[0]
	l.queue = l.queue[1:]
	return q, nil
}

func (l *listener) Close() error {
	l.fabric.mu.Lock()
	if l.fabric.listeners[l.name] == l {
		delete(l.fabric.listeners, l.name)
	}
	l.fabric.mu.Unlock()

	l.mu.Lock()
	waiting := l.queue
	l.queue, l.closed = nil, true
	l.cond.Broadcast()
	l.mu.Unlock()
	for _, q := range waiting {
		q.Close()
	}
	return nil
}

func (l *listener) Addr() net.Addr { return addr(l.name) }

type addr string

func (addr) Network() string  { return "loop" }
func (a addr) String() string { return string(a) }
