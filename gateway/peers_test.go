package gateway

import (
	"errors"
	"testing/synctest"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

var errNoRegion = errors.New("no region free")

// echo is a server that sends back what it gets.
func echo(c transports.Conn) error {
	for {
		m, err := c.Receive()
		if err != nil {
			return err
		}
		if err := c.Send(m); err != nil {
			return err
		}
	}
}

// setDialect lets the gateway see a NEGOTIATE reply, by way of an echo: what
// comes back is what decides.
func (r *rig) setDialect(d smb2.Dialect) {
	r.t.Helper()
	h := smb2.NewHeader(smb2.CommandNegotiate, 0)
	h.SetFlags(smb2.FlagReply)
	n := smb2.NegotiateResponse{Dialect: d}
	if err := r.client.Send(n.AppendBody(h)); err != nil {
		r.t.Fatal(err)
	}
	m, err := r.client.Conn.Receive()
	if err != nil {
		r.t.Fatal(err)
	}
	m.Release()
	synctest.Wait()
}
