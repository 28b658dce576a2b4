package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect"
	"github.com/smbgw/smbgw/transports/smbdirect/loop"
	"github.com/smbgw/smbgw/transports/tcp"
	"github.com/smbgw/smbgw/transports/transporttest"
)

// options are those of a small demonstration over RDMA in memory.
func options(out *output) Options {
	return Options{
		Listen: transports.Addr{Network: "tcp", Host: "127.0.0.1", Service: "0"},
		Size:   4 << 20,
		TCP:    tcp.Network{},
		RDMA:   smbdirect.Over(new(loop.Fabric), smbdirect.Options{}),
		Middle: "smbdirect",
		Out:    out,
	}
}

// output collects what is printed and wakes who waits for a part of it.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // a write happened; room for one
}

func newOutput() *output { return &output{more: make(chan struct{}, 1)} }

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

// wait returns the text once part is in it.
func (o *output) wait(ctx context.Context, t *testing.T, part string) string {
	t.Helper()
	for {
		if text := o.String(); strings.Contains(text, part) {
			return text
		}
		select {
		case <-o.more:
		case <-ctx.Done():
			t.Fatalf("%q was not printed:\n%s", part, o)
		}
	}
}

// The built-in load moves all its payload by RDMA, both ways, and nothing is
// left behind.
func TestBuiltIn(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	out := newOutput()
	if err := Run(t.Context(), options(out)); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	requests := passes * 4 // of 1 MiB for a file of 4 MiB
	all := fmt.Sprintf("%d of %d", requests, requests)
	for _, leg := range []string{"tcp -> smbdirect", "smbdirect -> tcp"} {
		var row string
		for line := range strings.Lines(out.String()) {
			if strings.HasPrefix(strings.TrimSpace(line), leg) {
				row = line
			}
		}
		if strings.Count(row, all) != 2 {
			t.Errorf("row %q, want %s by RDMA both ways\n%s", row, all, out)
		}
	}
	if text := out.String(); !strings.Contains(text, "Every block came back") || !strings.Contains(text, "-server HOST") {
		t.Errorf("the end is missing:\n%s", text)
	}
}

// Against a server the chain stays up, and a connection is a row at its end.
func TestServer(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	s := &store{file: make([]byte, 4<<20)}
	l, err := tcp.Network{}.Announce(ctx, transports.Addr{Network: "tcp", Host: "127.0.0.1", Service: "0"})
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() { s.accept(ctx, l) })

	// An interruption has a cause of its own, which is no failure.
	interrupted, interrupt := context.WithCancelCause(ctx)
	out := newOutput()
	o := options(out)
	o.Server = tcpAddr("tcp", l.Addr())
	ended := make(chan error, 1)
	running.Go(func() { ended <- Run(interrupted, o) })
	text := out.wait(ctx, t, "Ctrl-C")

	front := addressIn(t, text, "smbclient //127.0.0.1/SHARE -p ")
	conn, err := o.TCP.Dial(ctx, front)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newLoad(conn, 4<<20).run(func(string, int64, float64) {}); err != nil {
		t.Fatal(err)
	}
	conn.Close()
	out.wait(ctx, t, "smbdirect -> tcp")
	out.wait(ctx, t, "tcp -> smbdirect")
	interrupt(errors.New("signal received"))
	if err := <-ended; err != nil {
		t.Errorf("interrupted: %v", err)
	}
	l.Close()
	running.Wait()
}

// addressIn is the front's address by the port that is printed behind word.
func addressIn(t *testing.T, text, word string) transports.Addr {
	t.Helper()
	_, rest, ok := strings.Cut(text, word)
	port, _, _ := strings.Cut(rest, " ")
	if !ok {
		t.Fatalf("no %q in\n%s", word, text)
	}
	return transports.Addr{Network: "tcp", Host: "127.0.0.1", Service: port}
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
	out := newOutput()
	o := options(out)
	o.Server = tcpAddr("tcp", free.Addr())
	free.Close()
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, o) }()
	text := out.wait(ctx, t, "Ctrl-C")
	conn, err := o.TCP.Dial(ctx, addressIn(t, text, "-p "))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	out.wait(ctx, t, "backend unreachable")
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
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
	o := options(newOutput())
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
		o := options(newOutput())
		o.Size = n
		if err := Run(t.Context(), o); err == nil {
			t.Errorf("a file of %d bytes was accepted", n)
		}
	}
}
