package main

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/smbgw/smbgw/cmd/smbgw/config"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// defaultSpeed is a link's when nobody knows it, in bits a second: what the
// network cards of servers have at least.
const defaultSpeed = 10e9

// The ports at which clients look for servers: the list of interfaces has none.
const (
	tcpPort    = 445
	directPort = 5445
)

// devicesAt says what the device that an address belongs to speaks, if there is one
// that can be used.
type devicesAt func(netip.Addr) (rdma.Kind, bool)

// interfaces are the addresses at which clients of a listener find others that
// their sessions may be bound to, as they can ask for them, [MS-SMB2] 3.3.5.15.11.
func interfaces(asked string, listeners []config.Listener, links []link, devices devicesAt) []smb2.NetworkInterface {
	i := slices.IndexFunc(listeners, func(l config.Listener) bool { return l.Name == asked })
	if i < 0 {
		return nil
	}
	var list []smb2.NetworkInterface
	for _, l := range listeners {
		n := networks[l.Addr.Network]
		port, err := l.Addr.Port()
		if err != nil || !joins(&listeners[i], &l) {
			continue
		}
		for _, k := range links {
			if k.address.IsLoopback() || k.address.IsLinkLocalUnicast() || !hears(l.Addr.Host, k.address) || !n.isUsual(port, k.address, devices) {
				continue
			}
			list = enter(list, k, n.rdma)
		}
	}
	return list
}

// joins says whether sessions of one listener may be bound to another, as far as
// that is the same for all of them. Those over TLS are left out: clients go to them
// by name.
func joins(home, other *config.Listener) bool {
	return !other.Relays() && !networks[other.Addr.Network].TLS && other.Policy == home.Policy && other.Pipes == home.Pipes &&
		other.MinDialect <= home.MinDialect &&
		(other.Sign != config.Required || home.Sign == config.Required) &&
		(other.Encrypt != config.Required || home.Encrypt == config.Required) &&
		(other.Encrypt == config.Off) == (home.Encrypt == config.Off) // they have a cipher, or none
}

// isUsual says whether clients look for a listener where it is: at 445, or with
// RDMA at the port of what they have in common with the address, [MS-SMBD] 1.9. A
// device listens at its own addresses, software at all.
func (n *network) isUsual(port int, at netip.Addr, devices devicesAt) bool {
	switch {
	case !n.rdma:
		return port == tcpPort
	case n.software && port == directPort:
		return true
	case !n.device || port != tcpPort && port != directPort:
		return false
	}
	kind, ok := devices(at)
	return ok && kind.Fits(port)
}

// enter adds a link, or what a further listener makes of it.
func enter(list []smb2.NetworkInterface, k link, places bool) []smb2.NetworkInterface {
	i := 0
	for i < len(list) && list[i].Addr != k.address {
		i++
	}
	if i == len(list) {
		list = append(list, smb2.NetworkInterface{Index: uint32(k.index), Capability: k.capability(), LinkSpeed: k.speed, Addr: k.address})
	}
	if places {
		list[i].Capability |= smb2.InterfaceRDMA
	}
	return list
}

// hears says whether a listener on host takes connections to an address.
func hears(host string, a netip.Addr) bool {
	if host == transports.AnyHost {
		return true
	}
	own, err := netip.ParseAddr(host)
	if err != nil {
		return false // a name: nothing is promised of it
	}
	return own == a || own.IsUnspecified() && own.Is4() == a.Is4()
}

// A link is an address of this machine.
type link struct {
	index   int
	speed   uint64 // bits a second
	queues  int    // of what is received
	address netip.Addr
}

// capability is that of a network card which spreads connections over processors:
// only then several of them to one address are worth it.
func (k link) capability() smb2.InterfaceCapability {
	if k.queues > 1 {
		return smb2.InterfaceRSS
	}
	return 0
}

// links are this machine's, as they are now.
func links() []link {
	all, err := net.Interfaces()
	if err != nil {
		return nil
	}
	var list []link
	for _, i := range all {
		if i.Flags&net.FlagUp == 0 {
			continue
		}
		addresses, err := i.Addrs()
		if err != nil {
			continue
		}
		speed, queues := speed(i.Name), queues(i.Name)
		for _, a := range addresses {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				list = append(list, link{i.Index, speed, queues, p.Addr().Unmap()})
			}
		}
	}
	return list
}

// queues is how many a link receives by, where Linux says so.
func queues(name string) int {
	list, _ := filepath.Glob("/sys/class/net/" + name + "/queues/rx-*")
	return len(list)
}

// speed is a link's in bits a second. Linux says it in millions, and -1 where
// there is none to say.
func speed(name string) uint64 {
	b, err := os.ReadFile("/sys/class/net/" + name + "/speed")
	if err != nil {
		return defaultSpeed
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 32)
	if err != nil || n == 0 {
		return defaultSpeed
	}
	return n * 1e6
}
