// Package demo shows smbgw at work on one machine, without a configuration file:
// what a client says over TCP crosses SMB Direct in the middle.
//
// # Use
//
//	err := demo.Run(ctx, demo.Options{TCP: ..., RDMA: ..., Welcome: ..., Out: os.Stdout})
//
// Run brings everything along: two gateways that terminate SMB, of which the
// second one has a share in memory, and a client.
//
//	client --tcp--> gateway --smbdirect--> gateway: store
//	           quic
//
// The client copies a file up and down and compares every block; a table says
// what crossed which leg, counted at the leg's server. Then the share stays up
// for the user's own clients, with the commands to try, until the context ends:
// over TCP and, with a certificate of its own, over QUIC. Each connection becomes
// a row when it is over.
//
// With a Server in the options two relays are put in front of it instead:
//
//	client --tcp--> relay --smbdirect--> relay --tcp--> server
//
// # Memory
//
// The copied file stays in memory, Options.Size bytes, and so does what is put
// beside it, up to 1 GiB.
//
// # Ownership
//
// Run waits for all that it has started, and removes the directory with the
// certificate. The networks are the caller's.
//
// # Bugs
//
// The certificate vouches for this machine's own names and the address that is
// listened on; clients have to be told to trust it. What is encrypted is not
// looked into, so its requests do not count as inline, and a compound counts as
// one request.
package demo
