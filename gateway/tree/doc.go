// Package tree is what stands between the front leg and what serves a tree
// connect: the back leg, the gateway's own IPC$, or a store in memory. The
// front leg is the only caller, and sees no difference.
//
// # Use
//
// TREE_CONNECT asks a Space for the share by name. The Server it returns is
// given every later request of that tree until Close. A connection has a Space of
// its own:
//
//	share, err := space.Connect(ctx, client, "projects")
//	share.Server.Serve(chain)
//
// # A request
//
// Requests come verified, one element each, with the ids of the front leg. A
// chain is a run of related elements of one compound ([MS-SMB2] 3.3.5.2.7.2),
// or one request alone. Those behind the first have NoFile where they are about a
// file: the one before's. The server answers each element once, in any order and
// from any goroutine, by Request.Reply; before that it may say once, by
// Request.Pending, that the answer takes a while: the client then gets an
// interim response and can cancel.
//
// A reply is a whole element, header and body. Of its header only the status
// counts: the front leg writes ids, credits, flags and signature, frames
// compounds, seals. The message it lies in has headroom for all that is put in
// front of it.
//
// Data is inline in both directions: RDMA descriptors of the client are the
// front leg's business, and those of the server's own leg the server's.
//
// Servers that have no other's replies to pass on make theirs with Replies.
//
// # Ownership
//
// Serve gives a request away, with its message, until Reply. Reply gives the
// answer's message away. A server holds no request when Close has returned.
package tree
