// Package guard stands in front of what serves a tree and lets through what a
// policy allows.
//
// # Use
//
// A tree that has been connected, and that the policy allows so far, is given a
// guard with what is known of its client:
//
//	share = guard.Share(share, guard.Options{Policy: p, Facts: facts, Arena: arena, Log: log})
//
// # What it does
//
// Each request of the tree is classified by what it needs (policy.Classify) and
// decided. One that is denied is answered with STATUS_ACCESS_DENIED, and does not
// come to the server. Requests that need no access, such as CLOSE, always pass. Of
// a chain only what is denied is left out: the CLOSE behind a denied SET_INFO is
// done, and after a denied CREATE what would use its file is denied too, [MS-SMB2]
// 3.3.5.2.7.2.
//
// TREE_CONNECT's MaximalAccess is what the policy leaves of it, so that clients
// do not try in vain. It is left alone where paths matter: the root of a share
// says nothing of what is below.
//
// A request about a file that was not opened on this tree is answered with
// STATUS_FILE_CLOSED: a server may know files by their session, and another tree of
// it may be allowed more. So extents are shared with, and pieces copied of, files of
// the same tree that may be read: a key for copies is one that has been asked for
// there, whatever else a server takes for one.
//
// # Paths
//
// Where a rule of the policy has paths, the guard remembers by which path each
// file was opened, until it is closed. A rename or a link needs to be allowed for
// both of its paths. What would change the meaning of paths in rules is denied as a
// whole: renaming a directory above one of them, and setting short names and
// reparse points, as they lead elsewhere. A directory above one of them is watched
// without what is below it.
//
// Files opened by their id, and durable opens that a client comes back to, have
// no path that is known; for them the policy is as strict as it can be.
//
// # Speed
//
// The verdicts on listing, reading and writing are made once for each tree, or
// where there are paths for each open. READ and WRITE look them up; nothing is
// allocated.
//
// # Ownership
//
// A Server owns what it is given as a tree.Server does. Denied requests it answers
// before Serve returns; all others are the next server's. Its Close is that
// server's.
//
// # The log
//
// For each tree, the first request that a rule denies is a line in the log, with
// the rule's place; further ones are debug lines.
//
// # Bugs
//
// The context in which CREATE reports the maximal access of a file is the
// server's and says nothing of the policy. Listing a directory shows names in it
// that cannot be opened. A rename by another client leaves the paths of files that
// are open as they were.
package guard
