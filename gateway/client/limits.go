package client

const (
	// DefaultDepth is how many requests of a transfer are under way: enough for
	// several legs to be busy at the same time. More gains nothing on one machine.
	DefaultDepth = 8

	// maxDepth bounds Share.Depth: package back's credits do not pay for more
	// requests of 64 KiB.
	maxDepth = 512
)
