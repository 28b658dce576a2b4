package quic

import (
	"net"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/transporttest"
)

func anyPort() transports.Addr {
	return transports.Addr{Network: "quic", Host: "127.0.0.1", Service: "0"}
}

// networks returns the two sides, with an authority both know.
func networks(t testing.TB) (client, server Network) {
	t.Helper()
	ca := newAuthority(t)
	cert, key := ca.issue("server")
	arena := new(transports.Arena)
	server = Network{Arena: arena, TLS: TLS{Cert: cert, Key: key}}
	client = Network{Arena: arena, TLS: TLS{CA: ca.file, ServerName: "server"}}
	return client, server
}

func TestConformance(t *testing.T) {
	transporttest.Run(t, func(t *testing.T) transporttest.Fixture {
		client, server := networks(t)
		// A killed link is noticed by silence only.
		client.IdleTimeout, server.IdleTimeout = 2*time.Second, 2*time.Second
		client.KeepAlive, server.KeepAlive = 500*time.Millisecond, 500*time.Millisecond
		return transporttest.Fixture{
			Network: client,
			Server:  server,
			Address: anyPort(),
			Arena:   client.Arena,
			Kill:    func(c transports.Conn) { c.(*conn).socket.udp.Close() },
			Silent: func(t *testing.T, l transports.Listener) {
				c, err := net.Dial("udp", l.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				c.Write([]byte("hello"))
				t.Cleanup(func() { c.Close() })
			},
			Unanswered: func(t *testing.T) transports.Addr {
				c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { c.Close() })
				a := anyPort()
				_, a.Service, _ = net.SplitHostPort(c.LocalAddr().String())
				return a
			},
		}
	})
}
