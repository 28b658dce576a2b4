package front

import (
	"context"

	"github.com/smbgw/smbgw/gateway/tree"
)

// Limits is what a Space may have besides: bounds to what its client does.
type Limits interface {
	// Pace blocks until the client may be read again, or ctx ends. requests are
	// those since the last call that no tree has been given. One goroutine calls
	// it.
	Pace(ctx context.Context, requests int)

	// Welcome says whether a session that has logged in may be, and counts it
	// until Leave. A client whose session may not be gets
	// STATUS_REQUEST_NOT_ACCEPTED.
	Welcome(*tree.Client) bool
	Leave(*tree.Client)
}

// pace holds the reader back as limits want it.
func (c *conn) pace() {
	if c.limits == nil {
		return
	}
	own := c.tally.requests - c.handed
	c.limits.Pace(c.ctx, int(own-c.paced))
	c.paced = own
}

func (c *conn) welcome(client *tree.Client) bool {
	return c.limits == nil || c.limits.Welcome(client)
}

// part ends what welcome has begun, where the session began; client is nil where it
// has not.
func (h *holding) part(client *tree.Client) {
	if l, ok := h.Space.(Limits); ok && client != nil {
		l.Leave(client)
	}
}
