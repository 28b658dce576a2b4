package rdma

import (
	"context"
	"fmt"
)

// Kind is what a device speaks on the wire.
type Kind uint8

const (
	InfiniBand Kind = iota
	RoCE
	IWARP
)

func (k Kind) String() string {
	switch k {
	case IWARP:
		return "iWARP"
	case RoCE:
		return "RoCE"
	}
	return "InfiniBand"
}

// The two ports of SMB Direct, [MS-SMBD] 1.9.
const (
	portIB    = 445  // RoCE and InfiniBand, which have ports of their own
	portIWARP = 5445 // iWARP, whose ports are TCP's
)

// Port is where peers of that kind look for SMB Direct.
func (k Kind) Port() int {
	if k == IWARP {
		return portIWARP
	}
	return portIB
}

// Fits says whether a port is one that SMB Direct has on that kind of wire: its
// own, or any but the other's.
func (k Kind) Fits(port int) bool {
	return port == k.Port() || port != portIB && port != portIWARP
}

// A KindError says that a device does not speak what a port is for.
type KindError struct {
	Device string
	Kind   Kind
	Port   int
}

func (e *KindError) Error() string {
	return fmt.Sprintf("%s speaks %v, whose port is %d and not %d", e.Device, e.Kind, e.Kind.Port(), e.Port)
}

// A Link is what a connection goes over. The zero Link is not known.
type Link struct {
	Provider string // iwarp, verbs
	Device   string // of the system, as "rdma link" prints it; "" where there is none
	Kind     Kind
	Reason   string // why it was chosen, "" where there was no choice
}

// String is the provider and the device: verbs on mlx5_0 (RoCE).
func (l Link) String() string {
	if l.Device == "" {
		return l.Provider
	}
	return l.Provider + " on " + l.Device + " (" + l.Kind.String() + ")"
}

// A Linked is a QueuePair that knows what it goes over. Found by assertion.
type Linked interface {
	QueuePair

	// Link is known to a responder from Accept on, to an initiator after
	// Establish.
	Link() Link
}

// A Chooser is a Provider that stands for several, of which one fits a peer.
// Found by assertion; its own Dial takes the first that Choose gives.
type Chooser interface {
	Provider

	// Choose says who may dial host:port, at least one or an error. Later ones
	// are for when the peer has refused those before. It may ask the network
	// for the way to the host, and connects to nobody.
	Choose(ctx context.Context, address string) ([]Choice, error)
}

// A Choice is who dials, and what the connection will go over.
type Choice struct {
	Provider
	Link Link
}
