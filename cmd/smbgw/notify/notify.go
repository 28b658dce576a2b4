package notify

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Manager is the service manager, or nobody. The zero value is nobody.
type Manager struct {
	socket   string // "": nobody
	patience time.Duration

	mu     sync.Mutex
	status string // what was told last
}

// New is who listens at a socket, which is NOTIFY_SOCKET's value: nobody when it
// is empty.
func New(socket string) (*Manager, error) {
	if socket != "" && socket[0] != '/' && socket[0] != '@' {
		return nil, fmt.Errorf("NOTIFY_SOCKET: %q is neither a path nor an abstract name", socket)
	}
	return &Manager{socket: socket, patience: sendTime}, nil
}

// Ready says that a start or a reload is over.
func (m *Manager) Ready(status string) error { return m.tell(status, "READY=1") }

// Reloading says that a reload has begun, which Ready ends whatever came of it.
func (m *Manager) Reloading() error {
	return m.tell("", "RELOADING=1", "MONOTONIC_USEC="+strconv.FormatInt(monotonic().Microseconds(), 10))
}

// Stopping says that the end has begun.
func (m *Manager) Stopping(status string) error { return m.tell(status, "STOPPING=1") }

// Alive keeps the manager's watchdog quiet.
func (m *Manager) Alive(status string) error { return m.tell(status, "WATCHDOG=1") }

// Status tells people how things are.
func (m *Manager) Status(status string) error { return m.tell(status) }

// tell sends lines, and the status when it is not what was told last.
func (m *Manager) tell(status string, lines ...string) error {
	if m.socket == "" {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if status = oneLine(status); status != "" && status != m.status {
		m.status = status
		lines = append(lines, "STATUS="+status)
	}
	if len(lines) == 0 {
		return nil
	}
	return m.send(strings.Join(lines, "\n") + "\n")
}

// send is one datagram, from a socket of its own: the manager may have a new one
// since the last.
func (m *Manager) send(text string) error {
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: m.socket, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("NOTIFY_SOCKET: %w", err)
	}
	defer conn.Close()
	if err = conn.SetWriteDeadline(time.Now().Add(m.patience)); err == nil {
		_, err = conn.Write([]byte(text))
	}
	if err != nil {
		return fmt.Errorf("NOTIFY_SOCKET: %w", err)
	}
	return nil
}

// oneLine is a status without what would end it, or make it long.
func oneLine(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r < ' ' }), " ")
	if len(s) > maxStatus {
		s = strings.ToValidUTF8(s[:maxStatus], "")
	}
	return s
}

// Interval is how often Alive is wanted, 0 for never: half of what the values of
// WATCHDOG_USEC and WATCHDOG_PID say to the process pid.
func Interval(usec, watched string, pid int) (time.Duration, error) {
	if usec == "" || watched != "" && watched != strconv.Itoa(pid) {
		return 0, nil
	}
	n, err := strconv.ParseInt(usec, 10, 64)
	if err != nil || n <= 0 || n > int64(time.Duration(1<<63-1)/time.Microsecond) {
		return 0, fmt.Errorf("WATCHDOG_USEC: %q is not a number of microseconds", usec)
	}
	return time.Duration(n) * time.Microsecond / 2, nil
}
