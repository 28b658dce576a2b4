// Client asks an SMB server for one thing over and over, over TCP, and says how
// long the answers took: what smbtorture's benchmarks do not tell. It logs in to
// the share "bench" as etc/bench/memory knows it.
//
//	client [-sign] [-seal] [-depth N] [-time D] [-rate N] echo | read | write SIZE ADDRESS
//	client -cipher [-sign] [-seal] [-time D] SIZE
//
// It prints answers a second, and the 50th and 99th percentile of their times in
// microseconds. -depth requests are under way at a time. The goroutine that
// receives an answer sends the next request, so that little of the time is the
// client's. With -rate the connection is as slow, each way, as a link of N MiB a
// second.
//
// With -cipher it signs (GMAC) or seals (AES-128-GCM) messages of SIZE bytes on
// one processor, and prints how many a second.
package main
