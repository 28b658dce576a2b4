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
// # Who owns what
//
//	reader   what NEGOTIATE settled, states and verifying keys of sessions, what is counted
//	sender   signing and sealing keys, the bytes that are sent
//	conn.mu  the message-id window, tables of sessions, trees and requests, queue
//
// A request's record and message are the tree's until it answers. Records are
// reused, but not as long as a call of Cancel has one.
//
// # The end
//
// When the reader stops, the connection is closed, which ends transfers; then all
// sessions go, each closing its trees, which answers every request; answers are
// dropped. Serve returns when no goroutine, tree or message is left.
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
// A session belongs to one connection: binding is refused (bind.go) and
// MULTI_CHANNEL not advertised, so clients look at the list of interfaces only if
// they ask unasked. A session that is being authenticated again serves requests
// meanwhile, unless it has expired.
// ChannelSequence is not looked at: it passes, and replays are the tree's to judge.
// Compression, RDMA transforms and POSIX extensions are declined. An interim
// answer of one element of a compound sends all of them one by one. RDMA is
// refused with STATUS_ACCESS_DENIED where encryption is demanded, since what is
// placed crosses in the clear. A TREE_CONNECT or LOGOFF inside a compound holds
// up the rest of its connection.
package front
