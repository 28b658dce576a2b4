package demo

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/auth/ntlm"
	"github.com/smbgw/smbgw/gateway"
	"github.com/smbgw/smbgw/gateway/back"
	"github.com/smbgw/smbgw/gateway/client"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/quic"
	"github.com/smbgw/smbgw/transports/smbdirect"
	"github.com/smbgw/smbgw/transports/smbdirect/loop"
	"github.com/smbgw/smbgw/transports/tcp"
	"github.com/smbgw/smbgw/transports/transporttest"
)

// options are those of a small demonstration over RDMA in memory.
func options(out *output) Options {
	return Options{
		Listen:  transports.Addr{Network: "tcp", Host: "127.0.0.1", Service: "0"},
		Size:    4 << 20,
		TCP:     tcp.Network{},
		RDMA:    smbdirect.Over(new(loop.Fabric), smbdirect.Options{}),
		Middle:  "smbdirect",
		Welcome: welcome,
		Login:   login,
		Out:     out,
	}
}

// sole is the one account that there is.
type sole auth.Account

func (s sole) Lookup(name string) (auth.Account, error) {
	if name != s.Name {
		return auth.Account{}, auth.ErrNoUser
	}
	return auth.Account(s), nil
}

func welcome(a auth.Account) *gateway.Service {
	users := &ntlm.Server{Users: sole(a), Computer: "DEMO"}
	return &gateway.Service{
		GUID:        smb2.GUID{1},
		NewAcceptor: func(net.Addr) auth.Acceptor { return users.NewAcceptor() },
	}
}

func login(a auth.Account) auth.Initiator {
	return (&ntlm.Client{User: a.Name, Hash: a.Hash}).NewInitiator()
}

// output collects what is printed and wakes who waits for a part of it.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // a write happened; room for one
}

// newOutput is an output that a failed test shows.
func newOutput(t *testing.T) *output {
	o := &output{more: make(chan struct{}, 1)}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("printed:\n%s", o)
		}
	})
	return o
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.more <- struct{}{}:
	default:
	}
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// wait returns the text once a part of it is as pattern wants it.
func (o *output) wait(ctx context.Context, t *testing.T, pattern string) string {
	t.Helper()
	r := regexp.MustCompile(pattern)
	for {
		if text := o.String(); r.MatchString(text) {
			return text
		}
		select {
		case <-o.more:
		case <-ctx.Done():
			t.Fatalf("%q was not printed:\n%s", pattern, o)
		}
	}
}

// word is what pattern has found in parentheses.
func word(t *testing.T, text, pattern string) string {
	t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("no %q in\n%s", pattern, text)
	}
	return found[1]
}

// tableRow is what a line of the table says behind its leg.
func tableRow(t *testing.T, text, direction, leg string) []string {
	t.Helper()
	_, table, _ := strings.Cut(text, "throughput\n")
	now := ""
	for line := range strings.Lines(table) {
		words := strings.Fields(line)
		if len(words) > 0 && (words[0] == "up" || words[0] == "down") {
			now, words = words[0], words[1:]
		}
		if len(words) > 0 && now == direction && words[0] == leg {
			return words[1:]
		}
	}
	t.Fatalf("no row %s %s in\n%s", direction, leg, text)
	return nil
}

// The copy crosses the middle by RDMA alone, both ways, and nothing is left
// behind.
func TestCopy(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	out := newOutput(t)
	o := options(out)
	o.Once, o.Live = true, true
	if err := Run(t.Context(), o); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text := out.String()
	for _, c := range []struct{ direction, leg, want string }{
		{"up", "tcp", "4096 KiB 4 0 0 4"},
		{"up", "smbdirect", "4096 KiB 4 4 0 0"},
		{"down", "tcp", "4096 KiB 4 0 0 4"},
		{"down", "smbdirect", "4096 KiB 4 0 4 0"},
	} {
		if w := tableRow(t, text, c.direction, c.leg); len(w) != 8 || strings.Join(w[:6], " ") != c.want {
			t.Errorf("%s %s: %q, want %s\n%s", c.direction, c.leg, w, c.want, text)
		}
	}
	if !strings.Contains(text, "Every block came back") || strings.Contains(text, "Ctrl-C") {
		t.Errorf("the end is not right:\n%s", text)
	}
}

// What is printed can be done: a client with the user and password finds the
// copied file by TCP and by QUIC, its connection becomes rows, and an
// interruption ends it all, the certificate included.
func TestStaysUp(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	out := newOutput(t)
	o := options(out)
	o.QUIC = func(cert, key string) transports.Network { return quic.Network{TLS: quic.TLS{Cert: cert, Key: key}} }
	o.ListenQUIC = transports.Addr{Network: "quic", Host: "127.0.0.1", Service: "0"}
	text, interrupt, ended := up(ctx, t, o, out)

	cert := word(t, text, `tls cafile=([^']+)'`)
	overQUIC := quic.Network{TLS: quic.TLS{CA: cert}}
	byQUIC := transports.Addr{Network: "quic", Host: "localhost", Service: word(t, text, `quic:(\d+)'`)}
	for _, c := range []struct {
		network transports.Network
		at      transports.Addr
	}{{o.TCP, printedAddr(t, text)}, {overQUIC, byQUIC}} {
		s, leave := use(ctx, t, c.network, c.at, "demo", text)
		f, err := s.Open(copyName)
		if err != nil || f.Size != o.Size {
			t.Fatalf("%v: %+v, %v", c.at, f, err)
		}
		if _, err := f.ReadAt(make([]byte, 1<<20), 0); err != nil {
			t.Error(err)
		}
		f.Close()
		leave()
		out.wait(ctx, t, `\n  `+c.at.Network+` +127.0.0.1:\d+ +\d.* 0 +0 +1 .*`)
	}
	out.wait(ctx, t, `(?s)(\n  smbdirect [^\n]* 0 +1 +0 .*){2}`)
	interrupt(errors.New("signal received"))
	if err := <-ended; err != nil {
		t.Errorf("interrupted: %v", err)
	}
	if _, err := os.Stat(cert); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the certificate is left: %v", err)
	}
}

// up runs a demonstration until it says that it stays.
func up(ctx context.Context, t *testing.T, o Options, out *output) (text string, interrupt context.CancelCauseFunc, ended chan error) {
	t.Helper()
	// An interruption has a cause of its own, which is no failure.
	ctx, interrupt = context.WithCancelCause(ctx)
	ended = make(chan error, 1)
	go func() { ended <- Run(ctx, o) }()
	return out.wait(ctx, t, "Ctrl-C"), interrupt, ended
}

// printedAddr is the front's address by the port that is printed for smbclient.
func printedAddr(t *testing.T, text string) transports.Addr {
	t.Helper()
	return transports.Addr{Network: "tcp", Host: "127.0.0.1", Service: word(t, text, `smbclient //127.0.0.1/\w+ -p (\d+) `)}
}

// use connects to the share of the demonstration that has printed text.
func use(ctx context.Context, t *testing.T, n transports.Network, at transports.Addr, share, text string) (*client.Share, func()) {
	t.Helper()
	conn, err := n.Dial(ctx, at)
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(ctx, conn, back.Options{Arena: new(transports.Arena), ServerName: at.Host})
	if err != nil {
		t.Fatal(err)
	}
	account := auth.Account{Name: userName, Hash: ntlm.Hash(word(t, text, `password ([a-z2-7]+)\n`))}
	s, err := c.Connect(ctx, login(account), share)
	if err != nil {
		c.Close()
		t.Fatal(err)
	}
	return s, func() {
		s.Close()
		c.Close()
	}
}

// Against a server the chain stays up, and a connection is a row at its end. The
// server is another demonstration's.
func TestServer(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	serverOut := newOutput(t)
	serverText, stop, stopped := up(ctx, t, options(serverOut), serverOut)

	out := newOutput(t)
	o := options(out)
	o.Server = printedAddr(t, serverText)
	text, interrupt, ended := up(ctx, t, o, out)
	s, leave := use(ctx, t, o.TCP, printedAddr(t, text), shareName, serverText)
	s.Unit = 1 << 20
	f, err := s.Create("through")
	if err != nil {
		t.Fatal(err)
	}
	p := client.NewPattern(1)
	if err := errors.Join(f.Upload(4<<20, p.Fill), f.Download(4<<20, p.Check), f.Close()); err != nil {
		t.Error(err)
	}
	leave()
	out.wait(ctx, t, "smbdirect -> tcp .* 4 of 4 +4 of 4 ")
	out.wait(ctx, t, "tcp -> smbdirect .* 4 of 4 +4 of 4 ")
	interrupt(errors.New("signal received"))
	stop(nil)
	if err := errors.Join(<-ended, <-stopped); err != nil {
		t.Errorf("interrupted: %v", err)
	}
}

// A server that nobody has is told about, and the chain stays up.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	out := newOutput(t)
	o := options(out)
	o.Server = tcpAddr("tcp", free.Addr())
	free.Close()
	text, interrupt, ended := up(ctx, t, o, out)
	conn, err := o.TCP.Dial(ctx, printedAddr(t, text))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	out.wait(ctx, t, "backend unreachable")
	interrupt(nil)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// An interruption in the middle of the copy ends it.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	ctx, cancel := context.WithCancel(t.Context())
	o := options(newOutput(t))
	o.Size = 64 << 20
	o.TCP = cutting{o.TCP, cancel}
	if err := Run(ctx, o); err != nil {
		t.Error(err)
	}
}

// cutting is a network on which the demonstration is interrupted when a READ or
// WRITE has come.
type cutting struct {
	transports.Network
	cut func()
}

func (c cutting) Dial(ctx context.Context, a transports.Addr) (transports.Conn, error) {
	conn, err := c.Network.Dial(ctx, a)
	return cutConn{conn, c.cut}, err
}

type cutConn struct {
	transports.Conn
	cut func()
}

func (c cutConn) Send(m *transports.Message) error {
	if inlineOf(m.Bytes()) > 0 {
		c.cut()
	}
	return c.Conn.Send(m)
}

// A taken port is passed over only where any will do.
func TestTakenPort(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	o := options(newOutput(t))
	o.Once = true
	o.Listen = tcpAddr("tcp", taken.Addr())
	if err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), o.Listen.Service) {
		t.Errorf("on a taken port: %v", err)
	}
	o.Any = true
	if err := Run(t.Context(), o); err != nil {
		t.Errorf("with any port instead: %v", err)
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	for _, n := range []int64{-1, 1, 1<<20 + 1, MaxSize + 1<<20} {
		o := options(newOutput(t))
		o.Size = n
		if err := Run(t.Context(), o); err == nil {
			t.Errorf("a file of %d bytes was accepted", n)
		}
	}
}
