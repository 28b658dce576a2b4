package notify

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

// listen is the manager's end of a socket.
func listen(t *testing.T, name string) *net.UnixConn {
	t.Helper()
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// heard is the next datagram.
func heard(t *testing.T, c *net.UnixConn) string {
	t.Helper()
	b := make([]byte, 4096)
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	n, err := c.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}

func TestManager(t *testing.T) {
	t.Parallel()
	names := []string{filepath.Join(t.TempDir(), "notify")}
	if runtime.GOOS == "linux" {
		names = append(names, fmt.Sprintf("@smbgw-notify-test-%d", os.Getpid()))
	}
	for _, name := range names {
		manager := listen(t, name)
		m, err := New(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			tell func() error
			want string // of a datagram, "" for none
		}{
			{func() error { return m.Ready("1 connection") }, "READY=1\nSTATUS=1 connection\n"},
			{func() error { return m.Status("1 connection") }, ""},
			{func() error { return m.Status("two\nREADY=0\r\x00") }, "STATUS=two READY=0\n"},
			{func() error { return m.Alive("two READY=0") }, "WATCHDOG=1\n"},
			{m.Reloading, `RELOADING=1\nMONOTONIC_USEC=\d+\n`},
			{func() error { return m.Ready("two READY=0") }, "READY=1\n"},
			{func() error { return m.Status(strings.Repeat("ü", maxStatus)) }, "STATUS=ü{256}\n"},
			{func() error { return m.Stopping("bye") }, "STOPPING=1\nSTATUS=bye\n"},
		} {
			if err := c.tell(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if c.want == "" {
				continue
			}
			if got := heard(t, manager); !regexp.MustCompile("^" + c.want + "$").MatchString(got) {
				t.Errorf("%s: heard %q, want %q", name, got, c.want)
			}
		}
	}
}

// Where nobody asks, nobody is told.
func TestNobody(t *testing.T) {
	t.Parallel()
	m, err := New("")
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{m.Ready("x"), m.Reloading(), m.Alive("x"), m.Status("x"), m.Stopping("x")} {
		if err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"notify", "vsock:2:1234"} {
		if _, err := New(name); err == nil || !strings.Contains(err.Error(), "NOTIFY_SOCKET") {
			t.Errorf("%s: %v", name, err)
		}
	}
	m, err = New(filepath.Join(t.TempDir(), "missing"))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Alive(""); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a socket that is not there: %v", err)
	}
}

// A manager that does not read holds nobody up for long.
func TestDeafManager(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "notify")
	listen(t, name)
	m, err := New(name)
	if err != nil {
		t.Fatal(err)
	}
	m.patience = 10 * time.Millisecond
	for began := time.Now(); ; {
		err := m.Alive("")
		if took := time.Since(began); took > 20*time.Second {
			t.Fatalf("%v for a socket that is full", took)
		}
		if err != nil {
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("a full socket: %v", err)
			}
			return
		}
	}
}

func TestInterval(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		usec, watched string
		want          time.Duration
		fails         bool
	}{
		{"", "", 0, false},
		{"30000000", "", 15 * time.Second, false},
		{"30000000", "7", 15 * time.Second, false},
		{"30000000", "8", 0, false}, // somebody else
		{"", "7", 0, false},
		{"0", "", 0, true},
		{"-1", "", 0, true},
		{"30s", "", 0, true},
		{"9223372036854775807", "", 0, true},
	} {
		got, err := Interval(c.usec, c.watched, 7)
		if got != c.want || (err != nil) != c.fails {
			t.Errorf("%q, %q: %v, %v", c.usec, c.watched, got, err)
		}
	}
}
