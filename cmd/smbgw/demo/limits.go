package demo

import "time"

const (
	// DefaultSize is the copied file's size in bytes: some seconds' worth, on a
	// machine with as much memory to spare.
	DefaultSize = 1 << 30
	// MaxSize bounds what Options may ask for: it is all kept in memory.
	MaxSize = 4 << 30
	// unit is what a size is a multiple of.
	unit = 1 << 20

	// requestSize is the payload of the copy's requests, in bytes: what Linux and
	// Windows clients use by default.
	requestSize = 1 << 20

	// storeRoom is what users can put beside the copied file, in bytes: enough to
	// try things out, and bounded because it is memory.
	storeRoom = 1 << 30

	// progressTime is how often the progress line changes.
	progressTime = 100 * time.Millisecond

	// settleTime bounds the wait for the end of the copy's connections.
	settleTime = 10 * time.Second

	// passwordLength is in letters of five bits each: 80 bits, which nobody
	// guesses while a demonstration lasts.
	passwordLength = 16

	// certificateTime is how long the certificate is valid: longer than a
	// demonstration, and short for one that somebody trusts and forgets.
	certificateTime = 7 * 24 * time.Hour
)
