// Memory serves the share "bench" of a store in memory at one or more
// addresses, tcp or smbdirect, to user "tester" with password "pw". It is the
// server of etc/bench/terminate: one that costs as little as a server can.
//
//	memory ADDRESS...
package main
