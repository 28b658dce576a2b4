package quic

import "time"

// DefaultIdleTimeout is how long a peer may be silent. With DefaultKeepAlive
// three packets in a row must be lost, and a Wi-Fi client may roam.
const DefaultIdleTimeout = 60 * time.Second

// DefaultKeepAlive is shorter than the 30 seconds after which many address
// translators forget a UDP flow.
const DefaultKeepAlive = 20 * time.Second

// DefaultLinger is time for a few retransmissions of the last messages.
const DefaultLinger = time.Second

// maxStreams lets a client open a stream too many and have it refused, rather
// than break the connection over it. A well-behaved client opens one.
const maxStreams = 4

// The receive windows bound what a peer can make us hold. They begin with less
// than the library's so that an idle connection promises little, and grow to
// what one READ of 8 MiB needs to be under way at once.
const (
	initialWindow = 256 << 10
	maxWindow     = 8 << 20
)

// maxDrain bounds what Close takes from a peer that goes on sending: all that
// the largest window lets through, twice.
const maxDrain = 2 * maxWindow

// checkInterval is how often the files of a listener are looked at.
const checkInterval = time.Second

// maxFile bounds a certificate file: hundreds of certificates.
const maxFile = 1 << 20
