//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/smbgw/smbgw/auth/ntlm"
)

// openPTY is a terminal and the keyboard and screen of it.
func openPTY(t *testing.T) (screen, tty *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no terminals here: ", err)
	}
	t.Cleanup(func() { screen.Close() })
	if err := unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no terminals here: ", err)
	}
	t.Cleanup(func() { tty.Close() })
	return screen, tty
}

func shows(t *testing.T, tty *os.File) bool {
	t.Helper()
	s, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return s.Lflag&unix.ECHO != 0
}

// onScreen is what is to be read from the screen without waiting.
func onScreen(t *testing.T, screen *os.File) string {
	t.Helper()
	var text []byte
	for {
		fds := []unix.PollFd{{Fd: int32(screen.Fd()), Events: unix.POLLIN}}
		if n, err := unix.Poll(fds, 0); err != nil || n == 0 || fds[0].Revents&unix.POLLIN == 0 {
			return string(text)
		}
		b := make([]byte, 1024)
		n, err := screen.Read(b)
		if err != nil {
			return string(text)
		}
		text = append(text, b[:n]...)
	}
}

// What is typed is not shown, and the terminal is afterwards as it was.
func TestPasswdTerminal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, keys string
		status     int
		says       string
	}{
		{"twice the same", "opensesame\ropensesame\n", exitOK, "is added"},
		{"corrected", "nonsense\x15opensesame\x7f\x7fme\nopensésame\x7f\x7f\x7f\x7f\x7fesame\n", exitOK, "is added"},
		{"not the same", "opensesame\nopenbarley\n", exitFailed, "the two are not the same"},
		{"nothing", "\n", exitFailed, "the password is empty"},
		{"interrupted", "opens\x03", exitFailed, "interrupted"},
		{"end", "\x04", exitFailed, "nothing was typed"},
		{"an arrow", "a\x1b[A\n", exitFailed, "control character"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			screen, tty := openPTY(t)
			file := filepath.Join(t.TempDir(), "users")
			var stdout, stderr bytes.Buffer
			ended := make(chan int, 1)
			go func() {
				ended <- run(t.Context(), []string{"passwd", "-f", file, "alice"}, tty, &stdout, &stderr)
			}()
			for began := time.Now(); shows(t, tty); time.Sleep(time.Millisecond) {
				if time.Since(began) > 10*time.Second {
					t.Fatal("the terminal goes on showing what is typed")
				}
			}
			if _, err := screen.WriteString(c.keys); err != nil {
				t.Fatal(err)
			}
			if status := <-ended; status != c.status || !strings.Contains(stdout.String()+stderr.String(), c.says) {
				t.Errorf("status %d\n%s%s", status, &stdout, &stderr)
			}
			if text := onScreen(t, screen); strings.Contains(text, "open") || strings.Contains(text, "sesame") {
				t.Errorf("on the screen: %q", text)
			}
			if !shows(t, tty) {
				t.Error("the terminal stays mute")
			}
			if c.status == exitOK {
				checkUser(t, file, "alice", ntlm.Hash("opensesame"))
			}
		})
	}
}
