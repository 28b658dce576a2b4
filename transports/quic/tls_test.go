package quic

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/transporttest"
)

// open announces with server, dials with client and proves that a message gets
// through; it returns the dialler's side, or why there is none.
func open(t *testing.T, client, server Network) (transports.Conn, error) {
	t.Helper()
	l, err := server.Announce(t.Context(), anyPort())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { c.Close() })
			go echo(c)
		}
	}()
	return dialTo(t, client, l)
}

func echo(c transports.Conn) {
	for {
		m, err := c.Receive()
		if err != nil || c.Send(m) != nil {
			return
		}
	}
}

func dialTo(t *testing.T, client Network, l transports.Listener) (transports.Conn, error) {
	t.Helper()
	a := anyPort()
	_, a.Service, _ = net.SplitHostPort(l.Addr().String())
	c, err := client.Dial(t.Context(), a)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { c.Close() })
	if err := c.Send(client.Arena.New(100)); err != nil {
		return nil, err
	}
	m, err := c.Receive()
	if err != nil {
		return nil, err
	}
	m.Release()
	return c, nil
}

func quick(n Network) Network {
	n.Linger = -1
	return n
}

// The dialler holds the server to its certificate.
func TestServerCertificate(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	client, server := networks(t)
	client, server = quick(client), quick(server)
	if _, err := open(t, client, server); err != nil {
		t.Errorf("right name and authority: %v", err)
	}
	wrong := client
	wrong.TLS.ServerName = "somebody.else"
	if _, err := open(t, wrong, server); err == nil || !strings.Contains(err.Error(), "somebody.else") {
		t.Errorf("wrong name: %v", err)
	}
	wrong = client
	wrong.TLS.CA = newAuthority(t).file
	if _, err := open(t, wrong, server); err == nil || !strings.Contains(err.Error(), "authority") {
		t.Errorf("wrong authority: %v", err)
	}
	wrong = client
	wrong.TLS.CA = ""
	if _, err := open(t, wrong, server); err == nil {
		t.Error("the system's authorities accepted the test's certificate")
	}
}

// With an authority for clients, those without its certificate are refused,
// and the listener's owner hears of them.
func TestClientCertificate(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	client, server := networks(t)
	client, server = quick(client), quick(server)
	clients := newAuthority(t)
	failed := make(chan error, 10)
	server.TLS.ClientCA = clients.file
	server.Failed = func(err error) { failed <- err }

	known := client
	known.TLS.Cert, known.TLS.Key = clients.issue("alice")
	if _, err := open(t, known, server); err != nil {
		t.Errorf("known client: %v", err)
	}
	if _, err := open(t, client, server); err == nil {
		t.Error("client without certificate: no error")
	}
	stranger := client
	stranger.TLS.Cert, stranger.TLS.Key = newAuthority(t).issue("mallory")
	if _, err := open(t, stranger, server); err == nil {
		t.Error("client of another authority: no error")
	}
	for range 2 {
		select {
		case err := <-failed:
			if h, ok := errors.AsType[*transports.HandshakeError](err); !ok || h.Peer == nil {
				t.Errorf("reported: %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("a refused client was not reported")
		}
	}
}

// Files are read again when they have changed; a broken one is reported once
// and the old certificate stays.
func TestReload(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	cert, key := ca.issue("server")
	now := time.Unix(1e9, 0)
	var failed []error
	r, err := newReloader(TLS{Cert: cert, Key: key}, func(err error) { failed = append(failed, err) },
		func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	look := func() string {
		now = now.Add(2 * checkInterval)
		return r.config("").Certificates[0].Leaf.SerialNumber.String()
	}
	age := func(name string, d time.Duration) {
		// File systems with coarse times must not hide a change.
		if err := os.Chtimes(name, time.Time{}, time.Now().Add(d)); err != nil {
			t.Fatal(err)
		}
	}
	old := look()

	if err := os.WriteFile(cert, []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := look(); got != old || len(failed) != 1 {
		t.Errorf("broken file: serial %s, was %s, reports %v", got, old, failed)
	}
	if e, ok := errors.AsType[*TLSError](failed[0]); !ok || e.Field != "cert" || e.Value != cert {
		t.Errorf("report: %v", failed[0])
	}
	if look(); len(failed) != 1 {
		t.Errorf("the same failure was reported again: %v", failed)
	}

	ca.issue("server")
	age(cert, time.Minute)
	fresh := look()
	if fresh == old || len(failed) != 1 {
		t.Errorf("new files: serial %s, was %s, reports %v", fresh, old, failed)
	}

	ca.issue("server")
	age(cert, 2*time.Minute)
	if got := r.config("").Certificates[0].Leaf.SerialNumber.String(); got != fresh {
		t.Error("the files were looked at within the interval")
	}
	if look() == fresh {
		t.Error("the files were not looked at after the interval")
	}

	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if look(); len(failed) != 2 || !errors.Is(failed[1], os.ErrNotExist) {
		t.Errorf("removed key: reports %v", failed)
	}
}

// A listener serves new connections with the new certificate.
func TestReloadServes(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	ca := newAuthority(t)
	cert, key := ca.issue("server")
	arena := new(transports.Arena)
	server := quick(Network{Arena: arena, TLS: TLS{Cert: cert, Key: key}})
	client := quick(Network{Arena: arena, TLS: TLS{CA: ca.file, ServerName: "server"}})
	l, err := server.Announce(t.Context(), anyPort())
	if err != nil {
		t.Fatal(err)
	}
	defer acceptAll(l)()
	serial := func() string {
		c, err := client.Dial(t.Context(), dialAddr(l))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.(*conn).raw.ConnectionState().TLS.PeerCertificates[0].SerialNumber.String()
	}
	old := serial()
	ca.issue("server")
	for end := time.Now().Add(10 * time.Second); serial() == old; {
		if time.Now().After(end) {
			t.Fatal("the old certificate is still served")
		}
	}
}

func dialAddr(l transports.Listener) transports.Addr {
	a := anyPort()
	_, a.Service, _ = net.SplitHostPort(l.Addr().String())
	return a
}

func TestTLSErrors(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	cert, key := ca.issue("server")
	_, otherKey := ca.issue("other")
	absent := filepath.Join(t.TempDir(), "absent.pem")
	for _, c := range []struct {
		name  string
		tls   TLS
		check func(TLS) error
		field string // empty: no mistake
	}{
		{"listener", TLS{Cert: cert, Key: key, ClientCA: ca.file}, TLS.CheckServer, ""},
		{"dialler", TLS{Cert: cert, Key: key, CA: ca.file, ServerName: "x"}, TLS.CheckClient, ""},
		{"plain dialler", TLS{}, TLS.CheckClient, ""},
		{"no certificate", TLS{}, TLS.CheckServer, "cert"},
		{"no key", TLS{Cert: cert}, TLS.CheckServer, "key"},
		{"dialler's half", TLS{Key: key}, TLS.CheckClient, "cert"},
		{"absent file", TLS{Cert: absent, Key: key}, TLS.CheckServer, "cert"},
		{"absent key", TLS{Cert: cert, Key: absent}, TLS.CheckServer, "key"},
		{"no pair", TLS{Cert: cert, Key: otherKey}, TLS.CheckServer, "cert"},
		{"no certificates", TLS{Cert: cert, Key: key, ClientCA: key}, TLS.CheckServer, "client_ca"},
		{"no authorities", TLS{CA: key}, TLS.CheckClient, "ca"},
		{"listener with ca", TLS{Cert: cert, Key: key, CA: ca.file}, TLS.CheckServer, "ca"},
		{"listener with name", TLS{Cert: cert, Key: key, ServerName: "x"}, TLS.CheckServer, "server_name"},
		{"access without authorities", TLS{Cert: cert, Key: key, Access: &Access{File: ca.file}}, TLS.CheckServer, "access"},
		{"absent entries", TLS{Cert: cert, Key: key, ClientCA: ca.file, Access: &Access{File: absent}}, TLS.CheckServer, "access"},
		{"no entries", TLS{Cert: cert, Key: key, ClientCA: ca.file, Access: &Access{File: ca.file}}, TLS.CheckServer, "access"},
		{"dialler with access", TLS{Access: &Access{}}, TLS.CheckClient, "access"},
		{"dialler with client_ca", TLS{ClientCA: ca.file}, TLS.CheckClient, "client_ca"},
	} {
		err := c.check(c.tls)
		e, ok := errors.AsType[*TLSError](err)
		switch {
		case c.field == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.field != "" && (!ok || e.Field != c.field):
			t.Errorf("%s: %v, want a mistake in %s", c.name, err, c.field)
		}
	}
}

// No error shows what is in a key's file.
func TestErrorsKeepSecrets(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	cert, key := ca.issue("server")
	secret, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	broken := strings.Replace(string(secret), "PRIVATE KEY", "SECRET KEY", 2)
	if err := os.WriteFile(key, []byte(broken), 0o600); err != nil {
		t.Fatal(err)
	}
	err = TLS{Cert: cert, Key: key}.CheckServer()
	if err == nil {
		t.Fatal("a broken key: no error")
	}
	for line := range strings.Lines(string(secret)) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "---") && strings.Contains(err.Error(), line) {
			t.Errorf("%v shows the key", err)
		}
	}
}

// acceptAll holds all connections of a listener until what it returns is called,
// which closes the listener: their end would reach the dialler.
func acceptAll(l transports.Listener) (end func()) {
	served := make(chan struct{})
	go func() {
		defer close(served)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
		}
	}()
	return func() { l.Close(); <-served }
}

// A listener goes on with the certificates of another Network, and with its own
// when those cannot be used.
func TestAdopt(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	ca := newAuthority(t)
	cert, key := ca.issue("server")
	arena := new(transports.Arena)
	server := quick(Network{Arena: arena, TLS: TLS{Cert: cert, Key: key}})
	l, err := server.Announce(t.Context(), anyPort())
	if err != nil {
		t.Fatal(err)
	}
	defer acceptAll(l)()
	serves := func(name string) {
		t.Helper()
		client := quick(Network{Arena: arena, TLS: TLS{CA: ca.file, ServerName: name}})
		c, err := client.Dial(t.Context(), dialAddr(l))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		c.Close()
	}
	serves("server")
	cert, key = ca.issue("other")
	adopter := l.(transports.Adopter)
	if _, err := adopter.Adopt(Network{TLS: TLS{Cert: cert, Key: "missing"}}); err == nil {
		t.Error("a key that is not there is adopted")
	}
	if _, err := adopter.Adopt(&server); err == nil {
		t.Error("another kind of network is adopted")
	}
	commit, err := adopter.Adopt(Network{TLS: TLS{Cert: cert, Key: key}})
	if err != nil {
		t.Fatal(err)
	}
	serves("server")
	commit()
	serves("other")
}
