package back

import "fmt"

// Ledger says what is left on a pool's connections when nobody is on them: one
// line for each thing.
func (p *Pool) Ledger() (left []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, l := range p.links {
		note := func(what string, n int) {
			if n != 0 {
				left = append(left, fmt.Sprintf("connection %d: %d %s", i, n, what))
			}
		}
		note("seats", l.seats)
		c := l.conn
		if c == nil {
			continue
		}
		c.mu.Lock()
		note("calls", c.calls.n)
		note("flying", c.flying)
		note("waiting", c.waiting)
		note("orphans", c.orphans)
		note("sessions", len(c.sessions))
		note("opens", len(c.holders.opens)+len(c.holders.durable))
		if c.queue.first != nil || c.queue.urgent != 0 {
			note("in the queue", 1)
		}
		if !c.held.Idle() {
			note("credits asked for", 1)
		}
		c.mu.Unlock()
	}
	return left
}

// Worn says of how many connections the pool thinks so.
func (p *Pool) Worn() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.links {
		if l.conn != nil && l.conn.worn.Load() {
			n++
		}
	}
	return n
}
