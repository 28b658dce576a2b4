// Package transporttest is the suite that every transport passes.
//
// # Use
//
// In the transport's own test:
//
//	func TestConformance(t *testing.T) {
//		transporttest.Run(t, func(t *testing.T) transporttest.Fixture {
//			arena := new(transports.Arena)
//			return transporttest.Fixture{
//				Network: tcp.Network{Arena: arena},
//				Address: transports.Addr{Network: "tcp", Host: "127.0.0.1", Service: "0"},
//				Arena:   arena,
//				Kill:    func(c transports.Conn) { ... },
//			}
//		})
//	}
//
// Run calls the function once for each test, so that every test has networks
// and buffers of its own and all run in parallel.
//
// # What is held
//
// Order and content of messages of every size, both ways at once; that Send
// refuses empty and overlong messages and the connection lives on; that Send
// takes ownership, also on error, and leaves shared messages unchanged; that
// Close unblocks Receive, Send and Accept, delivers what was sent, may be
// repeated, and leaves nothing; that a listener's end leaves its connections
// alone; that silent peers delay nobody; that a peer that does not receive
// blocks its sender at bounded memory; that after a connection's violent end
// nothing is received that was not sent whole.
//
// After every test no goroutine that it has started, and no message of its
// arena, is left. [Watch] and [Buffers] do that, for use in other tests too.
//
// # Bugs
//
// File descriptors are not counted: the tests of a process share them.
package transporttest
