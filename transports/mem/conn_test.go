package mem

import (
	"testing"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/transporttest"
)

func labAddr() transports.Addr { return transports.Addr{Network: "mem", Host: "lab", Service: "0"} }

func TestConformance(t *testing.T) {
	for name, place := range map[string]uint32{"messages": 0, "placement": 1 << 20} {
		t.Run(name, func(t *testing.T) {
			transporttest.Run(t, func(t *testing.T) transporttest.Fixture {
				arena := new(transports.Arena)
				n := &Network{Arena: arena, MaxReadWrite: place, MaxMessage: 9 << 20}
				return transporttest.Fixture{
					Network:     n,
					Address:     labAddr(),
					Arena:       arena,
					MaxMessage:  n.MaxMessage,
					MaxBuffered: 1 << 20,
					Kill:        func(c transports.Conn) { c.(interface{ Break() }).Break() },
					Silent: func(t *testing.T, l transports.Listener) {
						a := labAddr()
						a.Service = "49152"
						c, err := n.Dial(t.Context(), a)
						if err != nil {
							t.Fatal(err)
						}
						t.Cleanup(func() { c.Close() })
					},
				}
			})
		})
	}
}
