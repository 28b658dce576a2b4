package main

import (
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/smbgw/smbgw/cmd/smbgw/config"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// defaultSpeed is a link's when nobody knows it, in bits a second: what the
// network cards of servers have at least.
const defaultSpeed = 10e9

// interfaces are the addresses at which clients find listeners that serve, as
// they can ask for them, [MS-SMB2] 3.3.5.15.11. Those over TLS are left out:
// clients go to them by name.
func interfaces(listeners []config.Listener, links []link) []smb2.NetworkInterface {
	var list []smb2.NetworkInterface
	for _, l := range listeners {
		n := networks[l.Addr.Network]
		if l.Relay != nil || n.TLS {
			continue
		}
		for _, k := range links {
			if k.address.IsLoopback() || k.address.IsLinkLocalUnicast() || !hears(l.Addr.Host, k.address) {
				continue
			}
			list = enter(list, k, n.rdma)
		}
	}
	return list
}

// enter adds a link, or what a further listener makes of it.
func enter(list []smb2.NetworkInterface, k link, rdma bool) []smb2.NetworkInterface {
	i := 0
	for i < len(list) && list[i].Addr != k.address {
		i++
	}
	if i == len(list) {
		list = append(list, smb2.NetworkInterface{Index: uint32(k.index), LinkSpeed: k.speed, Addr: k.address})
	}
	if rdma {
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
	address netip.Addr
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
		speed := speed(i.Name)
		for _, a := range addresses {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				list = append(list, link{i.Index, speed, p.Addr().Unmap()})
			}
		}
	}
	return list
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
