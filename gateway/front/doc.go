// Package front is the client's leg of a connection that is terminated here: an
// SMB server, dialects 2.0.2 to 3.1.1, over any transport. It hands verified
// requests to what serves their tree, package tree.
//
// # Use
//
//	s := &front.Server{GUID: guid, NewAcceptor: acceptor, Log: log}
//	used, err := s.Serve(ctx, conn, space)   // for each connection of a listener
//
// The fields of Server are the configuration. Connections that may come back
// through another listener share Sessions.
//
// # A message
//
// One goroutine reads a connection. It opens what is sealed, takes a compound
// apart, and looks at all of its elements before it acts on the first: what
// the specification wants a client disconnected for is found here, and message
// ids are taken (admit). Then, for each element, in this order (step): session,
// signature, whether it had to be sealed, credits, tree, body. Only what has
// passed is acted on. What is not the front's own business goes to the tree, in
// chains of related elements.
//
// Answers come from any goroutine. They get their header and their credits,
// wait for the others of their compound, and queue. One sender at a time takes
// the queue, signs or seals, and sends: the reader itself for what was answered
// while it handed a message on, else a goroutine that does nothing else, so that
// no tree ever waits for a client.
//
// # Placement
//
// On a connection that is a transports.Placer, a READ or WRITE with descriptors
// reaches its tree as an ordinary one. A WRITE is handed on when its payload has
// been pulled into a new message; a READ's payload is pushed before its answer,
// which has DataRemaining, leaves. Trees see no descriptors.
//
// # Channels
//
// A session is on one connection or several, [MS-SMB2] 3.3.5.5.2: those of any
// listeners that share Sessions. What belongs to one connection is its channel:
// the keys that sign there, and ciphers with the session's keys. Trees, opens,
// the user and the Space, that of the connection on which the session began, are
// the session's. A request is answered where it came; a break goes to the eldest
// channel that lives.
//
// A connection that ends takes its channel with it, and the session if that was
// the last: LOGOFF, a log-in that fails and PreviousSessionId end it everywhere.
// What waits for an answer on a channel that dies is withdrawn, but for CREATEs:
// clients repeat them on another channel. Breaks that it had, and that have not been
// acknowledged, go out once more on another, as do those that it carries while it has
// been silent for seconds. A Space is closed when its connection
// and all sessions that began there are gone.
//
// A session is bound to connections of a listener that is of the same kind, QUIC or
// not, and whose demands it keeps, if their Space lets it (Joiner). It has the rights
// of the connection that it began on.
//
// ChannelSequence and the flag of replays are the trees' to judge, which know the
// opens: the back leg passes both on, and a server there sees one channel with
// what the client says of its losses.
//
// # Who owns what
//
//	reader      what NEGOTIATE settled, verifying keys of channels, what is counted
//	sender      signing and sealing keys, the bytes that are sent
//	conn.mu     the message-id window, tables of channels and requests, queue
//	session.mu  its state, channels, trees, breaks that wait; making keys and wiping them
//
// A session's mu is taken before a connection's, never after it. What a session's
// first log-in has settled is constant from when it is valid. A request's record
// and message are the tree's until it answers. Records are reused, but not as long
// as a call of Cancel has one.
//
// # The end
//
// When the reader stops, the connection is closed, which ends transfers; then its
// channels go, and the sessions that have no other, each closing its trees, which
// answers every request; those of sessions that go on are waited for; answers are
// dropped. Serve returns when no goroutine or message of the connection is left, nor
// a tree that only it had.
//
// Serve then says what the connection was used for, Summary: by whom, how
// protected, how much, and why READs and WRITEs were not placed.
//
// # Limits
//
// limits.go has them. What a client has under way is bounded by its credits, by
// the number and by the bytes of requests and of answers that it has not taken;
// beyond the bytes it is not read. Of requests that have had an interim response
// there may be few: of those beyond, trees are asked to give them up, which the
// client hears as STATUS_INSUFFICIENT_RESOURCES. Until a user has logged in,
// messages are short, credits and ECHOs few and the time is limited.
//
// A Space that is Limits bounds sessions, and has the client not read, besides.
//
// # Sections implemented
//
// [MS-SMB2] 3.3.4.1, 3.3.4.2, 3.3.4.6, 3.3.4.7, 3.3.5.2 to 3.3.5.8, 3.3.5.12
// and 3.3.5.13 as far as the channel goes, 3.3.5.15.11, 3.3.5.15.12, 3.3.5.16,
// 3.3.5.17, 3.3.6.2.
//
// # Bugs
//
// A session that is being authenticated again serves requests meanwhile, unless it
// has expired.
//
// Compression, RDMA transforms and POSIX extensions are declined. An interim
// answer of one element of a compound sends all of them one by one. RDMA is
// refused with STATUS_ACCESS_DENIED where encryption is demanded, since what is
// placed crosses in the clear. A TREE_CONNECT or LOGOFF inside a compound holds
// up the rest of its connection.
package front
