package health

import "time"

const (
	// DefaultTimeout is how long clients wait for a backend: less than Windows and
	// Linux wait for an answer by far, and long enough for a second SYN to each of
	// two addresses, whose first was lost. [MS-SMBD] 3.1.6.1 gives SMB Direct as
	// much for its negotiation.
	DefaultTimeout = 5 * time.Second

	// DefaultInterval is the longest pause between checks of an address: what a
	// client at most waits for the return of the address that it prefers.
	DefaultInterval = 10 * time.Second

	// minPause is the shortest pause between checks, before chance has cut it.
	minPause = time.Second
)
