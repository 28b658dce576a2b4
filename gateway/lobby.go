package gateway

import (
	"net"
	"net/netip"
	"sync"
)

// Source is what an address counts as where somebody may come too often: an IPv4
// address, or the network of an IPv6 one, of which everybody has as many as he
// likes.
func Source(remote net.Addr) string {
	host, _, err := net.SplitHostPort(remote.String())
	if err != nil {
		return remote.String()
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if a = a.Unmap().WithZone(""); a.Is4() {
		return a.String()
	}
	network, _ := a.Prefix(64)
	return network.String()
}

// A lobby is the connections of clients that have not come to a share yet, of
// which each source may have some: they cost memory, and nobody knows whose they
// are. The zero value is empty.
type lobby struct {
	mu      sync.Mutex
	waiting map[string]int // by source
}

// enter lets a connection in, unless too many of its source are there. leave
// may be called more than once.
func (l *lobby) enter(source string) (leave func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting[source] >= maxWaiting {
		return nil, false
	}
	if l.waiting == nil {
		l.waiting = make(map[string]int)
	}
	l.waiting[source]++
	return sync.OnceFunc(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.waiting[source]--; l.waiting[source] == 0 {
			delete(l.waiting, source)
		}
	}), true
}

// sources is how many sources have connections there.
func (l *lobby) sources() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiting)
}
