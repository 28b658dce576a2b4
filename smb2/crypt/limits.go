package crypt

const (
	// MaxPlain bounds what is sealed in one message: the 24-bit length of
	// direct TCP, [MS-SMB2] 2.1, which is also far below the 32-bit lengths of
	// both modes.
	MaxPlain = 1<<24 - 1

	// maxBlocks bounds the 16-byte blocks that are sealed under one key. The
	// advantage of one who tells them from noise grows with their square over
	// 2^129; at 2^52 blocks, 64 PiB, it is 2^-25. SMB cannot renew a session's
	// keys, so a lower bound would end long sessions for nothing.
	maxBlocks = 1 << 52

	// copyLimit is up to where a message is copied to be verified with GMAC;
	// beyond, the algebra is cheaper.
	copyLimit = 4096
)
