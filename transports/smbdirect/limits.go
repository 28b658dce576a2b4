package smbdirect

import (
	"time"

	"github.com/smbgw/smbgw/transports"
)

// Limits of the protocol, [MS-SMBD] 2.2.
const (
	minReceiveSize    = 128       // least legal MaxReceiveSize
	minFragmentedSize = 131072    // least legal MaxFragmentedSize
	maxGrant          = 1<<16 - 1 // CreditsGranted has 16 bits

	// minNegotiateReceive is the least size of the receive that waits for the
	// peer's negotiate message, [MS-SMBD] 3.1.4.1.
	minNegotiateReceive = 512
)

// Limits of ours.
const (
	// DefaultCredits is what every known peer asks for and grants.
	DefaultCredits = 255
	maxCredits     = 4096 // header slots and queue entries are sized by it

	// DefaultPreferredSendSize weighs processor time against the memory of idle
	// receives. For long messages between two of us over software iWARP, 1364
	// costs a fifth more time for each byte and 8136 a seventh less, with twice
	// the memory. Linux takes 1364 whatever we prefer. Windows Server answers
	// more than 8136 with STATUS_INSUFFICIENT_RESOURCES, [MS-SMBD] <6>.
	DefaultPreferredSendSize = 4096
	maxPreferredSend         = 8136
	// minPreferredSend keeps ksmbd legal: it advertises a MaxFragmentedSize of
	// 255/2 times the smaller of its and our size, which is below 131072 when
	// we offer less than 1029.
	minPreferredSend = 1029

	// DefaultMaxReceiveSize is one receive buffer.
	DefaultMaxReceiveSize = 4096
	maxReceiveSizeLimit   = 64 << 10 // receive memory is credits times this

	// DefaultMaxFragmentedSize is the longest message we take: 8 MiB of READ or
	// WRITE data with the SMB2 and transform headers of a compound around it.
	// It is also what one peer makes us hold while it dribbles a message in.
	DefaultMaxFragmentedSize = 8<<20 + 64<<10
	maxFragmentedLimit       = transports.MaxMessage

	// DefaultMaxReadWriteSize is the largest placement, the value of Windows
	// and ksmbd, and of the READ and WRITE sizes that SMB servers offer.
	DefaultMaxReadWriteSize = 8 << 20
	maxReadWriteLimit       = 64 << 20

	// DefaultReceiveMemory bounds the receives posted on one busy connection,
	// in bytes. One that has not been busy yet has idleReceiveMemory, but at
	// least initialWindow of them. The window doubles whenever the peer has
	// used half of it before we could grant again, or begins a message that
	// does not fit.
	DefaultReceiveMemory = 1 << 20
	idleReceiveMemory    = 64 << 10
	initialWindow        = 8

	// spareReceives are posted beyond what is granted: two for the credits that
	// may be granted beyond the peer's target (see core.spend), one for a peer
	// that loses count by one.
	spareReceives = 3

	// DefaultInboxBytes and DefaultInboxMessages bound what waits for Receive
	// before we stop granting. inboxOverdraft times as much is the hard bound
	// for single credits granted all the same (to keep a peer with a credit
	// timer of its own from giving up).
	DefaultInboxBytes    = 4 << 20
	DefaultInboxMessages = 256
	inboxOverdraft       = 2

	// DefaultConnections bounds the connections of a listener, set-up included.
	DefaultConnections = 4096

	// DefaultReadDepth is how many RDMA reads a server has outstanding, and
	// DefaultInboundReads how many a client accepts, as ksmbd and cifs have it.
	// maxResources clamps what a peer claims in private data.
	DefaultReadDepth    = 8
	DefaultInboundReads = 32
	maxResources        = 255

	// maxWrites bounds the RDMA writes posted and not completed.
	maxWrites = 64

	// workBatch is how many entries go into one PostSend, completionBatch how
	// many completions are taken from one Poll.
	workBatch       = 32
	completionBatch = 64

	// exposureSlab is how many exposures one allocation serves.
	exposureSlab = 64

	// descriptorUnit is the least size of a descriptor in a full list: a list
	// for n bytes has at most n/descriptorUnit+1 elements, so that a peer
	// cannot turn one request into a million RDMA operations.
	descriptorUnit = 4096
)

// Timers, [MS-SMBD] 3.1.2 and 3.1.6.
const (
	DefaultNegotiateTimeout = 5 * time.Second   // server: arrival to negotiate request
	DefaultAdmitTimeout     = 110 * time.Second // server: negotiate request to admission; clients wait for 120 s
	DefaultDialTimeout      = 120 * time.Second // client: dial to negotiate response
	DefaultKeepalive        = 120 * time.Second // silence before we ask for a sign of life
	DefaultKeepaliveReply   = 5 * time.Second   // silence after we asked
	DefaultStallTimeout     = 30 * time.Second  // a message waits for the peer's credits

	// redialAfter is how long a client waits for the negotiate response on its
	// first connection: siw sometimes never sees our first segment.
	redialAfter = 2 * time.Second

	// settleTime is how long a client holds back half of its first credits
	// unless something arrives earlier: ksmbd does not return credits used
	// before its own negotiate response has completed.
	settleTime = 200 * time.Millisecond

	// trickleInterval is how often a peer without credits gets some although
	// our inbox is full: Windows ends connections that grant nothing for 5 s.
	trickleInterval = 2 * time.Second

	// closeLinger bounds how long Close waits for credits to send the rest of
	// a message.
	closeLinger = time.Second
)
