package smb2

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// A NetworkInterface is one entry of the output of
// FsctlQueryNetworkInterfaceInfo, [MS-SMB2] 2.2.32.5: an address at which the
// server may be reached too.
//
//	Next[4] IfIndex[4] Capability[4] Reserved[4] LinkSpeed[8]
//	SockAddr_Storage[128]
//
// A SockAddr_Storage begins with Family[2] Port[2]; then IPv4 has Address[4],
// IPv6 FlowInfo[4] Address[16] ScopeId[4].
type NetworkInterface struct {
	Index      uint32
	Capability InterfaceCapability
	LinkSpeed  uint64     // bits a second
	Addr       netip.Addr // without zone; invalid when of another family
}

// An InterfaceCapability is what an interface can do.
type InterfaceCapability uint32

const (
	InterfaceRSS  InterfaceCapability = 1 << 0
	InterfaceRDMA InterfaceCapability = 1 << 1
)

const (
	// InterfaceSize is the length of a NetworkInterface on the wire.
	InterfaceSize = 152

	familyIPv4 = 2
	familyIPv6 = 0x17

	networkInterface, networkInterfaceSection = "NETWORK_INTERFACE_INFO", "2.2.32.5"
)

// ParseNetworkInterfaces appends the entries of an IOCTL's output to list, at
// most MaxInterfaces.
func ParseNetworkInterfaces(list []NetworkInterface, output []byte) ([]NetworkInterface, error) {
	for n := 0; len(output) > 0; n++ {
		if len(output) < InterfaceSize || n == MaxInterfaces {
			return list, &ParseError{networkInterface, networkInterfaceSection, fmt.Sprintf("%d bytes for entry %d", len(output), n)}
		}
		next := binary.LittleEndian.Uint32(output)
		list = append(list, interfaceAt(output))
		if next == 0 {
			break
		}
		if next < InterfaceSize || next%8 != 0 || uint64(next) >= uint64(len(output)) {
			return list, &ParseError{networkInterface, networkInterfaceSection, fmt.Sprintf("Next %d in %d bytes", next, len(output))}
		}
		output = output[next:]
	}
	return list, nil
}

func interfaceAt(b []byte) (i NetworkInterface) {
	c := cursor{b[4:InterfaceSize], true}
	i.Index, i.Capability = c.u32(), InterfaceCapability(c.u32())
	c.u32() // reserved, ignored
	i.LinkSpeed = c.u64()
	family := c.u16()
	c.u16() // port: not used
	switch family {
	case familyIPv4:
		i.Addr = netip.AddrFrom4([4]byte(c.take(4)))
	case familyIPv6:
		c.u32() // flow: not used
		i.Addr = netip.AddrFrom16([16]byte(c.take(16)))
	}
	return i
}

// AppendNetworkInterfaces appends an IOCTL's output.
func AppendNetworkInterfaces(b []byte, list []NetworkInterface) []byte {
	for n, i := range list {
		next := uint32(InterfaceSize)
		if n == len(list)-1 {
			next = 0
		}
		at := len(b)
		b = le32(le32(le32(le32(b, next), i.Index), uint32(i.Capability)), 0)
		b = le64(b, i.LinkSpeed)
		switch {
		case i.Addr.Is4():
			b = append(le16(le16(b, familyIPv4), 0), i.Addr.AsSlice()...)
		case i.Addr.Is6():
			b = append(le32(le16(le16(b, familyIPv6), 0), 0), i.Addr.AsSlice()...)
		}
		b = zeros(b, at+InterfaceSize-len(b))
	}
	return b
}
