package limit

import "time"

const (
	// reserve is the part of a second's worth that a bucket holds, one in so many:
	// enough for what comes in a burst by itself, such as the requests of a copy,
	// and too little for a burst to be felt by others.
	reserve = 4

	// quantum is how many bytes a connection gets of a bucket before it is
	// another's turn: what one credit pays for, so that small requests are paid
	// in one turn.
	quantum = 64 << 10

	// usual is how many bytes the next message of a connection is taken to hold
	// when bytes are counted: what clients ask for when they copy.
	usual = 1 << 20

	// minPause is the shortest sleep of a bucket: what systems can.
	minPause = time.Millisecond

	// trickle is how long a connection waits for others' requests to end.
	trickle = time.Second

	// silence is how long a limit that has been reported is not reported again.
	silence = time.Minute

	// busyTime is how long a connection that has asked something is busy: who
	// works at a screen asks again in that time.
	busyTime = time.Second

	// noteTime is how often it is noted, which costs a lock.
	noteTime = 10 * time.Millisecond

	// maxIdle bounds the budgets that nobody has open, 200 bytes each. They are
	// there to remember what is owed, seconds mostly. More come only from more
	// addresses or users than that in those seconds, and then the one that has
	// been idle longest is forgotten.
	maxIdle = 4096

	// lanes is how many goroutines pace one connection: one for each direction of
	// a relay.
	lanes = 2
)
