package mem

import (
	"net"
	"sync"

	"github.com/smbgw/smbgw/transports"
)

type listener struct {
	network *Network
	key     string
	backlog chan transports.Conn
	once    sync.Once
	closed  chan struct{}
}

func (l *listener) Accept() (transports.Conn, error) {
	select {
	case <-l.closed:
		return nil, net.ErrClosed
	default:
	}
	select {
	case c := <-l.backlog:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() {
		l.network.forget(l.key)
		close(l.closed)
		l.dropIfClosed()
	})
	return nil
}

// dropIfClosed closes what nobody will accept. Both the listener's end and
// every Dial call it, after their own step, so that whichever comes last does
// it.
func (l *listener) dropIfClosed() {
	select {
	case <-l.closed:
	default:
		return
	}
	for {
		select {
		case c := <-l.backlog:
			c.Close()
		default:
			return
		}
	}
}

func (l *listener) Addr() net.Addr { return Addr(l.key) }
