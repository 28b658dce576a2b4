// Hops says how long small READs that pass a relay are where: in the relay, in its
// server. It looks at packets on the loopback device, for which it needs root and
// Linux.
//
//	hops [-time D] [-size N] RELAY-PORT SERVER-PORT
//
// Of READs of N bytes (4096), of which one is under way at a time, it prints the
// 99th percentile of the time in the relay, from the request's arrival to its being
// passed on and from the answer's arrival to its, and of that in the server, in
// microseconds; 0 0 when it has seen none. The times are the system's, of packets:
// what waits for a processor waits inside of whoever is to run there.
//
// # Bugs
//
// A READ whose request or answer does not begin a packet is not counted, and none
// that is signed beyond recognition, which is sealed.
package main
