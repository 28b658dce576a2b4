// Package mapped is memory outside of Go's heap, for devices that read and write
// it by themselves.
//
// # Use
//
//	var memory mapped.Memory
//	b := memory.Alloc(1 << 20)
//	...
//	memory.Free(b)
//
// The heap is no place for what an RDMA device works on: the collector may give
// a page to something else while the device still has its address, and each
// buffer would have to be registered on its own, which costs more than most
// operations take. Here the memory comes from the system in chunks of some MiB,
// and a device registers a chunk as a whole, once:
//
//	stop := memory.Watch(func(c *mapped.Chunk) { deregister(c) })
//	c, ok := memory.Chunk(b)  // ok is false when b is other memory
//	register(c.Bytes())       // unless it was: c itself is the key
//
// Chunk takes no lock and is made for every operation of a device.
//
// # Layout
//
// A chunk holds blocks of one size:
//
//	|<- block ->|<- block ->| ... |<- block ->|<- rest of the page ->|
//
// Sizes are multiples of 64 bytes up to 2 KiB and go on with 32 steps to each
// power of two, so that a block is at most 63 bytes or 3 % longer than what was
// asked for. A chunk has as many blocks as make 2 MiB, and one where a block is
// longer than 1 MiB and some headers. What is in use is written down beside the chunks, not in
// them: neither a device nor an overrun can spoil it.
//
// Chunks without a block in use are kept up to [Memory.Idle] bytes, then the one
// that has been idle for longest goes back to the system, after the watchers
// have been told. On Linux a child process does not get the chunks: pages that
// are shared for copying would move away from under a device when the parent
// writes.
//
// On systems without mmap chunks are made in Go's heap; there are no devices
// for this package there.
//
// # Errors
//
// Free of anything that is not a block in use panics, as does Alloc when the
// system has no more memory, as the heap does. Memory of a block that has been
// freed may be gone: reading it ends the process.
//
// # Bugs
//
// A chunk with one block in use stays as it is: blocks do not move, and their
// neighbours' pages are not given back. Chunks are not made of huge pages unless
// the system does so by itself.
package mapped
