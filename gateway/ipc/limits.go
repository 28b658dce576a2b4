package ipc

const (
	// maxOpens bounds the pipes of a tree: clients have one or two at a time.
	maxOpens = 128

	// maxHeld bounds the memory of all pipes of a Service, in bytes: what has
	// been written in parts, what has not been read, and openCost for each.
	// Whoever goes beyond it loses its pipe.
	maxHeld  = 64 << 20
	openCost = 512

	// maxWaiting bounds the requests that wait on a pipe. A client of RPC has one
	// call at a time.
	maxWaiting = 16

	// maxUnread bounds the answers that a client may leave in a pipe and still
	// ask for more, in bytes: more than the answers to a bind and some calls.
	maxUnread = 64 << 10

	// maxTransfer bounds READ, WRITE and every other buffer: the most that the
	// front leg negotiates.
	maxTransfer = 8 << 20

	// maxFragment is the longest PDU that is taken and, if the client likes it,
	// sent: Windows' and Samba's number. minFragment is what every peer has to
	// take, [C706] 12.6.3.1 MustRecvFragSize.
	maxFragment = 4280
	minFragment = 1432

	// maxStub bounds the arguments of a call, all fragments together: two names
	// and an empty list are all that anybody sends.
	maxStub = 16 << 10

	// maxContexts bounds the presentation contexts of an association; a client
	// needs one.
	maxContexts = 32

	// maxText bounds the strings in arguments, in UTF-16 units: names of servers
	// and shares are shorter.
	maxText = 1024

	// maxList bounds the entries of a NetrShareEnum, in bytes: some 10000 shares.
	// More than that goes as ERROR_MORE_DATA.
	maxList = 1 << 20
)
