package main

import (
	"net/netip"
	"reflect"
	"testing"

	"github.com/smbgw/smbgw/cmd/smbgw/config"
	"github.com/smbgw/smbgw/policy"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

func TestInterfaces(t *testing.T) {
	t.Parallel()
	four, six := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")
	have := []link{{1, 1e9, 1, netip.MustParseAddr("127.0.0.1")}, {2, 1e9, 8, four}, {3, 4e9, 1, six}, {3, 4e9, 1, netip.MustParseAddr("fe80::1")}}
	// The first address is a RoCE card's, the other an iWARP card's.
	cards := map[netip.Addr]rdma.Kind{four: rdma.RoCE, six: rdma.IWARP}
	devices := func(a netip.Addr) (rdma.Kind, bool) { k, ok := cards[a]; return k, ok }
	at := func(network, host string) config.Listener {
		l := config.Listener{Name: "first", Addr: transports.Addr{Network: network, Host: host, Service: "445"}}
		if networks[network].rdma {
			l.Addr.Service = "5445"
		}
		return l
	}
	than := func(edit func(l *config.Listener)) []config.Listener {
		l := at("tcp", "192.0.2.1")
		l.Name = "other"
		edit(&l)
		return []config.Listener{at("tcp", "203.0.113.1"), l}
	}
	all := []smb2.NetworkInterface{{Index: 2, Capability: smb2.InterfaceRSS, LinkSpeed: 1e9, Addr: four}}
	direct := []smb2.NetworkInterface{{Index: 2, Capability: smb2.InterfaceRSS | smb2.InterfaceRDMA, LinkSpeed: 1e9, Addr: four}}
	blind := at("tcp", "*")
	blind.Relay = new(config.Backend)
	for name, c := range map[string]struct {
		listeners []config.Listener
		want      []smb2.NetworkInterface
	}{
		"everywhere": {[]config.Listener{at("tcp", "*")}, []smb2.NetworkInterface{
			{Index: 2, Capability: smb2.InterfaceRSS, LinkSpeed: 1e9, Addr: four}, {Index: 3, LinkSpeed: 4e9, Addr: six}}},
		"RDMA on one": {[]config.Listener{at("tcp", "0.0.0.0"), at("smbdirect", "192.0.2.1")}, []smb2.NetworkInterface{
			{Index: 2, Capability: smb2.InterfaceRSS | smb2.InterfaceRDMA, LinkSpeed: 1e9, Addr: four}}},
		"another":                      {than(func(l *config.Listener) {}), all},
		"RDMA without a device at 445": {than(func(l *config.Listener) { l.Addr.Network = "iwarp" }), nil},
		"RDMA without a device":        {than(func(l *config.Listener) { l.Addr.Network, l.Addr.Service = "iwarp", "5445" }), direct},
		"RoCE's address at 445":        {than(func(l *config.Listener) { l.Addr.Network = "smbdirect" }), direct},
		"RoCE's by name":               {than(func(l *config.Listener) { l.Addr.Network = "verbs" }), direct},
		"RoCE's at 5445":               {than(func(l *config.Listener) { l.Addr.Network, l.Addr.Service = "verbs", "5445" }), nil},
		"devices at 445":               {than(func(l *config.Listener) { l.Addr.Network, l.Addr.Host = "smbdirect", "*" }), direct},
		"devices of iWARP": {than(func(l *config.Listener) {
			l.Addr.Network, l.Addr.Host, l.Addr.Service = "verbs", "*", "5445"
		}), []smb2.NetworkInterface{{Index: 3, Capability: smb2.InterfaceRDMA, LinkSpeed: 4e9, Addr: six}}},
		"SMB Direct where nobody looks": {than(func(l *config.Listener) { l.Addr.Network, l.Addr.Service = "smbdirect", "5446" }), nil},
		"where nobody looks":            {than(func(l *config.Listener) { l.Addr.Service = "4450" }), nil},
		"where nobody looks for it":     {than(func(l *config.Listener) { l.Addr.Service = "5445" }), nil},
		"another policy":                {than(func(l *config.Listener) { l.Policy = new(policy.Policy) }), nil},
		"another's pipes":               {than(func(l *config.Listener) { l.Pipes = true }), nil},
		"another dialect":               {than(func(l *config.Listener) { l.MinDialect = smb2.Dialect311 }), nil},
		"signing":                       {than(func(l *config.Listener) { l.Sign = config.Required }), nil},
		"encryption":                    {than(func(l *config.Listener) { l.Encrypt = config.Required }), nil},
		"no encryption":                 {than(func(l *config.Listener) { l.Encrypt = config.Off }), nil},
		"of nobody":                     {than(func(l *config.Listener) {})[1:], nil},
		"by name, relayed, over QUIC":   {[]config.Listener{at("tcp", "nas"), blind, at("quic", "*")}, nil},
	} {
		if got := interfaces("first", c.listeners, have, devices); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	for _, l := range links() {
		if l.speed == 0 || l.queues < 0 || !l.address.IsValid() || l.index == 0 {
			t.Errorf("this machine's %+v", l)
		}
	}
}
