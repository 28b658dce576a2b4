// Package store is SMB shares in memory: what serves trees when there is no
// backend, for the demo, tests and benchmarks.
//
// # Use
//
// A Store is the tree.Space of any number of connections, which the front leg
// asks for shares by name:
//
//	space := store.New(store.Config{Shares: []string{"demo"}, Arena: arena})
//
// Each share is a volume of its own, empty at first and gone with the Store.
// Whoever gets to it may do everything in it.
//
// # How
//
// A volume is files and directories by name, in any case and as they were
// spelled, with named streams, attributes, times, share modes, delete on close,
// byte-range locks and change notification. One lock guards it; READs share it.
// A Server is one tree connect: it knows its opens by random ids, and answers
// on the goroutine that calls Serve. What waits, for a lock or a change, is
// answered by whoever brings the end of the waiting about, after the volume has
// been freed.
//
// A file is pages of 64 KiB, and holes where none were written. READ copies
// once, from the pages into the reply, WRITE once, from the request into the
// pages. Neither allocates, but for new pages.
//
// # Sections
//
// [MS-SMB2] 3.3.5.9 to 3.3.5.22 for 3.1.1 and older; what they leave to the
// object store is [MS-FSA] 2.1.5. Of 3.3.5.15 the FSCTLs
// SRV_REQUEST_RESUME_KEY, SRV_COPYCHUNK and its WRITE form,
// QUERY_ALLOCATED_RANGES, SET_ZERO_DATA and SET_SPARSE.
//
// In a chain only a CREATE that fails makes those after it fail with its
// status: when another request fails, the CLOSE behind it closes all the same.
//
// # Bugs
//
// There are no oplocks, leases or durable opens: they are asked for and not
// granted. There are no extended attributes, short names, hard links, reparse
// points, quotas or snapshots. All files have one security descriptor, which
// cannot be set; the one that comes with a CREATE is ignored. Streams cannot be
// renamed. A rename does not look at how the parent directory has been opened,
// and what a file's deletion does to opens of its streams is not shared with
// them. LastAccessTime changes only when it is set. What a CREATE or SET_INFO
// allocates is checked against the space that is left, and not kept. The
// extended forms of rename and disposition are not known.
package store
