package front

import "time"

const (
	// DefaultMaxSize is what a READ, WRITE or other exchange may carry when
	// requests can cost several credits: what Windows and Samba offer.
	DefaultMaxSize = 8 << 20

	// singleSize is the same where a request costs one credit, [MS-SMB2]
	// 3.3.5.4.
	singleSize = 64 << 10

	// singleMessage is the longest message that costs one credit: the payload
	// and room for what stands around it, [MS-SMB2] 3.3.5.2.
	singleMessage = 68 << 10

	// messageSlack is what a message has besides its payload: headers, names
	// and a few related requests.
	messageSlack = 4 << 10

	// loginMessage bounds messages until somebody has logged in: a token has
	// 16 bits for its length, [MS-SMB2] 2.2.5.
	loginMessage = 68 << 10

	// loginTime is how long a connection may live without a session: Windows'
	// 45 s.
	loginTime = 45 * time.Second

	// maxProbes bounds the ECHOs of a connection while it has no session. Nobody
	// needs more than one a second, the shortest interval of Linux' mounts, for
	// loginTime. Where somebody has logged in ECHOs are free: Samba's clients send
	// all of theirs without a session.
	maxProbes = 64

	// DefaultCredits bounds what a client may have under way, in units of
	// 64 KiB: what Samba and Windows grant. What that comes to in memory maxHeld
	// bounds.
	DefaultCredits = 8192

	// loginCredits is what a client gets at once before it has logged in.
	loginCredits = 1

	// maxPending bounds the requests that wait for an answer. Those that have
	// had an interim response cost no credit any more, so credits do not bound
	// them. It is more than one request for each credit.
	maxPending = 8192 + 512

	// maxAsync bounds those that have had an interim response: what Windows
	// ("AsynchronousCredits") and Samba allow. For those beyond it there is no
	// room, [MS-SMB2] 3.3.4.2.
	maxAsync = 512

	// maxHeld bounds the bytes of requests that are being served, and of the
	// answers that they ask for, and maxQueued those of answers that the client
	// has not taken. Beyond either the client is not read.
	maxHeld   = 64 << 20
	maxQueued = 16 << 20

	// maxCompound is how far beyond maxHeld the requests of one message may come,
	// with those of its answers that wait for the others: several of the longest.
	maxCompound = 32 << 20

	// maxQueue bounds the messages that the client has not taken: all its
	// requests, each with an interim response, and as many breaks again.
	maxQueue = 4 * maxPending

	// maxSessions bounds the sessions of a connection, and maxLogins those of
	// them whose log-in has not ended: multi-user clients have one a user, and a
	// gateway whose clients share its connections one a client.
	maxSessions = 1024
	maxLogins   = 4

	// maxChannels bounds the connections of a session: as many as Windows and
	// Samba allow.
	maxChannels = 32

	// breakTime is how long a client may take to acknowledge a break: servers
	// wait for 35 s, [MS-SMB2] 3.3.2.1.
	breakTime = 35 * time.Second

	// silence is how long a client that has been sent a break may say nothing at
	// all on that channel before another one carries it, too.
	silence = 5 * time.Second

	// maxTold bounds the breaks that a session remembers for that time. Of more
	// the eldest are not repeated when their channel dies.
	maxTold = 256

	// maxNamed bounds the users that a connection's summary names.
	maxNamed = 8

	// placeWorth is the length from which clients are taken to ask for RDMA when
	// they can: what Linux, Windows and this program begin at.
	placeWorth = 4 << 10

	// maxRounds bounds the tokens of one log-in: NTLM inside of SPNEGO takes
	// three.
	maxRounds = 10

	// maxTrees bounds the trees of a session.
	maxTrees = 256

	// maxShareName is the longest name of a share, in letters, [MS-SMB2] 3.3.5.7
	// by way of [MS-SRVS] 2.2.4.22.
	maxShareName = 80

	// maxAsyncID keeps AsyncIds where Windows compares all of their bits when a
	// client cancels: [MS-SMB2] note to 3.3.5.16.
	maxAsyncID = 1<<30 - 1

	// saltSize is the length of the salt in a server's preauth context: what
	// Windows and Samba send.
	saltSize = 32
)
