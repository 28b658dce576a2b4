package quic

import (
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"testing"

	quicgo "github.com/quic-go/quic-go"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/transporttest"
)

// A client gets the certificate of the name that it asks for, in any case, and
// its connection has the name. Others get the listener's own.
func TestHosts(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	ca := newAuthority(t)
	arena := new(transports.Arena)
	var server Network
	server.Arena = arena
	server.TLS.Cert, server.TLS.Key = ca.issue("gateway.example")
	for _, name := range []string{"a.example", "b.example"} {
		cert, key := ca.issue(name)
		server.TLS.Hosts = append(server.TLS.Hosts, Host{Names: []string{name, "short-" + name[:1]}, Cert: cert, Key: key})
	}
	l, err := quick(server).Announce(t.Context(), anyPort())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for asked, shown := range map[string]string{
		"a.example": "a.example",
		"B.EXAMPLE": "b.example",
		"short-b":   "b.example",
		"c.example": "gateway.example",
		"127.0.0.1": "gateway.example", // addresses are not asked for, RFC 6066 3
	} {
		config, err := TLS{CA: ca.file, ServerName: asked}.clientConfig("")
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		config.InsecureSkipVerify = true
		config.VerifyConnection = func(s tls.ConnectionState) error {
			got = s.PeerCertificates[0].DNSNames[0]
			return nil
		}
		client := quick(Network{Arena: arena}).withDefaults()
		remote := net.UDPAddrFromAddrPort(netip.MustParseAddrPort(l.Addr().String()))
		c, err := client.dial(t.Context(), remote, func(from *quicgo.Transport) (*quicgo.Conn, error) {
			return from.Dial(t.Context(), remote, config, client.clientQUIC())
		})
		if err != nil {
			t.Fatalf("%s: %v", asked, err)
		}
		accepted, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		name := asked
		if asked == "127.0.0.1" {
			name = ""
		}
		if n := accepted.(transports.Named).ServerName(); n != name || got != shown {
			t.Errorf("%s: the connection's name is %q, the certificate is of %s, want %s", asked, n, got, shown)
		}
		if n := c.ServerName(); n != "" {
			t.Errorf("the server calls the client %q", n)
		}
		c.Close()
		accepted.Close()
	}
}

// A dialler has no hosts; files that are missing are found before anything
// listens.
func TestHostMistakes(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	cert, key := ca.issue("server")
	hosts := []Host{{Names: []string{"a"}, Cert: cert}}
	if err := (TLS{Hosts: hosts}).CheckClient(); err == nil {
		t.Error("a dialler with hosts")
	}
	err := (TLS{Cert: cert, Key: key, Hosts: hosts}).CheckServer()
	if e, ok := errors.AsType[*TLSError](err); !ok || e.Field != "key" {
		t.Errorf("a host without a key: %v", err)
	}
}
