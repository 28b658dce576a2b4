package smb2

const (
	// MaxDescriptors bounds the buffer descriptors of one request: an 8 MiB
	// transfer, the most that SMB Direct peers announce, in 4 KiB pages with
	// neither end on a page border.
	MaxDescriptors = 8<<20/4096 + 1

	// MaxDialects bounds the dialects of a NEGOTIATE: five exist and the list
	// is 16-bit numbers, so more than this is no client's wish.
	MaxDialects = 64

	// MaxNegotiateContexts bounds the contexts of a NEGOTIATE: eight exist, and
	// each type comes once.
	MaxNegotiateContexts = 32

	// MaxNetName bounds the name of a server in a negotiate context, in bytes: names
	// of DNS have at most 253 letters.
	MaxNetName = 512

	// MaxAlgorithms bounds a list of ciphers or other algorithms in a negotiate
	// context: no kind has more than six.
	MaxAlgorithms = 64

	// MaxCreateContexts bounds the contexts of a CREATE: some twenty exist, and
	// each tag comes once.
	MaxCreateContexts = 64

	// MaxErrorContexts bounds the contexts of an ERROR response: two exist. Their
	// number is one byte on the wire.
	MaxErrorContexts = 16

	// MaxLocks bounds the ranges of a LOCK: 64 KiB of them, what one credit
	// pays for.
	MaxLocks = 64 << 10 / LockSize

	// MaxChunks bounds the chunks of a SRV_COPYCHUNK: what Windows servers take.
	MaxChunks = 256

	// MaxInterfaces bounds the entries of a QUERY_NETWORK_INTERFACE_INFO reply:
	// 64 KiB of them, what one credit pays for.
	MaxInterfaces = 64 << 10 / InterfaceSize

	// MaxElements bounds the elements of a compound, so that the smallest do not
	// make one message some hundred thousand requests. Clients chain a handful.
	MaxElements = 128
)
