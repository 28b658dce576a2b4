package verbs

import (
	"net/netip"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// Kind is what a device speaks on the wire.
type Kind = rdma.Kind

const (
	InfiniBand = rdma.InfiniBand
	RoCE       = rdma.RoCE
	IWARP      = rdma.IWARP
)

// Windows is the best kind of memory window that a device has.
type Windows uint8

const (
	NoWindows Windows = iota
	Windows1          // type 1: keys of the device's choice, for all that share a protection domain
	Windows2A         // type 2, tied to a queue pair
	Windows2B         // type 2, tied to a queue pair and its protection domain
)

func (w Windows) String() string {
	switch w {
	case Windows1:
		return "type 1"
	case Windows2A:
		return "type 2A"
	case Windows2B:
		return "type 2B"
	}
	return "none"
}

// A Device is one RDMA device of this machine.
type Device struct {
	Name string // as "rdma link" prints it: mlx5_0, rxe1
	Kind Kind   // the first port's
	// Driver is the card's in the kernel, "" for a device made of software.
	Driver string
	State  string // ACTIVE is what can be used
	Rate   uint64 // bits a second, as the device says; software knows no better than 2.5e9
	Links  []Link
	Limits Limits
	// Windows are known, as Limits are, of devices that could be opened.
	Windows Windows
	// Err is why it cannot be used, nil when it can.
	Err error
}

// A Link is a network interface that a device belongs to.
type Link struct {
	Name      string
	Addresses []netip.Addr
}

// Limits are those of a device that count for SMB Direct.
type Limits struct {
	WorkRequests int // max_qp_wr: work posted to a queue
	SGE          int // max_sge: pieces of a send or of a write
	ReadSGE      int // max_sge_rd: pieces that a read is spread over
	InboundReads int // max_qp_rd_atom
	OutsideReads int // max_qp_init_rd_atom
	Regions      int // max_mr
	Windows      int // max_mw
}

// Windowed says whether memory is lent to peers by windows. Devices that have
// no good ones register memory for each operation, and so do those of iWARP:
// a read's sink is open to the peer there, in a domain that has to be the
// connection's own.
func (d *Device) Windowed() bool { return d.Windows == Windows2B && d.Kind != IWARP }

// Protection says how memory is lent to peers, in words.
func (d *Device) Protection() string { return protection(d.Windowed()) }

func protection(windowed bool) string {
	if windowed {
		return "memory windows, bound for one operation"
	}
	return "a registration for each operation"
}

// has says whether an address is one of the device's.
func (d *Device) has(a netip.Addr) bool {
	for _, l := range d.Links {
		for _, own := range l.Addresses {
			if own.WithZone("") == a {
				return true
			}
		}
	}
	return false
}
