package verbs

import (
	"errors"
	"sync/atomic"

	"github.com/smbgw/smbgw/transports/mapped"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// A Provider makes queue pairs with the system's RDMA devices. Its fields are
// set before the first use.
type Provider struct {
	// Memory is where the buffers are that the program sends from and receives
	// into. What is elsewhere is copied, or registered for each operation.
	Memory *mapped.Memory

	// Refused, when set, is told of each peer that a listener did not let in,
	// and Failed when a listener's device is gone. They are called from several
	// goroutines and must not block.
	Refused, Failed func(error)

	// Opened, when set, is told of each device when a connection uses it first,
	// and how it lends memory to peers, Device.Protection.
	Opened func(device string, kind Kind, protection string)

	own     mapped.Memory
	devices devices // of this system, if it can have any
	regions atomic.Int64
	open    atomic.Int64
	stuck   atomic.Int64 // objects that the library did not take back
}

var _ rdma.Provider = (*Provider)(nil)

// Regions is the number of regions of all connections that have not been
// given back by Deregister: zero when everything has been cleaned up.
func (p *Provider) Regions() int64 { return p.regions.Load() }

// Connections is the number of queue pairs that are not torn down.
func (p *Provider) Connections() int64 { return p.open.Load() }

// giveBack counts what the library does not take back: memory stays locked then.
func (p *Provider) giveBack(err error) {
	if err != nil {
		p.stuck.Add(1)
	}
}

// ErrNoRoute says that no RDMA device reaches an address.
var ErrNoRoute = errors.New("verbs: no RDMA device has a route")
