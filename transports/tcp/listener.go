package tcp

import (
	"net"
	"sync"
	"time"

	"github.com/smbgw/smbgw/transports"
)

// A listener accepts in the caller's goroutine: a TCP connection is ready as
// soon as it is there.
type listener struct {
	raw     *net.TCPListener
	network Network
	once    sync.Once
	closed  chan struct{}
}

func newListener(raw *net.TCPListener, n Network) *listener {
	return &listener{raw: raw, network: n, closed: make(chan struct{})}
}

// Accept waits out temporary failures, such as too many open files, because
// its callers treat every error as the listener's end.
func (l *listener) Accept() (transports.Conn, error) {
	for pause := minAcceptPause; ; pause = min(2*pause, maxAcceptPause) {
		raw, err := l.raw.AcceptTCP()
		if err == nil {
			return l.network.newConn(raw), nil
		}
		if !transports.Temporary(err) {
			return nil, err
		}
		if l.network.Failed != nil {
			l.network.Failed(err)
		}
		if !l.sleep(pause) {
			return nil, net.ErrClosed
		}
	}
}

func (l *listener) sleep(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-l.closed:
		return false
	}
}

func (l *listener) Close() error {
	err := net.ErrClosed
	l.once.Do(func() {
		close(l.closed)
		err = l.raw.Close()
	})
	if err == net.ErrClosed {
		return nil
	}
	return err
}

func (l *listener) Addr() net.Addr { return l.raw.Addr() }
