package config

import (
	"time"

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

	// maxShareName is the longest name of a share, in letters, [MS-SRVS] 2.2.4.22
	// and [MS-SMB2] 3.3.5.7.
	maxShareName = 80

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
