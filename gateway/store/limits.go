package store

const (
	// DefaultBytes is what a volume holds when nothing else is said: a demo's
	// copy of 1 GiB and as much again, on a machine that has it.
	DefaultBytes = 4 << 30

	// DefaultFiles bounds a volume's files and directories, each of which costs
	// some 500 bytes that DefaultBytes does not count.
	DefaultFiles = 1 << 20

	// maxName bounds a component of a name, and of a stream, in UTF-16 units:
	// what clients know from NTFS and are told by FileFsAttributeInformation. It
	// bounds patterns too.
	maxName = 255

	// maxFile bounds a file's size, holes included: what NTFS takes with
	// clusters of 4 KiB. Sums of it and of a request's length stay far below
	// 1<<63.
	maxFile = 16 << 40

	// maxOpens bounds the opens of a tree: what Windows gives a session. An open
	// costs some 300 bytes.
	maxOpens = 16384

	// maxStreams bounds the named streams of a file; each name is looked up by
	// walking them.
	maxStreams = 256

	// maxLocks bounds the byte ranges locked of a stream, and those waited for:
	// each READ and WRITE of it walks them.
	maxLocks = 4096

	// maxParked bounds the requests of a tree that wait, for a lock or a change.
	// A client cannot have more out than it has credits.
	maxParked = 8192

	// maxTransfer bounds READ, WRITE and every other output: the most that the
	// front leg negotiates.
	maxTransfer = 8 << 20

	// maxChanges bounds what is remembered of a watched directory between two
	// CHANGE_NOTIFY, in bytes: what Windows clients ask for. More is told as
	// STATUS_NOTIFY_ENUM_DIR.
	maxChanges = 64 << 10

	// What one SRV_COPYCHUNK may ask for: Windows' numbers, which clients try
	// first, [MS-SMB2] 3.3.3.
	maxChunkBytes = 1 << 20
	maxCopyBytes  = 16 << 20

	// pageSize is the unit of a file's memory; the last page of a file may be
	// shorter, by clusters.
	pageSize    = 64 << 10
	clusterSize = 4 << 10
)
