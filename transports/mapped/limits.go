package mapped

const (
	// DefaultIdle bounds the chunks without a block in use that are kept, in
	// bytes: two blocks for the longest message of direct TCP, 16 MiB. Making a
	// chunk anew and registering it costs a millisecond and more, and arenas,
	// which keep free buffers themselves, let go of some all the time when they
	// are at their own bound.
	DefaultIdle = 2 * (16<<20 + 1<<19)

	// chunkSize is what a chunk of several blocks has at least. Devices take
	// hundreds of registrations and more, and 255 chunks of 2 MiB are half a GiB
	// of buffers; with much larger ones a few small blocks would lock a lot of
	// memory.
	chunkSize = 2 << 20

	// maxShared is the longest block that shares its chunk with others: of
	// larger ones few are in use at a time, and each goes back to the system as
	// soon as it is free.
	maxShared = 1<<20 + 1<<15

	// align is where blocks begin: a cache line, so that what a device writes
	// does not take a neighbour's line from a processor.
	align = 64
)
