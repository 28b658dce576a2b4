// Package ipc is the gateway's own IPC$: a share of type pipe, in which a
// client finds the pipe srvsvc and asks it, by DCE/RPC, which shares there are.
//
// # Use
//
// A Service is made once and hands out trees:
//
//	service := ipc.New(ipc.Config{Server: "GATEWAY", Comment: "files", Shares: visible, Arena: arena})
//	share := service.Connect(client)
//
// Refuse instead of Connect is IPC$ for a client that may not open pipes: those of
// QUIC, unless somebody has decided otherwise ([MS-SMB2] 3.3.5.9). He connects to
// the share, asks it for DFS referrals, and every CREATE is STATUS_ACCESS_DENIED.
//
// What it lists it is told: visible returns the shares of a client, to which
// IPC$ itself is added. ConnectTo is for a tree that sees others. Hidden ones are
// not listed.
//
// # How
//
// A Server is one tree connect. Each of its opens is a pipe with an association
// of its own ([C706] 12.6), which reads PDUs from what the client writes and
// answers at once, on the goroutine that calls Serve. An answer waits in the pipe,
// a fragment a message, until the client reads it. Only a READ or
// FSCTL_PIPE_TRANSCEIVE that finds nothing waits, and is answered by whoever
// writes, closes or cancels.
//
// All pipes of a Service together hold at most so much; a client that does not
// read its answers loses its pipe. limits.go says how much.
//
// An association that is not spoken to as the protocol has it is over: what has
// been answered can be read, and then the pipe is STATUS_PIPE_DISCONNECTED.
//
// # Sections
//
// [MS-SMB2] 3.3.5.9 to 3.3.5.21 as they are for pipes, and of 3.3.5.15 the
// FSCTLs PIPE_TRANSCEIVE, PIPE_PEEK, PIPE_WAIT and, as there is no DFS here,
// DFS_GET_REFERRALS.
//
// [C706] 12.6 and [MS-RPCE] 2.2.2: bind, alter_context, request, co_cancel and
// orphaned; NDR in either byte order. Clients are who their session is: a bind
// that brings a security provider is refused, and a request with a verifier is
// too. NDR64 is not taken, and of the features of bind time negotiation only that
// an orphaned call keeps its connection.
//
// [MS-SRVS] 3.1.4: NetrShareEnum, NetrShareEnumSticky and NetrShareGetInfo at
// levels 0, 1, 2, 501 and 502 (the second not at 501), NetrServerGetInfo at 100,
// 101 and 102, and NetrRemoteTOD.
//
// # Bugs
//
// No share has a path, a count of its users or a security descriptor: levels 2
// and 502 say so. The anonymous are told of no share; everybody else may ask for
// every level. The pipe wkssvc, which some clients ask for the server's domain,
// is not there, nor are those of accounts and printers. An association group
// holds nothing, so any number that has been given out may be joined.
// Verification trailers, which protect the header of authenticated calls, are
// skipped like all else behind the arguments.
package ipc
