package main

import (
	"context"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smbgw/smbgw/cmd/smbgw/config"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/transporttest"
)

// A manager is a service manager's end of a socket.
type manager struct{ *net.UnixConn }

func newManager(t *testing.T) (m manager, socket string) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "notify")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return manager{c}, socket
}

// wait reads on to a datagram with a line.
func (m manager) wait(t *testing.T, line string) string {
	t.Helper()
	m.SetReadDeadline(time.Now().Add(20 * time.Second))
	b := make([]byte, 4096)
	for {
		n, err := m.Read(b)
		if err != nil {
			t.Fatalf("waiting for %s: %v", line, err)
		}
		if text := string(b[:n]); strings.Contains("\n"+text, "\n"+line+"\n") {
			return text
		}
	}
}

// The service manager hears of the start, of every beat with the number of
// connections, and of the end.
func TestManager(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	m, socket := newManager(t)
	env := map[string]string{"NOTIFY_SOCKET": socket, "WATCHDOG_USEC": "20000"}
	ctx, stop := context.WithCancel(t.Context())
	file := relayConfig(t, "tcp!127.0.0.1!0", transports.Addr{Network: "tcp", Host: "127.0.0.1", Service: "9"}, "")
	inv := &invocation{networks: networks, getenv: func(name string) string { return env[name] }, stdout: io.Discard, stderr: io.Discard}
	ended := make(chan int, 1)
	go func() { ended <- inv.run(ctx, []string{"-c", file}) }()
	if got := m.wait(t, "READY=1"); !strings.Contains(got, "STATUS=serving; connections: 0\n") {
		t.Errorf("ready: %q", got)
	}
	m.wait(t, "WATCHDOG=1")
	m.wait(t, "WATCHDOG=1")
	stop()
	m.wait(t, "STOPPING=1")
	if status := <-ended; status != exitOK {
		t.Errorf("status %d", status)
	}
}

// What is wrong with the environment is said, and the gateway serves.
func TestManagerWrong(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	env := map[string]string{"NOTIFY_SOCKET": "nowhere", "WATCHDOG_USEC": "soon"}
	file := relayConfig(t, "tcp!127.0.0.1!0", transports.Addr{Network: "tcp", Host: "127.0.0.1", Service: "9"}, "")
	ctx, stop := context.WithCancel(t.Context())
	log := &interrupting{after: "msg=listening", interrupt: stop}
	inv := &invocation{networks: networks, getenv: func(name string) string { return env[name] }, stdout: io.Discard, stderr: log}
	if status := inv.run(ctx, []string{"-c", file}); status != exitOK {
		t.Errorf("status %d", status)
	}
	for _, want := range []string{"NOTIFY_SOCKET", "WATCHDOG_USEC"} {
		if !strings.Contains(log.text.String(), want) {
			t.Errorf("the log does not name %s: %s", want, log.text.String())
		}
	}
}

// Who cannot start is never ready.
func TestNeverReady(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	m, socket := newManager(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	listen := addrOf(taken.Addr())
	inv := &invocation{networks: networks, stdout: io.Discard, stderr: io.Discard, getenv: func(name string) string {
		return map[string]string{"NOTIFY_SOCKET": socket}[name]
	}}
	if status := inv.run(t.Context(), []string{"-c", relayConfig(t, listen.String(), listen, "")}); status != exitFailed {
		t.Errorf("status %d", status)
	}
	m.SetReadDeadline(time.Now().Add(time.Millisecond))
	if n, err := m.Read(make([]byte, 100)); err == nil {
		t.Errorf("%d bytes were told", n)
	}
}

// brief is a network whose one listener ends by itself when end is closed.
type brief struct {
	transports.Network
	end chan struct{}
}

func (b brief) Announce(ctx context.Context, a transports.Addr) (transports.Listener, error) {
	l, err := b.Network.Announce(ctx, a)
	go func() {
		<-b.end
		l.Close()
	}()
	return l, err
}

// The watchdog is not kept quiet by a program that takes no clients any more.
func TestWatchdog(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	m, socket := newManager(t)
	env := map[string]string{"NOTIFY_SOCKET": socket, "WATCHDOG_USEC": "4000"}
	end := make(chan struct{})
	row := networks["tcp"]
	row.listen = func(l *config.Listener, m means) transports.Network {
		return brief{networks["tcp"].listen(l, m), end}
	}
	ctx, stop := context.WithCancel(t.Context())
	file := relayConfig(t, "tcp!127.0.0.1!0", transports.Addr{Network: "tcp", Host: "127.0.0.1", Service: "9"}, "")
	inv := &invocation{networks: map[string]network{"tcp": row}, getenv: func(name string) string { return env[name] }, stdout: io.Discard, stderr: io.Discard}
	ended := make(chan int, 1)
	go func() { ended <- inv.run(ctx, []string{"-c", file}) }()
	m.wait(t, "WATCHDOG=1")
	close(end)
	m.wait(t, `STATUS=listener "office" has ended`)
	m.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, err := m.Read(make([]byte, 100)); err == nil {
		t.Errorf("%d more bytes were told", n)
	}
	stop()
	m.wait(t, "STOPPING=1")
	if status := <-ended; status != exitOK {
		t.Errorf("status %d", status)
	}
}
