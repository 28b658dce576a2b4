package auth

import "time"

const (
	// MaxToken bounds a token: SESSION_SETUP has 16 bits for its length,
	// [MS-SMB2] 2.2.5.
	MaxToken = 1<<16 - 1

	// freeFailures is how many log-ins of a source may fail before it has to
	// wait. Clients with a wrong password try it three or four times by
	// themselves before they ask their user.
	freeFailures = 10

	// A source that goes on failing is refused for firstWait, twice as long after
	// each further failure, at most lastWait: 16 guesses in the first two minutes,
	// then one a minute, 1,440 a day. The longest wait is also how long others
	// behind the same address are kept out, hence no more.
	firstWait = time.Second
	lastWait  = time.Minute

	// forgetAfter is how long after its last failure a source starts afresh. It
	// exceeds lastWait, or else sitting out the longest wait would clear the
	// count.
	forgetAfter = 15 * time.Minute

	// maxSources bounds the sources that are remembered, at about 200 bytes each
	// (3 MiB in all). Beyond it the one that has failed least recently is
	// forgotten.
	maxSources = 1 << 14
)
