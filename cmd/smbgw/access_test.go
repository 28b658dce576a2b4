package main

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smbgw/smbgw/cmd/smbgw/config"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/transporttest"
)

// A record is a log that several goroutines write.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *record) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(b)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// The log says who has come with a certificate, from where, and which entry of the
// configuration has let him in or kept him out.
func TestAudit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ access, want string }{
		"admitted": {`access { allow = ["leaf:HASH"] }`,
			`level=INFO msg="client admitted" listener=internet peer=PEER subject="" issuer="" serial=1 sha256=HASH reason="allow leaf:HASH at DIR/smbgw.hcl:8"`},
		"denied": {"access {\n allow = [\"leaf:HASH\"]\n file = \"list\"\n}",
			`level=WARN msg="client denied" listener=internet peer=PEER subject="" issuer="" serial=1 sha256=HASH reason="deny chain:HASH at DIR/list:2"`},
		"unknown": {`access { allow = ["issuer:CN=ca"] }`,
			`level=WARN msg="client denied" listener=internet peer=PEER subject="" issuer="" serial=1 sha256=HASH reason="no entry allows it"`},
		"not asked": {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transporttest.Watch(t)
			dir := t.TempDir()
			certificate(t, dir, "gateway.example")
			words := strings.NewReplacer("HASH", fingerprint(t, filepath.Join(dir, "cert.pem")), "DIR", dir)
			write(t, filepath.Join(dir, "list"), words.Replace("# stolen\ndeny chain:HASH\n"))
			log, peer := visited(t, dir, words.Replace(c.access))
			want := strings.ReplaceAll(words.Replace(c.want), "PEER", peer)
			if want == "" && log != "" || !strings.Contains(log, want) {
				t.Errorf("the log has\n%swant\n%s", log, want)
			}
		})
	}
}

// visited has a client come to a listener with the certificate in dir, and returns
// what the log has then and where the client is said to be.
func visited(t *testing.T, dir, access string) (log, peer string) {
	t.Helper()
	file := filepath.Join(dir, "smbgw.hcl")
	write(t, file, `listen "internet" {
  address = "quic!127.0.0.1!0"
  relay   = "nas"
  tls {
    cert      = "cert.pem"
    key       = "key.pem"
    client_ca = "cert.pem"
    `+access+`
  }
}
backend "nas" {
  address     = ["quic!127.0.0.1!443"]
  server_name = "gateway.example"
  tls {
    ca   = "cert.pem"
    cert = "cert.pem"
    key  = "key.pem"
  }
}
`)
	c, err := config.Load(file, known(networks))
	if err != nil {
		t.Fatal(err)
	}
	said := new(record)
	l, err := listenQUIC(&c.Listeners[0], means{log: slog.New(slog.NewTextHandler(said, nil)), hardware: new(hardware)}).Announce(t.Context(), c.Listeners[0].Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan transports.Conn, 1)
	go func() {
		if c, err := l.Accept(); err == nil {
			c.Close() // which the client sees as the end
			accepted <- c
		}
		close(accepted)
	}()
	conn, err := dialQUIC(c.Backends[0], means{log: slog.New(slog.DiscardHandler), hardware: new(hardware)}).Dial(t.Context(), addrOf(l.Addr()))
	if err == nil { // the client may hear of its denial sooner
		if m, err := conn.Receive(); err == nil {
			m.Release()
			t.Error("a message has come")
		}
		conn.Close()
	}
	for end := time.Now().Add(10 * time.Second); access != "" && said.String() == "" && time.Now().Before(end); {
		time.Sleep(time.Millisecond) // what is said may come later than what is done
	}
	l.Close()
	<-accepted
	log = said.String()
	_, rest, _ := strings.Cut(log, "peer=")
	peer, _, _ = strings.Cut(rest, " ")
	return log, peer
}
