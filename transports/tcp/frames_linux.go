package tcp

import (
	"net"

	"github.com/smbgw/smbgw/transports"
)

var _ transports.Framed = (*conn)(nil)

// ReceiveFrames is transports.Framed's.
func (c *conn) ReceiveFrames() (*transports.Message, int, error) {
	c.receiving.Lock()
	defer c.receiving.Unlock()
	m, n, err := c.frames.ReceiveFrames()
	if err != nil && c.closed.Load() {
		return nil, 0, net.ErrClosed
	}
	return m, n, err
}

func (c *conn) SendFrames(m *transports.Message) error {
	c.sending.Lock()
	defer c.sending.Unlock()
	err := c.frames.SendFrames(m)
	if err != nil && c.closed.Load() {
		return net.ErrClosed
	}
	return err
}
