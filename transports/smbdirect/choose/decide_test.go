package choose

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

var (
	mlx   = Device{Name: "mlx5_0", Kind: rdma.RoCE, Hosts: []string{"10.0.0.1"}}
	ib    = Device{Name: "mlx5_1", Kind: rdma.InfiniBand, Hosts: []string{"10.0.1.1"}}
	irdma = Device{Name: "irdma0", Kind: rdma.IWARP, Hosts: []string{"10.0.2.1", "2001:db8::2"}}
	siw   = Device{Name: "siw0", Kind: rdma.IWARP, Software: true, Hosts: []string{"10.0.3.1"}}
	rxe   = Device{Name: "rxe0", Kind: rdma.RoCE, Software: true, Hosts: []string{"10.0.4.1"}}

	errNone = errors.New("verbs: no RDMA device has a route to nas; advice")
)

func TestDial(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		port   int
		device Device
		none   error
		force  Force
		want   string // links, or what the error has
	}{
		{445, mlx, nil, Any, "verbs on mlx5_0 (RoCE): it has a route to nas"},
		{445, ib, nil, Any, "verbs on mlx5_1 (InfiniBand): it has a route to nas"},
		{445, irdma, nil, Any, "iwarp: irdma0 speaks iWARP, whose port is 5445 and not 445"},
		{445, Device{}, errNone, Any, "iwarp: no RDMA device has a route to nas"},
		{5445, mlx, nil, Any, "iwarp: mlx5_0 speaks RoCE, whose port is 445 and not 5445"},
		{5445, ib, nil, Any, "iwarp: mlx5_1 speaks InfiniBand, whose port is 445 and not 5445"},
		{5445, irdma, nil, Any, "verbs on irdma0 (iWARP): it has a route to nas"},
		{5445, siw, nil, Any, "verbs on siw0 (iWARP): it has a route to nas"},
		{5445, Device{}, errNone, Any, "iwarp: no RDMA device has a route to nas"},
		{5446, mlx, nil, Any, "verbs on mlx5_0 (RoCE): it has a route to nas, iwarp: refused over verbs on mlx5_0 (RoCE)"},
		{5446, irdma, nil, Any, "verbs on irdma0 (iWARP): it has a route to nas"},
		{5446, Device{}, errNone, Any, "iwarp: no RDMA device has a route to nas"},

		{445, mlx, nil, OnlyVerbs, "verbs on mlx5_0 (RoCE)"},
		{5446, mlx, nil, OnlyVerbs, "verbs on mlx5_0 (RoCE)"},
		{5445, irdma, nil, OnlyVerbs, "verbs on irdma0 (iWARP)"},
		{5445, mlx, nil, OnlyVerbs, "! mlx5_0 speaks RoCE, whose port is 445 and not 5445"},
		{445, siw, nil, OnlyVerbs, "! siw0 speaks iWARP, whose port is 5445 and not 445"},
		{445, Device{}, errNone, OnlyVerbs, "! verbs: no RDMA device has a route to nas; advice; iwarp!nas!445 needs no device"},

		{445, mlx, nil, OnlyIWARP, "iwarp"},
		{5445, irdma, nil, OnlyIWARP, "iwarp"},
	} {
		links, err := dial(route{"nas", c.port, c.device, c.none}, c.force)
		if got := told(links, err); got != c.want {
			t.Errorf("port %d, %s %v, %v, force %d:\n%s, want\n%s", c.port, c.device.Name, c.device.Kind, c.none, c.force, got, c.want)
		}
		if c.none != nil && err != nil && !errors.Is(err, c.none) {
			t.Errorf("port %d: %v does not wrap its reason", c.port, err)
		}
	}
}

// told is a decision in one line.
func told(links []rdma.Link, err error) string {
	if err != nil {
		return "! " + err.Error()
	}
	var list []string
	for _, l := range links {
		s := l.String()
		if l.Reason != "" {
			s += ": " + l.Reason
		}
		list = append(list, s)
	}
	return strings.Join(list, ", ")
}

func TestListen(t *testing.T) {
	t.Parallel()
	all := []Device{mlx, ib, irdma, siw, rxe}
	const any, host = "", "10.0.0.9"
	for _, c := range []struct {
		name     string
		host     string
		port     int
		devices  []Device
		none     error
		force    Force
		software bool
		verbs    []string
		must     bool
		links    string
	}{
		{"RoCE at all addresses", any, 445, []Device{mlx, irdma}, nil, Any, false, []string{""}, true, "verbs on mlx5_0 (RoCE)"},
		{"all kinds", any, 445, all, nil, Any, false, []string{""}, true,
			"verbs on mlx5_0 (RoCE), verbs on mlx5_1 (InfiniBand), verbs on rxe0 (RoCE)"},
		{"445 with iWARP alone", any, 445, []Device{irdma}, nil, Any, false, nil, false,
			"! port 445 of SMB Direct is that of RoCE and InfiniBand: irdma0 speaks iWARP, whose port is 5445 and not 445; iWARP needs no device and has port 5445"},
		{"445 without a device", any, 445, nil, errNone, Any, false, nil, false,
			"! port 445 of SMB Direct is that of RoCE and InfiniBand: " + errNone.Error() + "; iWARP needs no device and has port 5445"},
		{"iWARP hardware", any, 5445, []Device{mlx, irdma}, nil, Any, true, []string{""}, false, "iwarp: it needs no device, verbs on irdma0 (iWARP)"},
		{"siw at all addresses", any, 5445, []Device{siw}, nil, Any, true, nil, false,
			"iwarp: siw0 is software too, and only one of the two can have the TCP port"},
		{"siw beside hardware", any, 5445, all, nil, Any, true, irdma.Hosts, false,
			"iwarp: siw0 is software too, and only one of the two can have the TCP port, verbs on irdma0 (iWARP)"},
		{"5445 with RoCE alone", any, 5445, []Device{mlx}, nil, Any, true, nil, false, "iwarp: mlx5_0 speaks RoCE, whose port is 445 and not 5445"},
		{"5445 without a device", any, 5445, nil, errNone, Any, true, nil, false, "iwarp: no RDMA device has a route to nas"},
		{"any port", any, 0, []Device{mlx}, nil, Any, true, []string{""}, false, "iwarp: it needs no device, verbs on mlx5_0 (RoCE)"},
		{"another port, siw", any, 5446, []Device{rxe, siw}, nil, Any, true, rxe.Hosts, false,
			"iwarp: siw0 is software too, and only one of the two can have the TCP port, verbs on rxe0 (RoCE)"},

		{"RoCE's address", host, 445, []Device{mlx}, nil, Any, false, []string{host}, true, "verbs on mlx5_0 (RoCE): the address is its own"},
		{"RoCE's address at 5445", host, 5445, []Device{mlx}, nil, Any, true, nil, false, "iwarp: mlx5_0 speaks RoCE, whose port is 445 and not 5445"},
		{"RoCE's address, another port", host, 5446, []Device{mlx}, nil, Any, true, []string{host}, false,
			"verbs on mlx5_0 (RoCE): the address is its own, iwarp: the port may be TCP's as well"},
		{"siw's address", host, 5445, []Device{siw}, nil, Any, false, []string{host}, false, "verbs on siw0 (iWARP): the address is its own"},
		{"siw's address, another port", host, 5446, []Device{siw}, nil, Any, false, []string{host}, false, "verbs on siw0 (iWARP): the address is its own"},
		{"siw's address at 445", host, 445, []Device{siw}, nil, Any, false, nil, false,
			"! port 445 of SMB Direct is that of RoCE and InfiniBand: siw0 speaks iWARP, whose port is 5445 and not 445; iWARP needs no device and has port 5445"},
		{"nobody's address", host, 5445, nil, errNone, Any, true, nil, false, "iwarp: no RDMA device has a route to nas"},

		{"verbs everywhere", any, 5446, all, nil, OnlyVerbs, false, []string{""}, true,
			"verbs on mlx5_0 (RoCE), verbs on mlx5_1 (InfiniBand), verbs on irdma0 (iWARP), verbs on siw0 (iWARP), verbs on rxe0 (RoCE)"},
		{"verbs on siw", any, 5445, []Device{siw}, nil, OnlyVerbs, false, []string{""}, true, "verbs on siw0 (iWARP)"},
		{"verbs of the wrong kind", any, 5445, []Device{mlx}, nil, OnlyVerbs, false, nil, false, "! mlx5_0 speaks RoCE, whose port is 445 and not 5445"},
		{"verbs without a device", host, 445, nil, errNone, OnlyVerbs, false, nil, false, "! " + errNone.Error()},
		{"iWARP", any, 5445, nil, nil, OnlyIWARP, true, nil, false, "iwarp"},
		{"iWARP at 445", any, 445, nil, nil, OnlyIWARP, true, nil, false, "iwarp"},
	} {
		p, err := listen(place{c.host, c.host == any, c.port, c.devices, c.none}, c.force)
		if got := told(p.links, err); got != c.links {
			t.Errorf("%s:\n%s, want\n%s", c.name, got, c.links)
		}
		if p.software != c.software || !slices.Equal(p.verbs, c.verbs) || p.must != c.must {
			t.Errorf("%s: %+v", c.name, p)
		}
	}
}
