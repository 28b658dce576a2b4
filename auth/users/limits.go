package users

import "time"

const (
	// maxFile bounds the file, in bytes: a hundred thousand accounts. It keeps a
	// wrong path from filling the memory.
	maxFile = 16 << 20

	// maxLine bounds a line. A name has at most maxName bytes, all else together
	// about 100; comments may be longer than that.
	maxLine = 4 << 10

	// maxName bounds a name, in bytes: what NTLM can carry is 256 UTF-16 units.
	maxName = 256

	// checkEvery is how often at most Lookup looks whether the file has changed.
	checkEvery = time.Second
)
