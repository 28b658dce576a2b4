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
	var wg sync.WaitGroup
	wg.Go(func() { ends <- pump(c.front, c.back, client, &c.in) })
	wg.Go(func() { ends <- pump(c.back, c.front, backend, &c.out) })
	why := await(ctx, ends)
	c.hangUp(why)
	wg.Wait()
	return why
}

// pump moves messages from one leg to the other, unread. Back-pressure is that
// it does not receive while it sends.
func pump(from, to transports.Conn, source side, passed *flow) end {
	for {
		m, err := from.Receive()
		if err != nil {
			return end{source, ended, err}
		}
		n := m.Len()
		m.Invalidates = false // tokens of one leg mean nothing on the other
		if err := to.Send(m); err != nil {
			return sendFailed(source, err)
		}
		passed.bytes += uint64(n)
	}
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
