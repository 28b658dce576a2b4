package tcp

import (
	"net"
	"time"

	"github.com/smbgw/smbgw/transports"
)

// DefaultKeepAlive finds a vanished peer after two minutes: soon enough for the
// files it holds open at the other leg, rare enough for sleeping radios.
func DefaultKeepAlive() net.KeepAliveConfig {
	return net.KeepAliveConfig{Enable: true, Idle: time.Minute, Interval: 10 * time.Second, Count: 6}
}

// DefaultUserTimeout is what DefaultKeepAlive amounts to, for peers that vanish
// while something is on its way to them: keep-alive is silent then, and
// retransmission alone gives up after a quarter of an hour.
const DefaultUserTimeout = 2 * time.Minute

// DefaultLinger is time for a few retransmissions of the last messages.
const DefaultLinger = time.Second

// maxDrain bounds what Close takes from a peer that goes on sending: it covers
// what can be under way in full socket buffers.
const maxDrain = 16 << 20

// Accepting again at once when the process is out of file descriptors would
// spin, so Accept waits, twice as long each time, between these two.
const (
	minAcceptPause = 5 * time.Millisecond
	maxAcceptPause = time.Second
)

// maxVector is how many slices one write gathers: as many as come together.
const maxVector = transports.MaxGather
