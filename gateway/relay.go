package gateway

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/smbgw/smbgw/transports"
)

// relay carries messages both ways until one side ends, hangs up, and says
// why. No worker is left when it returns.
func (c *connection) relay(ctx context.Context) end {
	ends := make(chan end, 2)
	paced, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	wg.Go(func() { ends <- pump(paced, c.front, c.back, client, &c.in, new(gate)) })
	wg.Go(func() { ends <- pump(paced, c.back, c.front, backend, &c.out, &c.gate) })
	why := await(ctx, ends)
	stop()
	c.hangUp(why)
	wg.Wait()
	return why
}

// pump moves messages from one leg to the other, unread but for what opens the
// gate. Back-pressure is that it does not receive while it sends.
func pump(ctx context.Context, from, to transports.Conn, source side, passed *flow, gate *gate) end {
	if reads, ok := from.(transports.Framed); ok {
		if writes, ok := to.(transports.Framed); ok {
			gate.open() // a prefix costs no memory there
			return pumpFrames(ctx, reads, writes, source, passed)
		}
	}
	g := gathering{from: from, to: to, gate: gate}
	g.reads, _ = from.(transports.Gatherer)
	g.writes, _ = to.(transports.Gatherer)
	for {
		passed.pace(ctx)
		m, err := from.Receive()
		if err != nil {
			return end{source, ended, err}
		}
		n, err := g.pass(m)
		if err != nil {
			return sendFailed(source, err)
		}
		passed.bytes += uint64(n)
	}
}

// pumpFrames is pump between two streams of the same framing: what there is of
// a message goes out before the rest has come.
func pumpFrames(ctx context.Context, from, to transports.Framed, source side, passed *flow) end {
	for {
		passed.pace(ctx)
		m, n, err := from.ReceiveFrames()
		if err != nil {
			return end{source, ended, err}
		}
		if err := to.SendFrames(m); err != nil {
			return sendFailed(source, err)
		}
		passed.bytes += uint64(n)
	}
}

// gathering is one direction of a relay, with what it needs to keep small
// messages together.
type gathering struct {
	from, to      transports.Conn
	reads, writes transports.Gatherer // nil where the leg is none
	gate          *gate
	list          [transports.MaxGather]*transports.Message
}

// pass sends m, and with it what came with it. It returns how many bytes of
// messages that were.
func (g *gathering) pass(m *transports.Message) (n int, err error) {
	m.Invalidates = false // tokens of one leg mean nothing on the other
	g.gate.see(m.Bytes())
	n = m.Len()
	if g.reads == nil || g.writes == nil || !g.reads.Buffered() {
		return n, g.to.Send(m)
	}
	list := append(g.list[:0], m)
	for len(list) < cap(list) && g.reads.Buffered() {
		next, err := g.from.Receive()
		if err != nil {
			break // the next Receive says it again; what came before still goes out
		}
		g.gate.see(next.Bytes())
		n += next.Len()
		list = append(list, next)
	}
	return n, g.writes.SendAll(list)
}

// sendFailed is the end that an error of Send means, for a message from source.
func sendFailed(source side, err error) end {
	if tooLong, ok := errors.AsType[*transports.MessageSizeError](err); ok {
		return end{source, offended, fmt.Errorf("its message cannot be carried: %w", tooLong)}
	}
	other := client
	if source == client {
		other = backend
	}
	return end{other, deaf, err}
}
