/*
Package loop is an RDMA provider in memory: both ends of a connection live in
one process.

It exists for tests and demonstrations. It keeps every rule a real provider
enforces, and none of the timing: a send without a posted receive, a token that
is not valid, memory out of range or the wrong right end the connection for
both sides.

	var fabric loop.Fabric
	l, err := fabric.Listen(ctx, "server:5445", rdma.Config{})
	q, err := fabric.Dial("server:5445", rdma.Config{})

A Fabric is an address space: names mean nothing outside it. A listener on
":5445" answers for every host with that port, one on port 0 gets a free port.

Work is executed by the Poll of the end that it is aimed at, as with a software
provider on a socket: nothing arrives at a queue pair that nobody polls. A
send or write completes when the peer has taken it.

Everything waits on condition variables, so the package works inside a
testing/synctest bubble.

# Faults

A queue pair has a method Abort, found by assertion on interface{ Abort() },
that ends the connection as a lost network does: both ends fail with ErrLost
and nothing that was under way arrives.
*/
package loop
