package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"maps"
	"math/big"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/cmd/smbgw/config"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect/verbs"
	"github.com/smbgw/smbgw/transports/tcp"
	"github.com/smbgw/smbgw/transports/transporttest"
)

// Every row of the table works from both sides, as the configuration makes it:
// a message goes tcp -> NETWORK -> tcp through two gateways and back. Over TLS
// both sides show certificates. Verbs, which needs a device that is on no machine
// for certain, has the tests of its package and the lab.
func TestNetworks(t *testing.T) {
	t.Parallel()
	for name, n := range networks {
		if name == "verbs" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transporttest.Watch(t)
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			t.Cleanup(cancel)
			dir := t.TempDir()
			listenTLS, dialTLS := "", ""
			if n.TLS {
				certificate(t, dir, "gateway.example")
				listenTLS = "tls {\n cert = \"cert.pem\"\n key = \"key.pem\"\n client_ca = \"cert.pem\"\n}"
				dialTLS = "server_name = \"gateway.example\"\ntls {\n ca = \"cert.pem\"\n cert = \"cert.pem\"\n key = \"key.pem\"\n}"
			}
			server := echoServer(t)
			behind := gatewayUp(ctx, t, filepath.Join(dir, "behind.hcl"), name+"!127.0.0.1!0", listenTLS, server, "")
			front := gatewayUp(ctx, t, filepath.Join(dir, "front.hcl"), "tcp!127.0.0.1!0", "", behind, dialTLS)
			oneMessage(ctx, t, front)
		})
	}
}

// The gateway's and all networks' buffers are mapped memory when a device may
// work on them, and else the heap's.
func TestNetworksMemory(t *testing.T) {
	t.Parallel()
	table := maps.Clone(networks)
	row := table["iwarp"]
	row.device = true
	table["device"] = row
	for _, c := range []struct {
		front, back transports.Addr
		mapped      bool
	}{
		{loopback("tcp"), loopback("iwarp"), false},
		{loopback("tcp"), loopback("device"), true},
		{loopback("device"), loopback("tcp"), true},
	} {
		h := &hardware{open: new(verbs.Provider)} // as if there were one
		nas := &config.Backend{Name: "nas", Addrs: []transports.Addr{c.back}}
		g, err := build(&config.Config{
			Listeners: []config.Listener{{Name: "l", Addr: c.front, Relay: nas}},
			Backends:  []*config.Backend{nas},
		}, table, auth.NewLimiter(nil), h, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if (g.Memory != nil) != c.mapped {
			t.Errorf("%s -> %s: the gateway's memory is %v", c.front, c.back, g.Memory)
		}
		for _, n := range []transports.Network{g.Listeners[0].Endpoint.Network, g.Listeners[0].Relay.Endpoints[0].Network} {
			if n, ok := n.(tcp.Network); ok && (n.Arena.Memory != nil) != c.mapped {
				t.Errorf("%s -> %s: tcp's memory is %v", c.front, c.back, n.Arena.Memory)
			}
		}
	}
}

// gatewayUp runs the program until the test ends and returns where it listens.
func gatewayUp(ctx context.Context, t *testing.T, file, listen, listenMore string, to transports.Addr, dialMore string) transports.Addr {
	t.Helper()
	write(t, file, `
log {
  format = "json"
}
listen "front" {
  address = "`+listen+`"
  relay   = "back"
  `+listenMore+`
}
backend "back" {
  address = ["`+to.String()+`"]
  `+dialMore+`
}
`)
	var address transports.Addr
	runUntilEnd(ctx, t, newInvocation(strings.NewReader(""), io.Discard, nil), file, func(log *bufio.Scanner) { address = listening(t, log) })
	return address
}

// runUntilEnd runs the program on a file until the test ends, and returns when
// seen, which is given the log, has.
func runUntilEnd(ctx context.Context, t *testing.T, inv *invocation, file string, seen func(log *bufio.Scanner)) {
	t.Helper()
	ctx, stop := context.WithCancel(ctx)
	reader, writer := io.Pipe()
	inv.stderr = writer
	ended := make(chan int, 1)
	go func() {
		ended <- inv.run(ctx, []string{"-c", file})
		writer.Close()
	}()
	seen(bufio.NewScanner(reader))
	read := make(chan struct{})
	go func() {
		defer close(read)
		io.Copy(io.Discard, reader)
	}()
	t.Cleanup(func() {
		stop()
		if status := <-ended; status != exitOK {
			t.Errorf("%s ended with status %d", file, status)
		}
		<-read
	})
}

// certificate makes cert.pem and key.pem in dir: self-signed, for a server and
// for a client of that name.
func certificate(t *testing.T, dir, name string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		DNSNames:              []string{name},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "cert.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})))
	write(t, filepath.Join(dir, "key.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
}
