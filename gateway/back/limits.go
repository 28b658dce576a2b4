package back

import "time"

const (
	// targetCredits is how many credits a connection asks for: four of the
	// largest requests, 8 MiB each, in flight. Servers grant up to 8192.
	targetCredits = 512

	// sharedCredits is the same of a connection that clients share: half of what
	// servers grant, so that 64 sessions of them have a MiB each in flight.
	sharedCredits = 4096

	// reservedCredits are left to what lets others go on: acknowledgements of
	// breaks, CLOSE, and our own requests.
	reservedCredits = 4

	// maxTransfer bounds what a server offers as its largest READ, WRITE and
	// other payload: the gateway's own limit towards clients.
	maxTransfer = 8 << 20

	// minTransfer is the least that a server may offer, [MS-SMB2] 3.2.5.2.
	minTransfer = 64 << 10

	// creditSize is what one credit pays for, [MS-SMB2] 3.1.5.2: parts of a
	// READ or WRITE are as long or multiples of it.
	creditSize = 64 << 10

	// minPart bounds how many parts a READ or WRITE becomes: 256. All but odd
	// transports take twice as much.
	minPart = 32 << 10

	// DefaultThreshold is the payload from which on RDMA is worth its round
	// trips: what Windows and Linux use, [MS-SMB2] notes <156> and <159>.
	DefaultThreshold = 4096

	// maxRounds bounds the SESSION_SETUPs of a log-in: Kerberos and NTLM inside
	// SPNEGO, with its signatures, come to five at most.
	maxRounds = 8

	// maxPath bounds the path of a TREE_CONNECT, in bytes: names have up to 255
	// and 80 characters, and the message is far from full.
	maxPath = 4096

	// maxStrays bounds replies to nothing that we have asked: one may be the
	// late answer to something given up, more is a server that has lost count.
	maxStrays = 8

	// maxSessions bounds the sessions of a client's connection, as servers do.
	maxSessions = 64

	// DefaultSessions bounds those of one that clients share: eight of them have
	// two thousand. DefaultRequests bounds what they have under way, of which
	// servers keep records and, where it is large, memory.
	DefaultSessions = 256
	DefaultRequests = 1024

	// DefaultConnections is how many there are of these.
	DefaultConnections = 8

	// fullTime is how long a server is believed that takes no session more on one
	// of them: then it costs somebody a log-in to hear the same again.
	fullTime = time.Minute

	// restTime is how long one stays that has no sessions, and dialPause how long
	// there is no new one after one has failed, where others do.
	restTime  = time.Minute
	dialPause = 10 * time.Second

	// maxWaiting bounds the requests of a shared connection that have been told to
	// wait: what Windows and Samba allow. A session may have minWaiting in any case,
	// for the server to refuse.
	maxWaiting = 512
	minWaiting = 16

	// maxOrphans bounds what a server does not answer on a connection that goes on
	// without it: more is no accident.
	maxOrphans = 64

	// maxRemembered bounds the sessions of a backend that clients may come back
	// for: far more than it has clients, in a few MiB.
	maxRemembered = 1 << 16

	// maxHolders bounds the opens whose oplock or lease is remembered for the
	// routing of breaks: Windows servers' own limit of opens in a session.
	maxHolders = 1 << 16

	// maxParked bounds the sessions that are kept for others on a connection to
	// ksmbd, which takes 64, and refusedTime is how long nobody is tried there who
	// has been refused. shakyPause is renewPause there.
	maxParked   = 32
	refusedTime = time.Minute
	shakyPause  = time.Second

	// loginTries bounds the connections that a client's session is tried on where
	// some have just ended, or are full.
	loginTries = 3

	// growTries bounds the ECHOs sent for the credits of one large request.
	growTries = 4

	// renewPause is how long a session is good for after it was logged in
	// again: a server that says otherwise is believed, and not asked for ever.
	renewPause = 10 * time.Second

	// askTime bounds our own requests: log-ins may go to a domain controller.
	askTime = 30 * time.Second

	// connectTime bounds a Space's Connect from the dialling on, log-in included.
	connectTime = 2 * askTime

	// graceTime is how long a server may take to answer by itself what is
	// outstanding on a tree that ends.
	graceTime = time.Second

	// closeTime is how long a tree's outstanding requests may take to end after
	// they were cancelled, before the connection is given up.
	closeTime = 10 * time.Second

	// keepaliveTime is how long a connection may be silent before it is asked
	// for a sign of life, and again before it is given up.
	keepaliveTime = 30 * time.Second
)

// buckets is a power of two of the order of targetCredits.
const buckets = 256
