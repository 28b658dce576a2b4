package gateway

import (
	"time"

	"github.com/smbgw/smbgw/transports"
)

const (
	// DefaultThreshold is the payload from which on RDMA is worth its round
	// trips: what Windows and Linux use, [MS-SMB2] notes <156> and <159>.
	DefaultThreshold = 4096

	// drainTime is how long a leg that takes nothing any more may still give:
	// its last replies are worth a moment, a peer that is half dead is not
	// worth more.
	drainTime = 2 * time.Second

	// maxWaiting bounds the connections of one source to listeners that serve, as
	// long as they have not come to a share: a moment each, of honest clients, of
	// which a few hundred may come back behind one address after a restart.
	maxWaiting = 256

	// maxTurnedAway bounds the connections that are told that they are too many,
	// and turnAwayTime how long that takes: clients send their NEGOTIATE at once.
	maxTurnedAway = 64
	turnAwayTime  = 5 * time.Second

	// maxBeforeLogin bounds a client's messages until it has logged in. The
	// longest of them is a SESSION_SETUP, whose token has at most 64 KiB,
	// [MS-SMB2] 2.2.5.
	maxBeforeLogin = 128 << 10

	// nameTime is how long a client that relays has to say what it calls the server:
	// its first message comes at once.
	nameTime = 10 * time.Second

	// maxServerName bounds names of servers, in bytes: those of DNS have 253 letters.
	// What is longer is nobody's name.
	maxServerName = 512

	// stallTime is how long a backend may answer none of the requests that fill
	// a connection's pending. Meanwhile the client is not read, so its death
	// would not be noticed either. It is longer than clients wait for a reply:
	// Linux reconnects after 180 s, Windows after 60 s.
	stallTime = 5 * time.Minute

	// Pauses of the accept loop after an error, doubling between the two.
	minAcceptPause = 5 * time.Millisecond
	maxAcceptPause = time.Second

	// maxAway is how long an accept loop that works may be busy with other things
	// than accepting: one pause, and a log that takes its time.
	maxAway = 10 * time.Second
)

// What one connection may have in conversion. When it is used up, the client
// is not read until the backend has answered something.
const (
	// maxPending bounds operations. Clients keep some tens in flight; servers
	// grant up to 8192 credits (Windows, Samba), mostly for large requests.
	maxPending = 512

	// maxPendingBytes bounds the buffers of those operations: 64 MiB are eight
	// of the largest requests that clients make.
	maxPendingBytes = 64 << 20

	// maxPushBytes bounds payload on its way to the client, which the backend
	// has answered but the client has not taken: without it a client that does
	// not take anything would make us read on.
	maxPushBytes = 16 << 20

	// pendingBuckets is a power of two of the order of maxPending.
	pendingBuckets = 256

	// maxQueue bounds the messages that wait behind a transfer from the client.
	maxQueue = 128

	// maxElements bounds a compound that is converted: each element costs at
	// least a header, clients send about five.
	maxElements = 64

	// maxPayload is what one message can carry behind the headers of READ and
	// WRITE; below maxPendingBytes, so that a single request always fits.
	maxPayload = transports.MaxMessage - 1024

	// maxParts bounds the requests that one request becomes: 8 MiB in pieces
	// of 64 KiB, the smallest that a credit pays for.
	maxParts = 128

	// maxPipeTrees bounds the pipe trees that are remembered. Clients have one.
	maxPipeTrees = 64
)
