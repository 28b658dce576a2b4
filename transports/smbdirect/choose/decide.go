package choose

import (
	"fmt"
	"strings"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// Force is what an address says of the provider.
type Force uint8

const (
	Any       Force = iota // whichever fits
	OnlyVerbs              // the system's devices, or an error
	OnlyIWARP              // in software
)

// portIB is the port of RoCE and InfiniBand, which is SMB's own on TCP.
const portIB = 445

// A Device is an RDMA device of this machine.
type Device struct {
	Name     string
	Kind     rdma.Kind
	Software bool     // made by the kernel: siw, rxe
	Hosts    []string // its addresses
}

// link is what connections over the device go over.
func (d Device) link(reason string) rdma.Link {
	return rdma.Link{Provider: "verbs", Device: d.Name, Kind: d.Kind, Reason: reason}
}

// overTCP is what connections of iWARP in software go over.
func overTCP(reason string) rdma.Link {
	return rdma.Link{Provider: "iwarp", Kind: rdma.IWARP, Reason: reason}
}

// brief is an error as a reason: without who says it, and what to do about it.
func brief(err error) string {
	why, _, _ := strings.Cut(err.Error(), ";")
	return strings.TrimPrefix(why, "verbs: ")
}

// A route is what is known when somebody is dialled.
type route struct {
	host   string
	port   int
	device Device // that has a route to host
	none   error  // why there is no such device
}

// dial says what a connection goes over. A second link is for when the peer has
// refused the first.
func dial(r route, f Force) ([]rdma.Link, error) {
	switch {
	case f == OnlyIWARP:
		return []rdma.Link{overTCP("")}, nil
	case f == OnlyVerbs && r.none != nil:
		return nil, fmt.Errorf("%w; iwarp!%s!%d needs no device", r.none, r.host, r.port)
	case r.none != nil:
		return []rdma.Link{overTCP(brief(r.none))}, nil
	}
	if !r.device.Kind.Fits(r.port) {
		err := &rdma.KindError{Device: r.device.Name, Kind: r.device.Kind, Port: r.port}
		if f == OnlyVerbs {
			return nil, err
		}
		return []rdma.Link{overTCP(err.Error())}, nil
	}
	if f == OnlyVerbs {
		return []rdma.Link{r.device.link("")}, nil
	}
	links := []rdma.Link{r.device.link("it has a route to " + r.host)}
	if r.device.Kind != rdma.IWARP && r.port != portIB {
		links = append(links, overTCP("refused over "+links[0].String()))
	}
	return links, nil
}
