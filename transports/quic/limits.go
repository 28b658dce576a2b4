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

// The receive window bounds what a peer can make us hold while the other leg is
// slow: one WRITE of the largest size under way and the next one behind it. It
// does not grow with use, because smbclient (Samba 4.24, ngtcp2) aborts when an
// upload meets the end of a window; what a client's own credits let it have
// under way rarely fills this one. A connection that sends nothing holds
// nothing.
const window = 16 << 20

// maxDrain bounds what Close takes from a peer that goes on sending: all that
// the window lets through, twice.
const maxDrain = 2 * window

// checkInterval is how often the files of a listener are looked at.
const checkInterval = time.Second

// maxFile bounds a certificate file: hundreds of certificates.
const maxFile = 1 << 20
