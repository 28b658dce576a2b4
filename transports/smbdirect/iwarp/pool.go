package iwarp

import "sync"

// A bufferPool lends read buffers to connections while they are busy.
type bufferPool struct {
	mu   sync.Mutex
	free []*[]byte
}

func (p *bufferPool) get() *[]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		b := p.free[n-1]
		p.free = p.free[:n-1]
		return b
	}
	b := make([]byte, readBuffer)
	return &b
}

func (p *bufferPool) put(b *[]byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.free) < pooledBuffers {
		p.free = append(p.free, b)
	}
}
