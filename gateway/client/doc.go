// Package client is an SMB client for files: what the demonstration, benchmarks
// and tests put load on a gateway with. It is package back, used from its other
// end, with opens and transfers on top.
//
// # Use
//
//	c, err := client.New(ctx, conn, back.Options{Arena: arena, ServerName: "gw"})
//	share, err := c.Connect(ctx, initiator, "demo")
//	file, err := share.Create("copy")
//	err = file.Upload(1<<30, pattern.Fill)
//	err = file.Download(1<<30, pattern.Check)
//	err = file.Close()
//	share.Close()
//	c.Close()
//
// Upload and Download keep Share.Depth requests of Share.Unit bytes under way;
// ReadAt and WriteAt one. Do asks anything else. A Pattern is content of which
// every sector says where it belongs.
//
// # How data moves
//
// An upload's content is made in the request that carries it, and a download's
// looked at in the reply. On a connection that can place, it crosses by RDMA as
// package back has it. Nothing is allocated for a request once a transfer has
// begun.
//
// # Errors
//
// What a server refuses is an smb2.Status, wrapped with the command's name. When
// the connection is over every call fails, and Client.Err says why.
//
// # Ownership
//
// A Client has one goroutine of its own and those of its back.Conn, until Close
// or Hangup. Many goroutines may use a Client and a Share. A File is one's at a
// time, its ReadAt and WriteAt excepted.
//
// # Bugs
//
// Oplocks and leases are not asked for. A transfer that fails waits for the
// answers of what is under way; Hangup ends that.
package client
