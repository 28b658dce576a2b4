// Package sock makes the system calls of the hot path: reads and writes on
// sockets that do not wait.
//
// A call through package net tells the scheduler, which takes the processor
// away from whoever is in a system call for some twenty microseconds and makes
// it queue to get one back. Copying a mebibyte takes ten times as long, and a
// relay does little else: the hand-overs cost a tenth to a third of its
// throughput. These calls keep the processor. That is right for calls that
// copy a bounded amount and never wait, and only for them: the socket must not
// be a blocking one, and the caller bounds each call.
//
// The package is for Linux. Elsewhere it is empty, and its users go through
// package net.
package sock
