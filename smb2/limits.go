package smb2

const (
	// MaxDescriptors bounds the buffer descriptors of one request: an 8 MiB
	// transfer, the most that SMB Direct peers announce, in 4 KiB pages with
	// neither end on a page border.
	MaxDescriptors = 8<<20/4096 + 1

	// MaxDialects bounds the dialects of a NEGOTIATE: five exist and the list
	// is 16-bit numbers, so more than this is no client's wish.
	MaxDialects = 64
)
