package quic

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/access"
	"github.com/smbgw/smbgw/transports/transporttest"
)

// fingerprint is the SHA-256 of a certificate in a file.
func fingerprint(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(b)
	return fmt.Sprintf("%x", sha256.Sum256(block.Bytes))
}

// entries makes a file of entries.
func entries(t *testing.T, lines ...string) *Access {
	t.Helper()
	a := &Access{File: filepath.Join(t.TempDir(), "access.list")}
	write(t, a.File, lines...)
	return a
}

// write replaces a file, with a time that no one before it has had.
func write(t *testing.T, file string, lines ...string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	age(t, file)
}

func age(t *testing.T, file string) {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(file, time.Time{}, info.ModTime().Add(time.Duration(serial.Add(1))*time.Minute)); err != nil {
		t.Fatal(err)
	}
}

// An audited is a listener with access control, and what is said of its clients.
type audited struct {
	t        *testing.T
	client   Network
	clients  *authority
	listener transports.Listener
	said     chan Admission
	failed   chan error
	accepted chan transports.Conn
}

func newAudited(t *testing.T, clients *authority, a *Access) *audited {
	t.Helper()
	client, server := networks(t)
	client, server = quick(client), quick(server)
	d := &audited{t: t, client: client, clients: clients, said: make(chan Admission, 10), failed: make(chan error, 10), accepted: make(chan transports.Conn, 10)}
	server.TLS.ClientCA, server.TLS.Access = clients.file, a
	server.Admission = func(a Admission) { d.said <- a }
	server.Failed = func(err error) { d.failed <- err }
	d.listener = listen(t, server)
	go func() {
		for {
			c, err := d.listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { c.Close() })
			d.accepted <- c
			go echo(c)
		}
	}()
	return d
}

// comes dials as somebody, and returns what is said of him.
func (d *audited) comes(cert, key string) (Admission, error) {
	d.t.Helper()
	n := d.client
	n.TLS.Cert, n.TLS.Key = cert, key
	_, err := dialTo(d.t, n, d.listener)
	select {
	case a := <-d.said:
		return a, err
	case <-time.After(10 * time.Second):
		d.t.Fatalf("nothing is said of %s, who gets %v", cert, err)
	}
	panic("not reached")
}

// Who has an allow entry gets in, and who has none does not; it is said of both
// who they are, from where, and by which entry.
func TestAccess(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	clients := newAuthority(t)
	alice, aliceKey := clients.issue("alice")
	bob, bobKey := clients.issue("bob")
	carol, carolKey := clients.issue("carol")
	list := entries(t, "allow leaf:"+fingerprint(t, alice), "deny leaf:"+fingerprint(t, carol), "allow leaf:"+fingerprint(t, carol))
	d := newAudited(t, clients, list)

	a, err := d.comes(alice, aliceKey)
	if err != nil || !a.Allowed || a.Peer == nil || a.Client.Subject != "CN=alice" || a.Entry.Place != list.File+":1" {
		t.Errorf("allowed client: %v, audit %+v", err, a)
	}
	if len(d.accepted) != 1 {
		t.Fatal("the allowed client is not accepted")
	}
	<-d.accepted
	for cert, c := range map[string]struct{ key, reason string }{
		bob:   {bobKey, "no entry allows it"},
		carol: {carolKey, fmt.Sprintf("deny leaf:%s at %s:2", fingerprint(t, carol), list.File)},
	} {
		began := time.Now()
		a, err := d.comes(cert, c.key)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s waits %v for his denial", cert, took)
		}
		if a.Allowed || a.Reason() != c.reason || fmt.Sprintf("%x", a.Client.SHA256) != fingerprint(t, cert) {
			t.Errorf("audit of %s: %v, %+v", cert, &a.Verdict, a.Client)
		}
		refused(t, err, alertAccessDenied)
		h, ok := errors.AsType[*transports.HandshakeError](<-d.failed)
		if !ok {
			t.Fatalf("the handshake of %s does not fail", cert)
		}
		if e, ok := errors.AsType[*DeniedError](h); !ok || e.Verdict.Allowed {
			t.Errorf("%s fails by %v", cert, h)
		}
	}
	if len(d.accepted)+len(d.said) != 0 {
		t.Errorf("%d who are denied are accepted, %d more is said", len(d.accepted), len(d.said))
	}
}

// refused checks that a client has heard an alert and nothing else.
func refused(t *testing.T, err error, want tls.AlertError) {
	t.Helper()
	e, ok := errors.AsType[*quic.TransportError](err)
	if !ok || !e.Remote || e.ErrorCode != quic.TransportErrorCode(0x100+int(want)) || e.ErrorMessage != "" {
		t.Errorf("the client gets %v (%+v), want alert %d alone", err, e, want)
	}
}

// TLS comes first: of whom no authority vouches for nothing is said, and neither
// of whom shows a certificate that is not his.
func TestAccessUnverified(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	clients := newAuthority(t)
	alice, _ := clients.issue("alice")
	mallory, malloryKey := newAuthority(t).issue("mallory")
	d := newAudited(t, clients, entries(t, "allow leaf:"+fingerprint(t, alice), "allow leaf:"+fingerprint(t, mallory)))

	stranger := d.client
	stranger.TLS.Cert, stranger.TLS.Key = mallory, malloryKey
	if _, err := dialTo(t, stranger, d.listener); err == nil {
		t.Error("somebody of another authority is let in")
	}
	if _, err := dialTo(t, d.client, d.listener); err == nil {
		t.Error("somebody without a certificate is let in")
	}
	thief := stolen(t, alice, malloryKey)
	if err := d.dialWith(thief); err == nil {
		t.Error("somebody with alice's certificate and not her key is let in")
	}
	for range 3 {
		<-d.failed
	}
	if len(d.said)+len(d.accepted) != 0 {
		t.Errorf("of %d is said who they are, %d are accepted", len(d.said), len(d.accepted))
	}
}

// stolen is a certificate with somebody else's key.
func stolen(t *testing.T, cert, key string) tls.Certificate {
	t.Helper()
	own, err := tls.LoadX509KeyPair(strings.Replace(key, ".key", ".pem", 1), key)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(cert)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(b)
	own.Certificate, own.Leaf = [][]byte{block.Bytes}, nil
	return own
}

// dialWith dials with a certificate that no file has.
func (d *audited) dialWith(c tls.Certificate) error {
	d.t.Helper()
	config, err := d.client.TLS.clientConfig("server")
	if err != nil {
		d.t.Fatal(err)
	}
	config.Certificates = []tls.Certificate{c}
	n := d.client.withDefaults()
	remote := d.listener.(*listener).raw.Addr()
	conn, err := n.dial(d.t.Context(), localFor(remote.(*net.UDPAddr)), func(tr *quic.Transport) (*quic.Conn, error) {
		return tr.Dial(d.t.Context(), remote, config, n.clientQUIC())
	})
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = conn.Receive()
	return err
}

// Entries are read again when their file has changed, whatever the state of the
// other files; a broken file is reported once and the old entries stay.
func TestAccessReload(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	cert, key := ca.issue("server")
	alice, _ := ca.issue("alice")
	bob, _ := ca.issue("bob")
	list := entries(t, "allow leaf:"+fingerprint(t, alice))
	now := time.Unix(1e9, 0)
	var failed []error
	r, err := newReloader(TLS{Cert: cert, Key: key, ClientCA: ca.file, Access: list},
		func(err error) { failed = append(failed, err) }, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	check := func(step string, aliceIn, bobIn bool, reports int) {
		t.Helper()
		now = now.Add(2 * checkInterval)
		r.config("") // which looks at the other files
		l := r.access.get()
		for file, want := range map[string]bool{alice: aliceIn, bob: bobIn} {
			if v := ca.judge(l, file); v.Allowed != want {
				t.Errorf("%s: %s: %v", step, file, &v)
			}
		}
		if len(failed) != reports {
			t.Errorf("%s: %d reports, want %d: %v", step, len(failed), reports, failed)
		}
	}
	check("first", true, false, 0)
	write(t, list.File, "allow issuer:CN=authority", "deny leaf:"+fingerprint(t, alice))
	check("changed", false, true, 0)
	ca.issue("server")
	age(t, cert)
	check("own certificate renewed", false, true, 0)
	write(t, list.File, "allow issuer:CN=authority", "deny leaf:12")
	check("broken", false, true, 1)
	check("still broken", false, true, 1)
	if e, ok := errors.AsType[*TLSError](failed[0]); !ok || e.Field != "access" || !strings.Contains(e.Error(), "line 2") {
		t.Errorf("report: %v", failed[0])
	}
	write(t, cert, "rubbish")
	write(t, list.File, "allow leaf:"+fingerprint(t, alice))
	check("mended, with a broken certificate", true, false, 2)
	if err := os.Remove(list.File); err != nil {
		t.Fatal(err)
	}
	check("removed", true, false, 3)
	write(t, list.File, "# nobody")
	check("emptied", false, false, 4)
	if !strings.Contains(failed[3].Error(), "all clients are denied") {
		t.Errorf("report: %v", failed[3])
	}
	check("still empty", false, false, 4)
}

// Without room for the verdict nobody is let in, and that is our own fault.
func TestAccessInternalError(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	alice, _ := ca.issue("alice")
	l, err := access.Parse("f", "allow leaf:"+fingerprint(t, alice))
	if err != nil {
		t.Fatal(err)
	}
	room, err := withVerdict(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	full := ca.state(alice)
	if err := admit(room, l)(full); err != nil {
		t.Errorf("with room: %v", err)
	}
	unverified := full
	unverified.VerifiedChains = nil
	for _, err := range []error{admit(context.Background(), l)(full), admit(room, l)(unverified)} {
		if alert, ok := errors.AsType[tls.AlertError](err); !ok || alert != alertInternalError {
			t.Errorf("%v, want alert %d", err, alertInternalError)
		}
	}
}

// Entries of another configuration are in force from the next client on.
func TestAdoptAccess(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	clients := newAuthority(t)
	alice, aliceKey := clients.issue("alice")
	d := newAudited(t, clients, entries(t, "allow leaf:"+fingerprint(t, alice)))
	if _, err := d.comes(alice, aliceKey); err != nil {
		t.Fatal(err)
	}
	next := d.listener.(*listener).network
	next.TLS.Access = entries(t, "allow nobody")
	if _, err := d.listener.(transports.Adopter).Adopt(next); err == nil {
		t.Error("a broken file is adopted")
	}
	next.TLS.Access = entries(t, "allow chain:"+fingerprint(t, clients.file), "deny issuer:CN=authority")
	commit, err := d.listener.(transports.Adopter).Adopt(next)
	if err != nil {
		t.Fatal(err)
	}
	commit()
	_, err = d.comes(alice, aliceKey)
	refused(t, err, alertAccessDenied)
}
