// Package back is the server's leg of a gateway that terminates SMB: a client
// of SMB 2.1 to 3.1.1 over any transports.Conn, which carries the requests of
// trees to a backend and its replies back to who asked.
//
// # Use
//
// A Space is what one client connection sees of one backend. It is a
// tree.Space: Connect dials, negotiates and logs in when that is needed, and
// returns a share whose Server forwards what it is given.
//
//	space := &back.Space{Dial: back.Direct(dial), Initiator: initiator, Options: back.Options{Arena: arena, ServerName: "nas1"}}
//	share, err := space.Connect(ctx, client, "projects")
//	share.Server.Serve(chain)
//	share.Server.Close()
//	space.Close()
//
// A backend that is at several addresses has a Dial of its own. A connection is made
// when the server has answered NEGOTIATE: as long as nobody has, Dial goes on to the
// next address; an answer that will not do is the backend's. A connection that turns
// out to be dead when a Connect uses it is made anew, once.
//
// When a client has vanished, Abandon comes before its trees' Close: it cuts
// the connection, and the backend keeps the durable opens for the client's
// return.
//
// A Pool is for backends that are not to have a connection for each client, and a
// Member what one client connection then has in the place of a Space:
//
//	pool := &back.Pool{Size: 8, Options: back.Options{Arena: arena, ServerName: "nas1"}}
//	pool.Dial(back.Direct(dial), 0)
//	member := &back.Member{Pool: pool, Initiator: initiator}
//	share, err := member.Connect(ctx, client, "projects")
//	member.Close()
//	pool.Close()
//
// Below it are Conn, one connection, and Session, one log-in on it, for whoever
// wants to divide them otherwise:
//
//	c := back.New(conn, options)
//	go c.Run(ctx)
//	err := c.Negotiate(ctx)
//	session, err := c.Login(ctx, initiator, 0)
//	share, err := session.Connect(ctx, client, "projects")
//	err = session.Reauthenticate(ctx, initiator)
//
// # A request, and its reply
//
//  1. Serve prices the chain and waits for credits, in the order of arrival,
//     which holds up its client. CLOSE and acknowledgements of breaks may use
//     the reserve and overtake.
//  2. The header gets this leg's message id, session, tree and credits. FileIds,
//     lease keys and create contexts pass as they are. A request that is alone
//     in its message leaves in that message; a chain is put together in a new
//     one.
//  3. It is signed or sealed, as the session or the share wants it, entered in
//     the table of calls, and sent.
//  4. The reader opens what is sealed and finds the call by message id.
//     Command, session and protection have to be those of the request before
//     anything is acted on. Credits are entered.
//  5. An interim reply becomes Request.Pending, once. The final one goes to
//     Request.Reply in the message it came in; replies of a compound are copied
//     into one each.
//
// # Placement
//
// On a transports.Placer a READ or WRITE of Options.Threshold bytes or more asks
// for RDMA, when nothing signs or seals it, its dialect is 3.0 or later, it is
// alone, and it is no pipe's. A WRITE's payload is exposed where it lies; a
// READ's lands behind room for the reply's head. Either is revoked before its
// reply is looked at. Counts has the reasons of what stayed inline.
//
// # Splitting
//
// A READ or WRITE larger than Tree.Limits goes in parts: what the server takes,
// what can be exposed, what a message carries where nothing can. Each has its
// credits and is sent when they are there, before the ones sent earlier are
// answered; where the server grants too few, parts are shorter. Parts are placed
// from and to the one buffer, or copied once. The client gets one answer: of a
// prefix that ends with the first part that came short, or the first error.
//
// A chain with such an element, too long for one message or for the credits that
// the server grants, goes element by element, each when the one before has been
// answered, with the FileId that the client left to the server put in.
//
// # Connections that clients share
//
// Each session of a client is one of its own, with its user and keys, on the
// pool's connection that has the fewest; until there are as many as there may be,
// a new one is made for it. When all are full the client is told
// STATUS_REQUEST_NOT_ACCEPTED; a server that refuses a session for want of room is
// not asked for more than it has there for a minute. A connection that dies ends its
// sessions, and the next Connect of each makes it anew; one without sessions is
// closed a minute later.
//
// The server knows one client by a ClientGuid of the gateway's, so nothing is asked
// of it that it would promise to that one: no oplock, lease, durable or resilient
// open. Create contexts that ask for them are taken out, who comes back for one
// gets STATUS_OBJECT_NAME_NOT_FOUND, and shares are flagged not to be cached.
//
// No session has more credits and requests in use than are left to all others
// (queue.go), nor more requests that wait for a lock or a change. Serve holds up
// its own client alone, and Repliers do not block, so one that does not read its
// replies holds up nobody.
//
// ksmbd ends all sessions of a connection by what becomes of one: shaky.go has how
// that is kept from the others.
//
// A tree ends as on a client's own connection. What the server then does not let go
// of is answered all the same, and stays in the table of calls, with the memory
// that was exposed for it, until the server answers; the session's keys are kept as
// long. After a log-in, tree connect or their end that has had no answer in time
// the connection gets new sessions only when there is no other.
//
// # Ownership
//
// Goroutines are Run's: the reader, which calls Repliers and Notify, and the
// keepalive, and what logs sessions in again or serves a chain element by
// element. Conn.sending owns all that is sent, signers and sealers included;
// Conn.mu calls, credits and trees; the reader the verifiers and openers. A call
// is in one of two hands: in the table it is mu's, before and after that it
// belongs to who put it there or took it out.
//
// # How a connection ends
//
// For the first of: the transport's end, a violation of the protocol, silence,
// Close. The transport is closed, so that nothing can touch exposed memory; the
// reader ends; who made the connection hears why (Link.Lost); what is outstanding
// is answered: STATUS_CONNECTION_DISCONNECTED where the server may have done what
// was asked (WRITE, SET_INFO, CREATE, IOCTL, LOCK), else
// STATUS_NETWORK_NAME_DELETED, which is also what Serve then answers at once.
// Nothing is sent twice. Tree.Close in order: TREE_DISCONNECT, which the server
// answers with all that is outstanding, CANCEL what it leaves; with the session's
// last tree LOGOFF, with the last session the connection. Where the client logs
// off, Logoff does the same for all trees at once.
//
// Before any of these answers a client whose durable, persistent or resilient
// opens were on a connection that this side has not closed hears Notify.Lost:
// its own reconnect brings them back. Sessions has what the backend then is to
// be told of the session before.
//
// # When a session expires
//
// STATUS_NETWORK_SESSION_EXPIRED means that the server has not acted on a
// request. The session is logged in again as Session.RenewBy says, nothing is
// sent on it meanwhile, and what was refused is sent once more. What then expires
// within ten seconds is the client's to hear of.
//
// # Downgrades
//
// On 3.1.1 the signature of the final SESSION_SETUP response proves the
// negotiation; it is checked whether or not the session signs. Below that, each
// TREE_CONNECT is followed by a signed VALIDATE_NEGOTIATE_INFO, if 3.x was
// offered. A session without keys, or a guest's, is refused to a user who has a
// password.
//
// # Sections implemented
//
// [MS-SMB2] 3.2.4.1, 3.2.4.2.2.2, 3.2.4.2.3, 3.2.4.2.4, 3.2.4.6 and 3.2.4.7 with
// channels, 3.2.4.22 to 3.2.4.24, 3.2.5.1 with expiry, to 3.2.5.5, 3.2.5.11, 3.2.5.12, 3.2.5.19.
//
// # Bugs
//
// A READ or WRITE of a pipe is not split: one too large for the server is
// answered with STATUS_INVALID_PARAMETER. A split WRITE of which a part fails
// has failed, although other parts of it have been written. A chain that goes
// element by element takes a round trip for each, what its client asks meanwhile
// may overtake the rest of it, and where its tree ends the rest is not done.
//
// A Space has one connection to a backend: no channels are bound, and a session
// that the server has ended is made again only by the next Connect.
//
// Of a compound whose session has expired all or nothing is sent again: where
// the server has acted on some of it, as on a CLOSE, the rest fails with
// STATUS_NETWORK_SESSION_EXPIRED, and so does what had been told to wait.
//
// Log-ins of one connection, also of a Pool's, take turns: ksmbd keeps one challenge
// for all of them. A backend that takes long over one makes those of others late.
//
// On a Pool's connection to ksmbd a session that nobody needs any more stays logged
// in for the next client of the same user, until the connection has ended or has 32
// of them; a password that has been changed meanwhile changes nothing about it. One
// that ksmbd is at the end of, by somebody's failed log-in, for the second time
// within a second is expired to its client.
//
// Data of a compound is copied. Nothing is compressed, and nothing is placed
// where it would have to be signed or encrypted. Backends that speak 2.0.2 alone
// are refused.
//
// Breaks for opens beyond 65536 that hold an oplock or lease on one connection are
// not routed. A server may send the break of a lease on any connection of its
// client's: it is routed to all of those to the same backend with the same log-in,
// but not if it comes before the answer to the CREATE on the other one.
package back
