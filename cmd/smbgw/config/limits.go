package config

import (
	"time"

	"github.com/smbgw/smbgw/gateway/limit"
	"github.com/smbgw/smbgw/transports"
)

const (
	// maxFile bounds the configuration file and every file that it names, in
	// bytes. Real ones have a few thousand; the bound keeps a wrong path (a
	// disk image, /dev/zero) from filling the memory.
	maxFile = 1 << 20

	// DefaultThreshold is rdma_threshold when the file does not say, in bytes:
	// what Linux peers use as rdma_readwrite_threshold. Below it a registration
	// and a round trip cost more than the copy.
	DefaultThreshold = 4096

	// maxThreshold is the largest rdma_threshold: no message carries more
	// payload, so a larger one could only mean "never", which place = false
	// says plainly.
	maxThreshold = transports.MaxMessage

	// maxHostName is the longest name of a server, in letters, RFC 1035 2.3.4.
	maxHostName = 253

	// maxShareName is the longest name of a share, in letters, [MS-SRVS] 2.2.4.22
	// and [MS-SMB2] 3.3.5.7.
	maxShareName = 80

	// maxPath is the longest path of a directory below a share, in bytes: longer
	// ones leave clients no room for names below it.
	maxPath = 1024

	// maxComment is the longest remark about a share, in letters, that clients
	// show: MAXCOMMENTSZ of Windows' API.
	maxComment = 256

	// maxPassword bounds a password, in bytes: Windows has at most 256 letters.
	maxPassword = 1024

	// A backend's timeout. Less than a second would take a lost SYN for a dead
	// server; Linux's patience with a TREE_CONNECT is three minutes, people's is
	// less.
	minTimeout = time.Second
	maxTimeout = time.Minute

	// The pauses between checks of an address. A server may well notice one in a
	// second; more than an hour is as good as never.
	minInterval = time.Second
	maxInterval = time.Hour

	// maxPoolConnections bounds the connections that clients of a backend share:
	// with more each could have its own. maxPoolSessions is what servers number,
	// and maxPoolRequests what they give credits for.
	maxPoolConnections = 1024
	maxPoolSessions    = 65536
	maxPoolRequests    = 8192

	// maxDistance is how many letters may differ between a word that is not
	// known and the one that is suggested for it.
	maxDistance = 3
)

const (
	// minBytesPerSecond is the least that bytes_per_second may be: the longest
	// message, 8 MiB, takes half a minute then, and clients wait a minute.
	minBytesPerSecond = 256 << 10

	// minRequestsPerSecond is the least that requests_per_second may be: opening
	// one file takes clients about as many.
	minRequestsPerSecond = 10

	// maxLimit is the highest limit: 1 TiB, beyond which there is none.
	maxLimit = 1 << 40

	// DefaultShare is what a connection may have under way while others are busy,
	// when the file does not say. It keeps a network of 10 Gb/s busy when answers
	// take a millisecond, and others' small requests do not come behind more than
	// one large one.
	DefaultShare = 1 << 20

	// limitNetwork is the prefix of IPv6 networks that count as one address:
	// gateway.Source's.
	limitNetwork = 64
)

// AddressLimits is what a client address may have when the file does not say: much
// more than clients use, and what one of them cannot exhaust a gateway with.
var AddressLimits = limit.Limits{
	// An idle connection takes 64 KiB here: this is 256 MiB of them, and a
	// terminal server's worth of users behind one address.
	limit.Connections: 4096,

	// Multi-user clients have some tens on one connection; most have one.
	limit.Sessions: 8192,

	// Four times what servers let one connection have (16384, Samba's "max open
	// files"); an open takes about 1 KiB, here and at the backend.
	limit.Opens: 65536,

	// Twice what one connection has credits for.
	limit.Requests: 16384,

	// Four connections' worth: each is not read beyond 64 MiB. Faster networks do
	// not need more under way.
	limit.Bytes:  256 << 20,
	limit.Memory: 256 << 20,
}
