package tcp

import (
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports"
	"golang.org/x/sys/unix"
)

// Both sides send small messages at once and notice a vanished peer.
func TestSocketOptions(t *testing.T) {
	t.Parallel()
	l, err := Network{}.Announce(t.Context(), anyPort())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a, err := transports.ParseAddr("tcp!127.0.0.1!" + portOf(l))
	if err != nil {
		t.Fatal(err)
	}
	dialled, err := Network{}.Dial(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	defer dialled.Close()
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()
	keep := DefaultKeepAlive()
	for _, o := range []struct {
		name          string
		level, option int
		want          int
	}{
		{"TCP_NODELAY", unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
		{"SO_KEEPALIVE", unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
		{"TCP_KEEPIDLE", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, int(keep.Idle / time.Second)},
		{"TCP_KEEPINTVL", unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, int(keep.Interval / time.Second)},
		{"TCP_KEEPCNT", unix.IPPROTO_TCP, unix.TCP_KEEPCNT, keep.Count},
		{"TCP_USER_TIMEOUT", unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(DefaultUserTimeout / time.Millisecond)},
	} {
		for side, c := range map[string]transports.Conn{"dialled": dialled, "accepted": accepted} {
			raw, err := c.(*conn).raw.SyscallConn()
			if err != nil {
				t.Fatal(err)
			}
			raw.Control(func(fd uintptr) {
				got, err := unix.GetsockoptInt(int(fd), o.level, o.option)
				if err != nil || got != o.want {
					t.Errorf("%s of the %s side: %d, %v, want %d", o.name, side, got, err, o.want)
				}
			})
		}
	}
}
