package transports

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// AnyHost is the host of an address that stands for all addresses of this
// machine: "tcp!*!445".
const AnyHost = "*"

// An Addr is a parsed dial string.
type Addr struct {
	Network string // first word: tcp, quic, smbdirect, iwarp, verbs, mem
	Host    string // name, address without brackets, or * for all
	Service string // port number or a name of services
}

// services are the names that SMB's networks are known by, whatever the
// machine's own services file says: port 445 is microsoft-ds there.
var services = map[string]uint16{
	"smb":          445,  // direct TCP, [MS-SMB2] 2.1; RoCE and InfiniBand, [MS-SMBD] 1.9
	"microsoft-ds": 445,  // its registered name
	"smbdirect":    5445, // iWARP, [MS-SMBD] 1.9
	"quic":         443,  // SMB over QUIC, [MS-SMB2] 2.1
}

// ParseAddr reads a dial string, net!host!service. Its errors are *AddrError.
// Whether the network exists is for the caller to know; whether the host and a
// named service exist is found out by whoever resolves them.
func ParseAddr(s string) (Addr, error) {
	part := strings.Split(s, "!")
	switch {
	case s == "":
		return Addr{}, &AddrError{Addr: s, Want: "net!host!service, as in tcp!fileserver!445"}
	case len(part) < 3:
		return Addr{}, missingPart(s, part)
	case len(part) > 3:
		return Addr{}, &AddrError{Addr: s, Text: s, Want: "exactly two exclamation marks, net!host!service"}
	}
	if !validNetwork(part[0]) {
		return Addr{}, &AddrError{s, "network", part[0], "lower-case letters and digits, as in tcp"}
	}
	host, want := parseHost(part[1])
	if want != "" {
		return Addr{}, &AddrError{s, "host", part[1], want}
	}
	if want := checkService(part[2]); want != "" {
		return Addr{}, &AddrError{s, "service", part[2], want}
	}
	return Addr{Network: part[0], Host: host, Service: part[2]}, nil
}

// String is the dial string. ParseAddr reads it back to the same Addr.
func (a Addr) String() string {
	host := a.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return a.Network + "!" + host + "!" + a.Service
}

// Port is the service's number. A name is looked up in this package's own
// table and then in the machine's. 0 is a valid answer, for an address to
// announce that may get any port.
func (a Addr) Port() (int, error) {
	if n, ok := portNumber(a.Service); ok {
		return n, nil
	}
	if n, ok := services[a.Service]; ok {
		return int(n), nil
	}
	n, err := net.LookupPort("ip", a.Service)
	if err != nil {
		return 0, &AddrError{a.String(), "service", a.Service, "a port number, or a service that this machine knows"}
	}
	return n, nil
}

// HostPort is host:port as package net wants it, for an address to announce:
// the host is empty for all addresses.
func (a Addr) HostPort() (string, error) {
	port, err := a.Port()
	if err != nil {
		return "", err
	}
	host := a.Host
	if host == AnyHost {
		host = ""
	}
	return net.JoinHostPort(host, strconv.Itoa(port)), nil
}

// DialHostPort is host:port for an address to dial, which must name one host
// and one port.
func (a Addr) DialHostPort() (string, error) {
	if a.Host == AnyHost || a.Host == "" {
		return "", &AddrError{a.String(), "host", a.Host, "one host to dial: * is for addresses to announce"}
	}
	port, err := a.Port()
	if err != nil {
		return "", err
	}
	if port == 0 {
		return "", &AddrError{a.String(), "service", a.Service, "a port to dial: 0 is for addresses to announce"}
	}
	return net.JoinHostPort(a.Host, strconv.Itoa(port)), nil
}

func missingPart(s string, part []string) error {
	if len(part) == 1 {
		return &AddrError{s, "host", "", fmt.Sprintf("net!host!service, as in tcp!%s!445", exampleHost(s))}
	}
	return &AddrError{s, "service", "", fmt.Sprintf("a port number or a name behind the host, as in %s!445", s)}
}

func exampleHost(s string) string {
	if host, want := parseHost(s); want == "" && host == s {
		return s
	}
	return "fileserver"
}

func validNetwork(s string) bool {
	for i, c := range []byte(s) {
		letter := 'a' <= c && c <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// parseHost returns the host without its brackets, or what it should have been.
func parseHost(s string) (host, want string) {
	if in, ok := strings.CutPrefix(s, "["); ok {
		in, ok = strings.CutSuffix(in, "]")
		ip, err := netip.ParseAddr(in)
		if !ok || err != nil || !ip.Is6() || strings.ContainsAny(ip.Zone(), "[]") {
			return "", "an IPv6 address between the brackets, as in [2001:db8::1]"
		}
		return in, ""
	}
	switch {
	case s == "":
		return "", "a host name, an address, or * for all addresses"
	case s == AnyHost:
		return s, ""
	case strings.Contains(s, ":"):
		if _, err := netip.ParseAddr(s); err == nil {
			return "", "brackets around an IPv6 address, as in [" + s + "]"
		}
		return "", "a host alone: the port is the third part, as in tcp!fileserver!445"
	case numericEnd(s):
		if _, err := netip.ParseAddr(s); err != nil {
			return "", "an IPv4 address of four numbers from 0 to 255"
		}
		return s, ""
	}
	return s, checkName(s)
}

// numericEnd says that a host can only be an IPv4 address: no top-level domain
// is a number.
func numericEnd(s string) bool {
	last := s[strings.LastIndexByte(s, '.')+1:]
	return last != "" && strings.Trim(last, "0123456789") == ""
}

// checkName holds a host name to RFC 1123 2.1, and lets the underscore pass
// that many Windows names have.
func checkName(s string) (want string) {
	const maxName, maxLabel = 253, 63
	if len(s) > maxName {
		return fmt.Sprintf("a host name of at most %d bytes", maxName)
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(s, "."), ".") {
		if label == "" || len(label) > maxLabel {
			return fmt.Sprintf("a host name whose parts have 1 to %d bytes", maxLabel)
		}
		for _, c := range []byte(label) {
			if !alphanumeric(c) && c != '-' && c != '_' {
				return fmt.Sprintf("a host name without %q", string(rune(c)))
			}
		}
	}
	return ""
}

// checkService accepts what RFC 6335 5.1 calls a service name, or a number.
func checkService(s string) (want string) {
	const maxService = 15
	if s == "" {
		return "a port number or a service's name, as in 445 or smb"
	}
	if strings.Trim(s, "0123456789") == "" {
		if _, ok := portNumber(s); !ok {
			return "a port number from 0 to 65535"
		}
		return ""
	}
	if len(s) > maxService {
		return fmt.Sprintf("a port number or a service's name of at most %d bytes", maxService)
	}
	for _, c := range []byte(s) {
		if !alphanumeric(c) && c != '-' {
			return "a port number or a service's name of letters, digits and hyphens"
		}
	}
	return ""
}

// portNumber reads a decimal port. Forms that ParseUint would read otherwise,
// and very long ones, are no ports.
func portNumber(s string) (int, bool) {
	if s == "" || len(s) > 5 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 16)
	return int(n), err == nil
}

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// An AddrError says which part of a dial string is wrong and what would be
// right. The mistake is local: somebody wrote the string.
type AddrError struct {
	Addr string // the whole string
	Part string // network, host or service; empty for the string itself
	Text string // the part as it stands; empty when it is missing
	Want string // what would be right
}

func (e *AddrError) Error() string {
	switch {
	case e.Addr == "":
		return "address is empty: want " + e.Want
	case e.Part == "":
		return fmt.Sprintf("address %q: want %s", e.Addr, e.Want)
	case e.Text == "":
		return fmt.Sprintf("address %q: %s is missing: want %s", e.Addr, e.Part, e.Want)
	}
	return fmt.Sprintf("address %q: %s %q: want %s", e.Addr, e.Part, e.Text, e.Want)
}
