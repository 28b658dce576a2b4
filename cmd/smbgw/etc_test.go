package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/auth/ntlm"
	"github.com/smbgw/smbgw/auth/users"
	"github.com/smbgw/smbgw/cmd/smbgw/config"
	"github.com/smbgw/smbgw/gateway"
	"github.com/smbgw/smbgw/gateway/back"
	"github.com/smbgw/smbgw/gateway/client"
	"github.com/smbgw/smbgw/gateway/store"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/transporttest"
)

var alice = auth.Account{Name: "alice", Hash: ntlm.Hash("open sesame")}

// Each configuration of etc runs as it stands, beside the files that it names,
// and a user gets at the server by it.
func TestEtc(t *testing.T) {
	t.Parallel()
	for name, listener := range map[string]string{"smbgw": "office", "bridge": "office", "edge": "internet"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transporttest.Watch(t)
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			t.Cleanup(cancel)
			file := furnished(t, name+".hcl")
			if got := invoke(ctx, "-c", file, "check"); got.status != exitOK || !strings.Contains(got.stdout, "users: 1\n") {
				t.Fatalf("check: %+v", got)
			}
			nas := storage(ctx, t)
			at := runMoved(ctx, t, file, nas)
			address, ok := at[listener]
			if !ok {
				t.Fatalf("no listener %q among %v", listener, at)
			}
			if n := strings.Count(string(read(t, "etc/"+name+".hcl")), "\nlisten "); n != len(at) {
				t.Errorf("%d listeners run, the file has %d", len(at), n)
			}
			useProjects(ctx, t, filepath.Dir(file), address)
		})
	}
}

// What the sample shows without doing it could be done.
func TestSampleComments(t *testing.T) {
	t.Parallel()
	file := furnished(t, "smbgw.hcl")
	src := string(read(t, "etc/smbgw.hcl"))
	done := regexp.MustCompile(`(?m)^(\s*)#( +)(\w+\s*=\s*["\[]|\w+ \{|\}$)`).ReplaceAllString(src, "$1$2$3")
	done = regexp.MustCompile(`"same"\s*# or (\{.*\})`).ReplaceAllString(done, "$1")
	if n := strings.Count(done, "client_ca = ") + strings.Count(done, "password_file = ") + strings.Count(done, "\n     access {"); n != 3 || done == src {
		t.Fatalf("what the sample shows was not found:\n%s", done)
	}
	write(t, file, done)
	if got := invoke(t.Context(), "-c", file, "check"); got.status != exitOK {
		t.Errorf("%+v", got)
	}
}

// furnished is a copy of a configuration of etc, with the files that it may
// name.
func furnished(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, name)
	write(t, file, string(read(t, "etc/"+name)))
	if _, _, err := users.Set(filepath.Join(dir, "users"), alice.Name, alice.Hash, time.Now()); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "groups"), "staff: alice\n")
	write(t, filepath.Join(dir, "svc.password"), "open sesame\n")
	certificate(t, dir, "gateway.example")
	for _, as := range []string{"clients.pem", "branch-ca.pem", "gateway.pem", "files.pem"} {
		write(t, filepath.Join(dir, as), string(readFile(t, filepath.Join(dir, "cert.pem"))))
	}
	write(t, filepath.Join(dir, "access.list"), "allow leaf:"+fingerprint(t, filepath.Join(dir, "cert.pem"))+"\n")
	for _, as := range []string{"gateway.key", "files.key"} {
		write(t, filepath.Join(dir, as), string(readFile(t, filepath.Join(dir, "key.pem"))))
	}
	return file
}

// fingerprint is the SHA-256 of a file's first certificate.
func fingerprint(t *testing.T, file string) string {
	t.Helper()
	block, _ := pem.Decode(readFile(t, file))
	return fmt.Sprintf("%x", sha256.Sum256(block.Bytes))
}

func readFile(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// storage is a server with the share projects in memory; it returns where it is
// on each network.
func storage(ctx context.Context, t *testing.T) map[string]transports.Addr {
	t.Helper()
	ctx, stop := context.WithCancel(ctx)
	s := welcome(accounts{Users: sole{alice}, computer: "NAS"}, "nas", auth.NewLimiter(nil))
	s.Mounts = []gateway.Mount{{Name: "projects", Store: store.New(store.Config{Shares: []string{"projects"}, Bytes: 1 << 20})}}
	quiet, ready := slog.New(slog.DiscardHandler), make(chan []net.Addr, 1)
	g := &gateway.Gateway{Service: s, Log: quiet, Ready: func(at []net.Addr) { ready <- at }}
	over := []string{"tcp", "smbdirect"}
	for _, network := range over {
		g.Listeners = append(g.Listeners, gateway.Listener{Name: network, Endpoint: gateway.Endpoint{
			Addr: loopback(network), Network: networks[network].listen(nil, means{log: quiet, hardware: new(hardware)}),
		}})
	}
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("storage: %v", err)
		}
	})
	at := map[string]transports.Addr{}
	for i, a := range <-ready {
		at[over[i]] = addrOf(a)
	}
	return at
}

// moved is a network whose listeners have free ports of this machine, and whose
// servers are all at one address.
type moved struct {
	transports.Network
	server transports.Addr
}

func (m moved) Announce(ctx context.Context, a transports.Addr) (transports.Listener, error) {
	a.Host, a.Service = "127.0.0.1", "0"
	return m.Network.Announce(ctx, a)
}

func (m moved) Dial(ctx context.Context, _ transports.Addr) (transports.Conn, error) {
	return m.Network.Dial(ctx, m.server)
}

// runMoved runs the program on a configuration until the test ends, with moved
// networks, and returns where its listeners are.
func runMoved(ctx context.Context, t *testing.T, file string, servers map[string]transports.Addr) map[string]transports.Addr {
	t.Helper()
	table := map[string]network{}
	for name, n := range networks {
		row := n
		row.listen = func(l *config.Listener, m means) transports.Network {
			return moved{Network: n.listen(l, m)}
		}
		row.dial = func(b *config.Backend, m means) transports.Network {
			return moved{n.dial(b, m), servers[name]}
		}
		table[name] = row
	}
	inv := &invocation{networks: table, getenv: func(string) string { return "" }, stdin: strings.NewReader(""), stdout: io.Discard}
	listens := regexp.MustCompile(`msg=listening listener=(\S+) address=(\S+)`)
	at := map[string]transports.Addr{}
	want := strings.Count(string(readFile(t, file)), "\nlisten ")
	runUntilEnd(ctx, t, inv, file, func(log *bufio.Scanner) {
		for len(at) < want && log.Scan() {
			if m := listens.FindStringSubmatch(log.Text()); m != nil {
				a, err := transports.ParseAddr(m[2])
				if err != nil {
					t.Error(err)
				}
				at[m[1]] = a
			}
		}
	})
	return at
}

// useProjects comes to a gateway with the certificate in dir, logs in as alice,
// and has a file in the share projects.
func useProjects(ctx context.Context, t *testing.T, dir string, at transports.Addr) {
	t.Helper()
	c := come(ctx, t, dir, "gateway.example", at)
	defer c.Close()
	share, err := c.Connect(ctx, initiator(alice), "projects")
	if err != nil {
		t.Fatal(err)
	}
	defer share.Close()
	f, err := share.Create("plan")
	if err != nil {
		t.Fatal(err)
	}
	keep(t, f)
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

// come connects to a gateway, by its name and with the certificate in dir where
// the network has such things.
func come(ctx context.Context, t *testing.T, dir, name string, at transports.Addr) *client.Client {
	t.Helper()
	own := config.ClientTLS{CA: filepath.Join(dir, "cert.pem"), Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
	n := networks[at.Network].dial(&config.Backend{ServerName: name, TLS: own}, means{log: slog.New(slog.DiscardHandler), hardware: new(hardware)})
	conn, err := n.Dial(ctx, at)
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(ctx, conn, back.Options{Arena: new(transports.Arena), ServerName: name})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// keep writes to a file, and reads it.
func keep(t *testing.T, f *client.File) {
	t.Helper()
	text, got := bytes.Repeat([]byte("to be kept "), 1000), make([]byte, 11000)
	if _, err := f.WriteAt(text, 0); err != nil {
		t.Error(err)
	}
	if _, err := f.ReadAt(got, 0); err != nil || !bytes.Equal(got, text) {
		t.Errorf("what was written does not come back: %v", err)
	}
}
