// Package demo shows smbgw at work on one machine, without a configuration
// file: two relays in a chain, so that what a client says over TCP crosses SMB
// Direct in the middle and arrives over TCP again.
//
//	client --tcp--> relay --smbdirect--> relay --tcp--> server
//
// # Use
//
//	err := demo.Run(ctx, demo.Options{TCP: ..., RDMA: ..., Out: os.Stdout})
//
// With a Server in the options, Run joins the chain to it, prints what to try
// and stays up until its context ends; each connection becomes a row of a table
// when it is over.
//
// Without one it brings both ends along: a store, which is a file in memory
// behind as much SMB2 as READ and WRITE need, and a load, which writes and
// reads that file, first directly and then through the chain, and compares
// every block. Then it returns.
//
// # Ownership
//
// Run waits for all that it has started. The networks are the caller's.
//
// # Sections
//
// The store and the load speak the parts of [MS-SMB2] that a transfer needs:
// NEGOTIATE (2.2.3, 2.2.4), TREE_CONNECT (2.2.9, 2.2.10), READ (2.2.19, 2.2.20)
// and WRITE (2.2.21, 2.2.22), in the clear.
//
// # Bugs
//
// The store is no SMB server: it has one file and no log-on, so other clients
// cannot use it. Point the demonstration at a real server for them.
package demo
