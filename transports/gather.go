package transports

// A Gatherer is a Conn that can move several small messages at the price of
// one. Found by assertion, like a Placer: a relay between two of them keeps
// together on its way out what came together.
type Gatherer interface {
	Conn

	// Buffered says that a whole message has been read already, so that
	// Receive returns it without asking the system. It belongs to the
	// goroutine that calls Receive.
	Buffered() bool

	// SendAll sends the messages of list in order, as Send does one. It takes
	// ownership of all of them, also on error; list itself stays the caller's.
	SendAll(list []*Message) error
}

// MaxGather bounds the messages of one SendAll: more than fit into what a
// Framer reads ahead do not come together.
const MaxGather = 64
