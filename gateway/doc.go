// Package gateway is the core of smbgw: it joins SMB clients on one network
// with SMB servers on another. Networks are transports.Network values; which
// ones exist is not known here.
//
// # Use
//
//	g := &gateway.Gateway{Log: log, Listeners: []gateway.Listener{{
//		Name:     "office",
//		Endpoint: gateway.Endpoint{Addr: tcp445, Network: tcp},
//		Relay: &gateway.Backend{
//			Name:      "nas1",
//			Endpoints: []gateway.Endpoint{{Addr: rdma5445, Network: smbdirect}, {Addr: tcp445, Network: tcp}},
//			Place:     true,
//		},
//	}}}
//	err := g.Run(ctx) // until ctx ends
//
// A Listener without a Relay serves the Gateway's Service.
//
// # Two modes
//
// A listener relays to a backend, or terminates: it is an SMB server of its own
// to its clients (package front), which log in at the gateway and see its mounts
// (space.go). Behind a mount is a share of a backend, on which the client's
// session is carried on with a session of the gateway's own (package back), or a
// store in memory (package store). What joins them is package tree; each has its
// architecture in its own documentation. A client connection has its own
// connection to each backend that it uses, with the client's ClientGuid, so
// leases and durable handles keep their meaning there; or clients share a few, where
// a backend is Shared (pool.go): then there are no leases, oplocks and durable
// handles.
//
// A listener may have a policy (package policy). It decides when a client has
// connected, has logged in, and asks for a mount (ward.go), and then on each
// request (package guard). A connection keeps the policy that it began with.
//
// Connections that have not come to a share yet are counted by source (lobby.go):
// whoever opens them by the thousand keeps out nobody but himself.
//
// # Hosts
//
// A gateway is several servers (Host) to clients who call it by several names. A
// mount may be of some of them only (hosts.go), and a relay may go to another
// backend for each (choose.go). A client says up to three names:
//
//	SNI      of the TLS handshake: transports.Named
//	NETNAME  of NEGOTIATE, [MS-SMB2] 2.2.3.1.4
//	path     of TREE_CONNECT: \server\share
//
// Where there is an SNI it alone counts, for it is what the client was shown a
// certificate for: a path that names another host is STATUS_BAD_NETWORK_NAME, also
// when the SNI is no host's. Without one the path's name counts where it is a
// host's, and else NETNAME. These are the client's word and no more: hosts on
// networks without TLS are names, and what a user may have is for its mounts'
// servers to say. Names are compared whole, without regard to case and to a dot at
// the end; a short name, or an address, is a host's when it is among its names.
// Whoever names no host, or one that does not exist, sees the mounts that are of
// all hosts. A mount may be of some listeners only likewise, and hidden, which
// keeps it out of the list that IPC$ has. Nor are those listed that a policy denies.
//
// A relay has no path to look at. When there is no SNI it reads the client's first
// message, at most maxBeforeLogin bytes within nameTime, before it dials, and
// passes it on as it is. Who names no host that the listener has a backend for
// goes to Relay, or is closed.
//
// # Sources
//
// A mount may have several sources (Origin, origins.go): a client gets the first of those
// that are for it whose backend can be reached, at each TREE_CONNECT. Not reached
// is STATUS_SERVER_UNAVAILABLE: no address answers, or no SMB is spoken there. All
// else that a backend says is its answer. When a backend's connection is lost, its
// trees are, and the client's next connect looks again. What sources hold is theirs
// to keep the same: opens and locks of one are unknown to another.
//
// A mount may be a directory below a share: package rooted is in front of the server
// of its tree then, behind the policy's guard, whose paths are the client's.
//
// What follows is about relaying.
//
// # Picture
//
// Each client has its own connection to its backend:
//
//	            +------------------- connection ---------------------+
//	            |  requests --(queue)--> forward                     |
//	client <--> |      \_________________/  |                        | <--> backend
//	   front    |        pending: what is   v                        |   back
//	            |        converted and unanswered                    |
//	            |  <------------------------------------ replies     |
//	            +----------------------------------------------------+
//
// When neither leg can place (transports.Placer), two workers pump messages,
// unread, one each way (relay.go); between two TCP legs what there is of a
// message leaves before the rest has come (transports.Framed). Otherwise a
// converter does (convert.go): it reads the headers of SMB2 messages and
// converts the READs and WRITEs that are neither signed nor encrypted. All other bytes pass as they are.
//
//	front      back       READ                                WRITE
//	message    placing    data lands in our exposed buffer,   payload is exposed where it arrived
//	                      headers are put in front of it
//	placing    message    data is pushed from the message     pulled behind the headers of an inline
//	                      it came in                          request
//	placing    placing    both: one buffer, exposed, pushed   both: one buffer, pulled, exposed
//	message    message    not looked at                       not looked at
//
// Payload is not copied in any of these, and nothing is allocated for an
// operation once records and buffers exist. Compounds are the exception: they
// are rebuilt, which copies what stays inline.
//
// # One request, step by step
//
// A READ of 1 MiB from a TCP client to a backend on SMB Direct:
//
//  1. requests receives the client's message; decide finds a READ in the clear
//     above the threshold on a disk tree, and that the back leg places.
//  2. It reserves one operation and 1 MiB in pending. When there is no room it
//     waits, and the client is not read: that is all the back-pressure there is.
//  3. open takes a buffer of the backend's arena with room for the reply's
//     headers, and exposes the rest of it for writing. A request larger than the
//     leg moves at once gets several parts, whose message ids are those that the
//     client's CreditCharge reserves (split.go).
//  4. rebuild makes the request with Channel V1_INVALIDATE (V1 on dialect 3.0)
//     and our descriptor.
//  5. deliver publishes the operation in pending and sends the request: in
//     requests itself, or, when data of an earlier request is still being pulled
//     from the client, in forward, behind it. Order is never changed.
//  6. The backend writes the data and replies. replies finds the operation by
//     message id, revokes the exposure, and only then looks at the reply: no
//     more placed than asked, nothing inline besides.
//  7. It copies the reply's 64 bytes of header in front of the data, adds an
//     inline READ body, frees the operation and sends the buffer to the client.
//
// With a client on SMB Direct, step 1 checks its descriptors as [MS-SMB2]
// 3.3.5.12 and 3.3.5.13 have it; step 7 pushes the data into the client's
// memory and sends the 80 bytes of a placed reply behind it, with the first
// descriptor's token to invalidate if the client asked with V1_INVALIDATE. A
// WRITE is pulled between steps 4 and 5.
//
// # Ownership
//
//	what                          owner
//	connection, its two Conns     the goroutine of connection.run
//	counts, plan, flow in         requests
//	batch                         requests, then the queue, then who delivers it
//	op, before insert             who holds its batch
//	op, after insert              replies; found by message id, under pending's lock
//	op, while data is pushed      the transfer; its end frees the op
//	answers, dialect, flow out    replies
//	pipes                         locked: replies writes, requests reads
//	a message                     who received or made it, until Send or Release
//	an exposed buffer             the op; replies takes it out when it is revoked
//	arenas                        the configuration: one for each backend
//	doors, the server             the goroutine of Run; others ask it (run.go)
//
// # Teardown
//
// A connection ends by its first end (hangup.go): a leg has nothing more to
// say, takes nothing more, or says what cannot be; or Run's context is over.
//
//  1. A leg that takes nothing more may finish what it says, for drainTime.
//     What a client said before its end is still forwarded, in the same time.
//  2. pending is closed: nobody waits for room any more.
//  3. The leg that is still alive is closed first, so that what it was sent is
//     delivered; then the other one. Closing ends all transfers and exposures.
//  4. The workers are waited for.
//  5. What was never answered is revoked and freed; pushes are waited for.
//  6. One line in the log says who, where, how much, how long and why.
//
// # Decisions
//
// A request that must be refused, because its channel is malformed or because
// it cannot be carried, goes to the backend as a QUERY_INFO of the same file
// with the same message ids, and the reply becomes STATUS_INVALID_PARAMETER.
// So the backend accounts for ids and credits and keeps the order and the
// compound, and no reply is made up between two of its own.
//
// A request too large for the back leg that cannot be split (too few message
// ids, more than 128 parts, a compound, the end of the file as offset) is
// refused that way: messages carry less than placement does.
//
// A client on SMB Direct waits for the answer to its negotiation until the
// backend has answered ours (transports.Deferred). So it learns the longest
// message that the backend's leg carries, which sets the size of its signed and
// encrypted WRITEs, and a backend that is away looks like a server that is. TCP
// and QUIC have no word for either.
//
// A signed request with a channel ends the connection: its descriptors mean
// nothing to the backend, and its bytes are fixed.
//
// Pipes are never placed or split: they carry messages, and ksmbd takes a
// placed WRITE there for an empty one. Which trees are pipes is learnt from
// the replies to TREE_CONNECT.
//
// A placed READ that the backend answers inline after all is passed on inline.
//
// A message id that is in use again while a converted request waits ends the
// connection, as [MS-SMB2] 3.3.5.2.3 has it; so does a reply of another command
// than the request. A second reply, or one to an unknown id, passes.
//
// A CANCEL passes. For a request that was split it reaches the first part,
// whose status is that of the whole. Interim replies to later parts are kept
// from the client, which gets their credits with the final reply.
//
// In a compound reply one token can be invalidated: the first READ's or
// WRITE's. Clients have to cope, [MS-SMBD] 3.1.5.1.
//
// Compounds of more than 64 elements, and backends that answer nothing for
// five minutes while a connection's pending is full, end the connection.
//
// Tokens to invalidate never cross from one leg to the other.
//
// Each backend has its own arena, so that a backend which claims to have
// placed data can reveal no other backend's. Those that are made over one Memory
// clear what they get from it.
//
// # Change
//
// Change puts another configuration in force while Run is running (change.go). What
// belongs to one configuration is a server; a door, which is a listener's socket
// with its accept loop, has the server and the Listener for the next connection
// behind it. So a connection keeps those that it began with. What lasts is the lobby,
// the budgets with their counts, which get the new limits, the sessions of clients,
// and what they come back for at backends that are named as before, at the same
// addresses. Connections that clients share last where their backend is what it was
// in all; others end with their last session.
//
// # Limits
//
// Gateway.Limits bound what a listener, an address, a user or a mount has of the
// gateway, in the words of package limit. A visitor (visitor.go) is a connection as
// far as they go; all that it has it gives back when it ends, however it ends.
//
//	of               refused or paced
//	connections      the NEGOTIATE gets STATUS_REQUEST_NOT_ACCEPTED, of a user's the last
//	                 SESSION_SETUP, of a mount's the TREE_CONNECT (turnaway.go)
//	sessions         SESSION_SETUP gets it; of a mount, whose sessions are its trees, the
//	                 TREE_CONNECT, as [MS-SMB2] 3.3.5.7 has it for a share's MaxUses
//	opens            CREATE and what is related to it get STATUS_TOO_MANY_OPENED_FILES
//	memory           data that would be exposed to a backend stays in its message
//	requests, bytes  the client is not read until some have ended
//	a second         the client is not read until its share of the rate has come up
//
// Counting is between the front leg and the trees (limitedtree.go), so what a client
// has asked counts from when it is handed on until it is answered. A request that
// has had an interim response is not under way: what it waits for may be the same
// client's next request. A relay's connections are counted, and its bytes paced, for
// its listener and its clients' addresses.
//
// Gateway.Share is for fairness: while other connections are busy, one that has so
// many bytes under way is not read, so that a client with a deep queue keeps
// processors, memory and backends no busier than one with a short queue.
//
// "limit is reached" in the log names the subject, the limit, most and what happens
// beyond it: once, and then once a minute, with how often it was unreported.
//
// # Backends that are away
//
// Which addresses of a backend answer is remembered (package health, dial.go): each
// backend has a Monitor, whose checks run from Run to the next Change, and what is
// known of addresses lasts where they are in the next configuration too. Relays and
// the sessions of mounts dial by way of it, and tell it when a connection has ended
// that they have not ended themselves; a relay also when a client has left whom
// nobody has answered.
//
// A connection behind a mount is made when NEGOTIATE is answered on it, so a server,
// or a balancer before it, that takes connections and says nothing is passed over like
// one that takes none. Checks do the same, on a connection of their own that they
// close: an ECHO on a client's connection would say nothing about the address (that
// connection is what has to be doubted), would cost the client a credit, and there is
// none when nobody is there.
//
// A backend that cannot be reached within its Timeout is STATUS_SERVER_UNAVAILABLE to
// who wants its mounts, all of them that wait for the same attempt: clients take it for
// a state that passes, where STATUS_BAD_NETWORK_NAME would be a share that there is
// not. When the connection dies under a client with durable handles, its own is ended
// (package back); it comes back, and is at the next address at once.
//
// # Watching
//
// Check asks a Gateway that runs whether it gets on: Run's goroutine answers, each
// accept loop waits for a client or did a moment ago, and the tables that all
// connections share can be had. It says how many connections there are.
//
// # Log
//
// "listening" with listener and address; "connection closed" with conn,
// listener, peer, backend, front (network), back (dial string), bytes_in,
// bytes_out (as the client sees them, placed payload included), duration,
// reason, placed_reads, placed_writes, inline_reads, inline_writes, refused and
// host, where it has chosen the backend, and
// inline_REASON: below_threshold, signed, encrypted (messages of any kind),
// dialect, pipe, memory, unasked (the leg that could place is the client's,
// and it did not ask), malformed. Where neither leg places nothing is counted.
// "backend unreachable" names every address that was tried and its error. "backend
// address is down" and "backend address is up" are said when that changes.
//
// A terminated connection's line has listener, peer, front, duration, reason,
// and of the client's leg users, dialect, cipher and signing if they were used,
// requests, how many of them came sealed or signed, bytes_in, bytes_out,
// placed_reads, placed_writes and inline_REASON: no_placement, encrypted, signed,
// dialect, compound, below_threshold, unasked, refused. back.BACKEND has the
// same of each backend's leg, with the reasons of package back; the end of each
// backend connection is a line of its own, "backend connection closed". "mount
// failed" says why a client did not get a share.
//
// # Bugs
//
// Network-interface lists and referrals of the backend reach the client
// unchanged; a client may follow them around the gateway.
//
// Signed or encrypted messages that are larger than an SMB Direct back leg
// carries end the connection: a client on TCP or QUIC does not know that leg's
// limit. So do unsigned ones that are not placed because of Place or a large
// Threshold. A signed or encrypted READ whose reply is too large for the backend
// to send may stay unanswered: ksmbd keeps silent.
//
// Gateway.Share does not give anybody a processor. As long as there are some to spare,
// one client's deep queue makes the 99th percentile of another one's small READs less
// than twice as long as beside nobody. Where clients' data keep all of them busy, a
// small request waits for one at every step, in the gateway as in the server, and one
// client with a single large READ or WRITE at a time is enough: on two processors it is
// then several times as long (etc/bench/fair has both). Smaller pieces of data make that
// no shorter, and large ones slower.
//
// A system that sends what a socket is given while the call lasts, as Linux does on a
// virtual device whose traffic is shaped (tbf), keeps a processor in that call for as
// long as the link takes, and who reads the same socket waits with it. GOMAXPROCS above
// the number of processors leaves others something, and costs small requests a sixth.
//
// A client that is paced is not heard: that it has closed its connection is noticed
// when it may be read again, or when an answer cannot be delivered. It is paced as a
// whole, by what it owes for one mount at its others too.
//
// A relay's client that has a connection to a server which answers nothing finds out
// by its own patience; the next one is sent elsewhere. A connection on which nothing
// is outstanding may outlive its server by a minute, until it is asked for a sign of
// life; one with data on its way by two, when TCP gives up.
//
// A client that begins with the SMB1 negotiate has not said what it calls the
// server when a relay has to choose, and one before 3.1.1 never does: without TLS
// both are of no host there. On SMB Direct a listener that chooses by NETNAME
// cannot tell its clients what the backend's leg carries, because they wait for
// the answer to their negotiation before they send.
//
// While pending is full, a CANCEL or an oplock acknowledgement of the same
// client waits too.
package gateway
