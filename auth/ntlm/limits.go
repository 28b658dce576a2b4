package ntlm

import "time"

const (
	// maxPairs bounds the pairs of target information: eleven kinds exist, and a
	// client adds four to the server's.
	maxPairs = 64

	// maxTargetInfo bounds a server's target information, in bytes. The client
	// sends it back inside a response that has 16 bits for its length; real ones
	// have some hundred.
	maxTargetInfo = 8 << 10

	// maxName bounds user, domain and workstation, in bytes of UTF-16: 256 units
	// are what Windows takes for the longest of them.
	maxName = 512

	// maxSkew is how far the time in a response may be from the clock: MaxLifetime
	// of 3.1.1.1, as Windows has it since Vista. The time is the server's own in
	// most responses.
	maxSkew = 36 * time.Hour

	// maxNetBIOS bounds the NetBIOS names of a server, in letters.
	maxNetBIOS = 15
)
