package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/auth/ntlm"
	"github.com/smbgw/smbgw/auth/users"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/transporttest"
)

// A live program runs in the test's process, and reads its file again when it is
// told to.
type live struct {
	t      *testing.T
	ctx    context.Context
	dir    string
	hangup chan os.Signal
	log    *lockedLog
	heard  manager
	stop   func() int
}

type lockedLog struct {
	mu   sync.Mutex
	text bytes.Buffer // that nobody has taken
	all  bytes.Buffer
}

func (l *lockedLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all.Write(b)
	return l.text.Write(b)
}

// take is what has been logged since the last time.
func (l *lockedLog) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.text.Reset()
	return l.text.String()
}

// startLive runs the program on a configuration, in a folder that is furnished.
func startLive(t *testing.T, src string) *live {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	l := &live{t: t, ctx: ctx, dir: t.TempDir(), hangup: make(chan os.Signal), log: new(lockedLog)}
	furnish(t, l.dir)
	var socket string
	l.heard, socket = newManager(t)
	l.write(src)
	inv := &invocation{networks: networks, hangup: func() <-chan os.Signal { return l.hangup }, stdout: io.Discard, stderr: l.log, getenv: func(name string) string {
		return map[string]string{"NOTIFY_SOCKET": socket}[name]
	}}
	running, interrupt := context.WithCancel(ctx)
	ended := make(chan int, 1)
	go func() { ended <- inv.run(running, []string{"-c", l.file()}) }()
	l.stop = sync.OnceValue(func() int { interrupt(); return <-ended })
	t.Cleanup(func() { l.stop() })
	l.heard.wait(t, "READY=1")
	return l
}

func (l *live) file() string     { return filepath.Join(l.dir, "smbgw.hcl") }
func (l *live) write(src string) { write(l.t, l.file(), src) }

// reload has the program read another configuration, and returns what it logs and
// tells the service manager.
func (l *live) reload(src string) (log, told string) {
	l.t.Helper()
	l.log.take()
	l.write(src)
	l.hangup <- os.Interrupt
	l.heard.wait(l.t, "RELOADING=1")
	told = l.heard.wait(l.t, "READY=1")
	return l.log.take(), told
}

// listening finds in a log where a listener is.
func (l *live) listening(log, name string) transports.Addr {
	l.t.Helper()
	m := regexp.MustCompile(`msg=listening listener=` + name + ` address=(\S+)`).FindStringSubmatch(log)
	if m == nil {
		l.t.Fatalf("no listener %s in the log:\n%s", name, log)
	}
	a, err := transports.ParseAddr(m[1])
	if err != nil {
		l.t.Fatal(err)
	}
	return a
}

// visit says what keeps an account from a share.
func (l *live) visit(at transports.Addr, name string, who auth.Account, share string) error {
	l.t.Helper()
	c := come(l.ctx, l.t, l.dir, name, at)
	defer c.Close()
	s, err := c.Connect(l.ctx, initiator(who), share)
	if err == nil {
		s.Close()
	}
	return err
}

const liveBefore = `
listen "office" { address = "tcp!127.0.0.1!0" }
listen "internet" {
  address = "quic!127.0.0.1!0"
  tls {
    cert = "cert.pem"
    key  = "key.pem"
  }
}
users { file = "users" }
mount "projects" { backend = "nas" }
backend "nas" { address = ["STORAGE"] }
`

const liveAfter = `
log { level = "debug" }
listen "bureau" { address = "tcp!127.0.0.1!0" }
listen "internet" {
  address = "quic!127.0.0.1!0"
  tls {
    cert = "new/cert.pem"
    key  = "new/key.pem"
  }
}
listen "rdma" { address = "smbdirect!127.0.0.1!0" }
users { file = "others" }
mount "plans" {
  backend = "nas"
  share   = "projects"
  as      = { user = "alice", password_file = "sesame" }
}
backend "nas" { address = ["STORAGE"] }
`

// A reload changes everything for new connections and nothing for those that are
// there; one that fails changes nothing.
func TestReload(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	bob := auth.Account{Name: "bob", Hash: ntlm.Hash("swordfish")}
	nas := storage(t.Context(), t)
	before := strings.ReplaceAll(liveBefore, "STORAGE", nas["tcp"].String())
	after := strings.ReplaceAll(liveAfter, "STORAGE", smbdirectAt(nas).String())
	l := startLive(t, before)
	furnishAfter(t, l.dir, bob)
	log := l.log.take()
	office, internet := l.listening(log, "office"), l.listening(log, "internet")

	old := come(l.ctx, t, l.dir, "gateway.example", office)
	share, err := old.Connect(l.ctx, initiator(alice), "projects")
	if err != nil {
		t.Fatal(err)
	}
	file, err := share.Create("plan")
	if err != nil {
		t.Fatal(err)
	}

	log, told := l.reload(after)
	if !strings.Contains(log, "configuration changed") || !strings.Contains(told, "STATUS=serving; connections: 1\n") {
		t.Errorf("told %q, log:\n%s", told, log)
	}
	if n := strings.Count(log, "msg=listening"); n != 1 {
		t.Errorf("%d listeners are opened, want the new one:\n%s", n, log)
	}
	rdma := l.listening(log, "rdma")
	asBefore := func(when string) {
		t.Helper()
		keep(t, file)
		again, err := old.Connect(l.ctx, initiator(alice), "projects")
		if err != nil {
			t.Fatalf("%s, on a connection from before: %v", when, err)
		}
		again.Close()
	}
	asAfter := func(when string) {
		t.Helper()
		for _, c := range []struct {
			at    transports.Addr
			name  string
			who   auth.Account
			share string
			works bool
		}{
			{office, "gateway.example", bob, "plans", true}, {office, "gateway.example", bob, "projects", false}, {office, "gateway.example", alice, "plans", false},
			{internet, "new.example", bob, "plans", true}, {rdma, "gateway.example", bob, "plans", true},
		} {
			if err := l.visit(c.at, c.name, c.who, c.share); (err == nil) != c.works {
				t.Errorf("%s, %s at %s on %s: %v", when, c.who.Name, c.share, c.at, err)
			}
		}
	}
	asBefore("after a reload")
	asAfter("after a reload")
	if !strings.Contains(l.log.take(), "level=DEBUG") {
		t.Error("the log's level is what it was")
	}

	for name, bad := range refusedReloads(t, after) {
		log, told := l.reload(bad.src)
		for _, want := range bad.want {
			if !strings.Contains(log, want) {
				t.Errorf("%s: the log does not say %s:\n%s", name, want, log)
			}
		}
		if !strings.Contains(log, "stays in force") || strings.Contains(log, "configuration changed") || !strings.Contains(told, "stays in force") {
			t.Errorf("%s: told %q, log:\n%s", name, told, log)
		}
		asBefore(name)
		asAfter(name)
	}

	overQUIC := come(l.ctx, t, l.dir, "new.example", internet)
	defer overQUIC.Close()
	_, rest, _ := strings.Cut(after, "listen \"rdma\"")
	log, _ = l.reload("listen \"rdma\"" + rest)
	if !strings.Contains(log, `no longer listening" listener=bureau`) || !strings.Contains(log, `no longer listening" listener=internet`) {
		t.Errorf("the log:\n%s", log)
	}
	plans, err := overQUIC.Connect(l.ctx, initiator(bob), "plans")
	if err != nil {
		t.Fatalf("over QUIC, without its listener: %v", err)
	}
	plans.Close()
	if c, err := net.Dial("tcp", net.JoinHostPort(office.Host, office.Service)); err == nil {
		c.Close()
		t.Error("a listener that was taken out is open")
	}
	asBefore("without its listener")
	file.Close()
	share.Close()
	old.Close()
	if status := l.stop(); status != exitOK {
		t.Errorf("status %d", status)
	}
	l.heard.wait(t, "STOPPING=1")
}

// A refusedReload is a configuration that is not put in force, and what the log
// says of it.
type refusedReload struct {
	src  string
	want []string
}

func refusedReloads(t *testing.T, good string) map[string]refusedReload {
	t.Helper()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	unlucky := addrOf(taken.Addr()).String()
	wrong := strings.NewReplacer(`level = "debug"`, `level = "loud"`, `share   = "projects"`, `shar    = "projects"`).Replace(good)
	return map[string]refusedReload{
		"two mistakes": {wrong, []string{"line=2 column=16", "loud", "line=15 column=3", "shar", "mistakes=2"}},
		"a taken port": {good + `listen "unlucky" { address = "` + unlucky + `" }`, []string{`listener \"unlucky\"`, "address already in use"}},
		"another format": {strings.Replace(good, `level = "debug"`, `format = "json"`, 1),
			[]string{`format is \"text\" and cannot become \"json\" without a restart`}},
		"no file that is HCL": {"listen", []string{"mistakes=1"}},
	}
}

// furnishAfter makes the files that liveAfter names.
func furnishAfter(t *testing.T, dir string, who auth.Account) {
	t.Helper()
	if _, _, err := users.Set(filepath.Join(dir, "others"), who.Name, who.Hash, time.Now()); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "sesame"), "open sesame\n")
	fresh := filepath.Join(dir, "new")
	if err := os.Mkdir(fresh, 0o700); err != nil {
		t.Fatal(err)
	}
	certificate(t, fresh, "new.example")
	// Clients trust both certificates.
	both := append(readFile(t, filepath.Join(dir, "cert.pem")), readFile(t, filepath.Join(fresh, "cert.pem"))...)
	write(t, filepath.Join(dir, "cert.pem"), string(both))
}

func smbdirectAt(at map[string]transports.Addr) transports.Addr {
	a := at["smbdirect"]
	a.Network = "smbdirect"
	return a
}

// A listener that relays may serve next, and the other way round, with the same
// socket; over SMB Direct a client waits for its answer in one of the two only.
func TestReloadTurnsRelay(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	nas := storage(t.Context(), t)
	const common = `
listen "other" { address = "tcp!127.0.0.1!0" }
users { file = "users" }
mount "projects" { backend = "nas" }
backend "nas" { address = ["STORAGE"] }
listen "rdma" {
  address = "smbdirect!127.0.0.1!0"
`
	serve := strings.ReplaceAll(common, "STORAGE", nas["tcp"].String()) + "}\n"
	relay := strings.TrimSuffix(serve, "}\n") + "  relay = \"nas\"\n}\n"
	l := startLive(t, serve)
	at := l.listening(l.log.take(), "rdma")
	for i, src := range []string{"", relay, serve, relay} {
		if src != "" {
			if log, _ := l.reload(src); strings.Contains(log, "msg=listening") || !strings.Contains(log, "configuration changed") {
				t.Errorf("reload %d:\n%s", i, log)
			}
		}
		if err := l.visit(at, "gateway.example", alice, "projects"); err != nil {
			t.Errorf("after %d reloads: %v", i, err)
		}
	}
	if status := l.stop(); status != exitOK {
		t.Errorf("status %d", status)
	}
	said := l.log.all.String() // the program has ended
	if logins, relayed := strings.Count(said, `msg="logged in"`), strings.Count(said, " back=tcp!"); logins != 2 || relayed != 2 {
		t.Errorf("%d served and %d relayed, want 2 and 2:\n%s", logins, relayed, said)
	}
}

// Log-ins that have failed count after a reload too: whoever guesses does not
// begin anew.
func TestReloadKeepsFailures(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	nas := storage(t.Context(), t)
	src := strings.ReplaceAll(liveBefore, "STORAGE", nas["tcp"].String())
	l := startLive(t, src)
	at := l.listening(l.log.take(), "office")
	guess := func(times int) {
		for range times {
			if l.visit(at, "gateway.example", auth.Account{Name: alice.Name, Hash: ntlm.Hash("wrong")}, "projects") == nil {
				t.Fatal("a wrong password is right")
			}
		}
	}
	guess(9)
	l.reload(src)
	guess(6) // more than one, for the first waits are short
	if log := l.log.take(); !strings.Contains(log, "refused for another") {
		t.Errorf("the log:\n%s", log)
	}
}

// SIGHUP is what asks a process to read its file again.
func TestHangup(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	server := echoServer(t)
	file := relayConfig(t, "tcp!127.0.0.1!0", server, `log { format = "json" }`)
	cmd, service, stderr := process(ctx, t, file)
	log := bufio.NewScanner(stderr)
	first := listening(t, log)
	service.wait(t, "READY=1")
	write(t, file, string(readFile(t, file))+`
listen "second" {
  address = "tcp!127.0.0.1!0"
  relay   = "nas"
}
`)
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if got := service.wait(t, "RELOADING=1"); !regexp.MustCompile(`\nMONOTONIC_USEC=[1-9]\d*\n`).MatchString(got) {
		t.Errorf("told %q", got)
	}
	service.wait(t, "READY=1")
	second := listening(t, log)
	oneMessage(ctx, t, first)
	oneMessage(ctx, t, second)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, stderr)
	if err := cmd.Wait(); err != nil {
		t.Errorf("after SIGHUP and SIGTERM: %v", err)
	}
}

// What is known of a backend's addresses is told, and outlives a reload.
func TestReloadAway(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	src := `
listen "office" {
  address = "tcp!127.0.0.1!0"
  relay   = "nas"
}
backend "nas" { address = ["` + addrOf(gone.Addr()).String() + `"] }
`
	l := startLive(t, src)
	host, err := l.listening(l.log.take(), "office").DialHostPort()
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("somebody answers")
	}
	if log := l.log.take(); !strings.Contains(log, "backend address is down") {
		t.Errorf("the log has\n%s", log)
	}
	if log, told := l.reload(src); !strings.Contains(told, "; backend addresses down: 1 of 1\n") || strings.Contains(log, "address is") {
		t.Errorf("told %q, log:\n%s", told, log)
	}
	if status := l.stop(); status != exitOK {
		t.Errorf("status %d", status)
	}
}
