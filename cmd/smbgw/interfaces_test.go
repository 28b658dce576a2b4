package main

import (
	"net/netip"
	"reflect"
	"testing"

	"github.com/smbgw/smbgw/cmd/smbgw/config"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

func TestInterfaces(t *testing.T) {
	t.Parallel()
	four, six := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")
	have := []link{{1, 1e9, netip.MustParseAddr("127.0.0.1")}, {2, 1e9, four}, {3, 4e9, six}, {3, 4e9, netip.MustParseAddr("fe80::1")}}
	at := func(network, host string) config.Listener {
		return config.Listener{Addr: transports.Addr{Network: network, Host: host, Service: "445"}}
	}
	blind := at("tcp", "*")
	blind.Relay = new(config.Backend)
	for name, c := range map[string]struct {
		listeners []config.Listener
		want      []smb2.NetworkInterface
	}{
		"everywhere": {[]config.Listener{at("tcp", "*")}, []smb2.NetworkInterface{
			{Index: 2, LinkSpeed: 1e9, Addr: four}, {Index: 3, LinkSpeed: 4e9, Addr: six}}},
		"RDMA on one": {[]config.Listener{at("tcp", "0.0.0.0"), at("smbdirect", "192.0.2.1")}, []smb2.NetworkInterface{
			{Index: 2, Capability: smb2.InterfaceRDMA, LinkSpeed: 1e9, Addr: four}}},
		"by name, relayed, over QUIC": {[]config.Listener{at("tcp", "nas"), blind, at("quic", "*")}, nil},
	} {
		if got := interfaces(c.listeners, have); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	for _, l := range links() {
		if l.speed == 0 || !l.address.IsValid() || l.index == 0 {
			t.Errorf("this machine's %+v", l)
		}
	}
}
