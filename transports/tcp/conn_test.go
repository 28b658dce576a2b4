package tcp

import (
	"net"
	"testing"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/transporttest"
)

func anyPort() transports.Addr {
	return transports.Addr{Network: "tcp", Host: "127.0.0.1", Service: "0"}
}

func TestConformance(t *testing.T) {
	transporttest.Run(t, func(t *testing.T) transporttest.Fixture {
		arena := new(transports.Arena)
		return transporttest.Fixture{
			Network: Network{Arena: arena},
			Address: anyPort(),
			Arena:   arena,
			Kill:    kill,
			Silent: func(t *testing.T, l transports.Listener) {
				c, err := net.Dial("tcp", l.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { c.Close() })
			},
		}
	})
}

// kill resets the connection: without lingering, close discards what is under
// way.
func kill(c transports.Conn) {
	raw := c.(*conn).raw
	raw.SetLinger(0)
	raw.Close()
}
