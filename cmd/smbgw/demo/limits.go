package demo

import "time"

const (
	// maxTransfer is the payload of a READ or WRITE, in bytes: what Linux and
	// Windows clients use by default, and one RDMA operation can carry.
	maxTransfer = 1 << 20

	// charge is the credits of such a request: one for every 64 KiB,
	// [MS-SMB2] 3.1.5.2.
	charge = maxTransfer / (64 << 10)

	// depth is how many requests the load has under way, so that the legs
	// overlap; deeper ones gain nothing on one machine.
	depth = 8

	// credits is what the store grants at negotiation: enough for depth.
	credits = 2 * depth * charge

	// DefaultSize is the file's size in bytes, large enough that the start
	// does not show and small enough for any machine's memory.
	DefaultSize = 64 << 20
	// MaxSize bounds what Options may ask for: it is all kept in memory.
	MaxSize = 4 << 30

	// passes is how often the load writes and reads the file.
	passes = 4

	// settleTime bounds the wait for the gateways' last word on a connection
	// that the load has closed.
	settleTime = 10 * time.Second
)
