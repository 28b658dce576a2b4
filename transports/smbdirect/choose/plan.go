package choose

import (
	"errors"
	"fmt"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// A place is what is known of an address to listen at.
type place struct {
	host    string   // as the address has it
	any     bool     // it stands for all addresses
	port    int      // 0 for any
	devices []Device // all there are, or that which host belongs to
	none    error    // why there are none
}

// A plan is who listens at a place.
type plan struct {
	software bool
	verbs    []string // hosts at which verbs listens
	links    []rdma.Link
	must     bool // it is an error when verbs cannot
}

// listen makes the plan of a place.
func listen(p place, f Force) (plan, error) {
	if f == OnlyIWARP {
		return plan{software: true, links: []rdma.Link{overTCP("")}}, nil
	}
	fitting, why := p.fitting()
	switch {
	case len(fitting) > 0 && p.any:
		return p.everywhere(fitting, f), nil
	case len(fitting) > 0:
		return p.at(fitting[0], f), nil
	case f == OnlyVerbs:
		return plan{}, why
	case p.port == portIB:
		return plan{}, fmt.Errorf("port %d of SMB Direct is that of RoCE and InfiniBand: %w; iWARP needs no device and has port %d", portIB, why, rdma.IWARP.Port())
	}
	return plan{software: true, links: []rdma.Link{overTCP(brief(why))}}, nil
}

// fitting are the devices that speak what the port is for, or why there are none.
func (p place) fitting() (list []Device, why error) {
	why = p.none
	for _, d := range p.devices {
		if d.Kind.Fits(p.port) {
			list = append(list, d)
		} else if why == nil {
			why = &rdma.KindError{Device: d.Name, Kind: d.Kind, Port: p.port}
		}
	}
	if why == nil {
		why = errNoDevice
	}
	return list, why
}

// everywhere is the plan for all addresses.
func (p place) everywhere(fitting []Device, f Force) plan {
	t := plan{must: f == OnlyVerbs || p.port == portIB}
	t.software = !t.must
	if t.software {
		t.links = append(t.links, overTCP("it needs no device"))
	}
	var hosts []string
	shared := false // some device has its sockets in the kernel's TCP
	for _, d := range fitting {
		if t.software && d.Kind == rdma.IWARP && d.Software {
			shared = true
			t.links[0].Reason = d.Name + " is software too, and only one of the two can have the TCP port"
			continue
		}
		hosts = append(hosts, d.Hosts...)
		t.links = append(t.links, d.link(""))
	}
	t.verbs = []string{p.host}
	if shared {
		t.verbs = hosts // a device that cannot listen at all addresses keeps all devices from it
	}
	return t
}

// at is the plan for an address of a device.
func (p place) at(d Device, f Force) plan {
	t := plan{verbs: []string{p.host}, links: []rdma.Link{d.link("the address is its own")}}
	t.must = f == OnlyVerbs || p.port == portIB
	if !t.must && d.Kind != rdma.IWARP {
		t.software = true
		t.links = append(t.links, overTCP("the port may be TCP's as well"))
	}
	return t
}

var errNoDevice = errors.New("this machine has no RDMA device")
