package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/smbgw/smbgw/cmd/smbgw/config"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/tcp"
	"github.com/smbgw/smbgw/transports/transporttest"
)

// asProgram makes the test binary the program itself, for tests that need a
// process.
const asProgram = "SMBGW_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process starts the program as one of its own, under a service manager.
func process(ctx context.Context, t *testing.T, file string, environment ...string) (*exec.Cmd, manager, io.Reader) {
	t.Helper()
	cmd := exec.CommandContext(ctx, os.Args[0], "-c", file)
	service, socket := newManager(t)
	cmd.Env = append(append(os.Environ(), asProgram+"=1", "NOTIFY_SOCKET="+socket), environment...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, service, stderr
}

// The whole program as a process: it relays a message there and back, writes
// JSON as told, tells the service manager how it is, and ends with status 0 on
// either signal.
func TestSignals(t *testing.T) {
	t.Parallel()
	for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			server := echoServer(t)
			file := relayConfig(t, "tcp!127.0.0.1!0", server, `log { format = "json" }`)
			cmd, service, stderr := process(ctx, t, file, "WATCHDOG_USEC=100000")
			log := bufio.NewScanner(stderr)
			front := listening(t, log)
			oneMessage(ctx, t, front)
			service.wait(t, "READY=1")
			service.wait(t, "WATCHDOG=1")
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			var last string
			for log.Scan() {
				last = log.Text()
			}
			service.wait(t, "STOPPING=1")
			if err := cmd.Wait(); err != nil {
				t.Errorf("after %v: %v", signal, err)
			}
			if !strings.Contains(last, `"msg":"ended"`) {
				t.Errorf("last line of the log: %s", last)
			}
		})
	}
}

// listening reads the log up to the line that says where the program listens.
func listening(t *testing.T, log *bufio.Scanner) transports.Addr {
	t.Helper()
	for log.Scan() {
		var line struct{ Msg, Address string }
		if err := json.Unmarshal(log.Bytes(), &line); err != nil {
			t.Fatalf("%s: %v", log.Text(), err)
		}
		if line.Msg == "listening" {
			a, err := transports.ParseAddr(line.Address)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
	}
	t.Fatalf("the program ended without listening: %v", log.Err())
	return transports.Addr{}
}

// oneMessage sends a message that an echo server sends back.
func oneMessage(ctx context.Context, t *testing.T, a transports.Addr) {
	t.Helper()
	const text = "\xfdSMB a message that nobody but its two ends can read"
	conn, err := tcp.Network{}.Dial(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var arena transports.Arena
	m := arena.New(len(text))
	copy(m.Bytes(), text)
	if err := conn.Send(m); err != nil {
		t.Fatal(err)
	}
	back, err := conn.Receive()
	if err != nil {
		t.Fatal(err)
	}
	defer back.Release()
	if string(back.Bytes()) != text {
		t.Errorf("%q came back", back.Bytes())
	}
}

// echoServer sends every message back; it ends with the test.
func echoServer(t *testing.T) transports.Addr {
	t.Helper()
	l, err := tcp.Network{}.Announce(t.Context(), transports.Addr{Network: "tcp", Host: "127.0.0.1", Service: "0"})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			for {
				m, err := conn.Receive()
				if err != nil || conn.Send(m) != nil {
					break
				}
			}
			conn.Close()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return addrOf(l.Addr())
}

func addrOf(a net.Addr) transports.Addr {
	host, port, _ := net.SplitHostPort(a.String())
	return transports.Addr{Network: "tcp", Host: host, Service: port}
}

func relayConfig(t *testing.T, listen string, server transports.Addr, more string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "gateway.hcl")
	write(t, file, more+`
listen "office" {
  address = "`+listen+`"
  relay   = "nas"
}
backend "nas" {
  address = ["`+server.String()+`"]
}
`)
	return file
}

// A port that is taken ends the program with its status and the listener's
// name, not with a gateway that listens on less than it was told.
func TestTakenPort(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	listen := addrOf(taken.Addr())
	file := relayConfig(t, listen.String(), listen, "")
	got := invoke(t.Context(), "-c", file)
	if got.status != exitFailed || !strings.Contains(got.stderr, `listener "office"`) {
		t.Errorf("listening on a taken port: %+v", got)
	}
}

// What relay cannot hide is said at the start.
func TestRelaySaysWhatItPasses(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	file := relayConfig(t, "tcp!127.0.0.1!0", transports.Addr{Network: "tcp", Host: "127.0.0.1", Service: "9"}, "")
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"-c", file}, strings.NewReader(""), io.Discard, writer)
		writer.Close()
	}()
	var said bool
	for log := bufio.NewScanner(reader); log.Scan(); {
		said = said || strings.Contains(log.Text(), "network-interface lists") && strings.Contains(log.Text(), "listener=office")
		if strings.Contains(log.Text(), "listening") {
			cancel()
		}
	}
	if status := <-ended; status != exitOK || !said {
		t.Errorf("status %d, said: %v", status, said)
	}
	cancel()
}

func TestLogger(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		log  config.Log
		want string
	}{
		{config.Log{Level: slog.LevelInfo, Format: config.FormatText}, "level=INFO msg=b"},
		{config.Log{Level: slog.LevelInfo, Format: config.FormatJSON}, `"level":"INFO","msg":"b"`},
		{config.Log{Level: slog.LevelError, Format: config.FormatText}, ""},
	} {
		var b strings.Builder
		log := logger(c.log.Format, c.log.Level, &b)
		log.Debug("a")
		log.Info("b")
		if !says(b.String(), c.want) || strings.Contains(b.String(), "msg=a") {
			t.Errorf("%+v logs %q", c.log, b.String())
		}
	}
}
