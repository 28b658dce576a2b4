//go:build linux && (amd64 || arm64) && !noverbs

package verbs

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"
)

// sockaddr is room for a struct sockaddr_in or sockaddr_in6.
type sockaddr [28]byte

// Where a struct rdma_cm_id has its two addresses, struct rdma_addr.
const (
	srcAddrOffset = 32
	dstAddrOffset = 160
)

func toSockaddr(a netip.AddrPort) *sockaddr {
	s := new(sockaddr)
	ip := a.Addr().Unmap()
	if ip.Is4() {
		binary.NativeEndian.PutUint16(s[0:], syscall.AF_INET)
		b := ip.As4()
		copy(s[4:], b[:])
	} else {
		binary.NativeEndian.PutUint16(s[0:], syscall.AF_INET6)
		b := ip.As16()
		copy(s[8:], b[:])
		binary.NativeEndian.PutUint32(s[24:], scope(ip.Zone()))
	}
	binary.BigEndian.PutUint16(s[2:], a.Port())
	return s
}

// scope is the index of a zone, which is a number or an interface's name.
func scope(zone string) uint32 {
	if zone == "" {
		return 0
	}
	if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
		return uint32(n)
	}
	if i, err := net.InterfaceByName(zone); err == nil {
		return uint32(i.Index)
	}
	return 0
}

// fromSockaddr reads an address of the library's.
func fromSockaddr(s *sockaddr) netip.AddrPort {
	port := binary.BigEndian.Uint16(s[2:])
	switch binary.NativeEndian.Uint16(s[0:]) {
	case syscall.AF_INET:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(s[4:8])), port)
	case syscall.AF_INET6:
		ip := netip.AddrFrom16([16]byte(s[8:24]))
		if n := binary.NativeEndian.Uint32(s[24:]); n != 0 && ip.IsLinkLocalUnicast() {
			ip = ip.WithZone(strconv.FormatUint(uint64(n), 10))
			if i, err := net.InterfaceByIndex(int(n)); err == nil {
				ip = ip.WithZone(i.Name)
			}
		}
		return netip.AddrPortFrom(ip, port)
	}
	return netip.AddrPort{}
}

// lookup resolves host:port to addresses, in the resolver's order.
func lookup(ctx context.Context, address string) ([]netip.AddrPort, error) {
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := net.DefaultResolver.LookupPort(ctx, "tcp", service)
	if err != nil {
		return nil, err
	}
	if host == "" {
		return []netip.AddrPort{netip.AddrPortFrom(netip.IPv6Unspecified(), uint16(port))}, nil
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	if len(ips) == 0 {
		return nil, fmt.Errorf("%s has no addresses", host)
	}
	list := make([]netip.AddrPort, len(ips))
	for i, ip := range ips {
		list[i] = netip.AddrPortFrom(ip.Unmap(), uint16(port))
	}
	return list, nil
}
