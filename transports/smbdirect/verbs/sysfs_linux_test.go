//go:build (amd64 || arm64) && !noverbs

package verbs

import (
	"io/fs"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
)

// tree makes a /sys/class of lines "path: content" and "path -> target".
func tree(lines string) fstest.MapFS {
	class := fstest.MapFS{}
	for line := range strings.Lines(lines) {
		line = strings.TrimSpace(line)
		if path, target, ok := strings.Cut(line, " -> "); ok {
			class[path] = &fstest.MapFile{Mode: fs.ModeSymlink, Data: []byte(target)}
		} else if path, content, ok := strings.Cut(line, ": "); ok {
			class[path] = &fstest.MapFile{Data: []byte(content + "\n")}
		}
	}
	return class
}

const mlx5RoCE = `
infiniband/mlx5_0/node_type: 1: CA
infiniband/mlx5_0/device/driver -> ../../../../bus/pci/drivers/mlx5_core
infiniband/mlx5_0/device/net/ens1f0np0/ifindex: 4
infiniband/mlx5_0/ports/1/link_layer: Ethernet
infiniband/mlx5_0/ports/1/state: 4: ACTIVE
infiniband/mlx5_0/ports/1/rate: 100 Gb/sec (4X EDR)
infiniband/mlx5_0/ports/1/gids/0: fe80:0000:0000:0000:0e42:a1ff:fe00:0001
infiniband/mlx5_0/ports/1/gids/2: 0000:0000:0000:0000:0000:ffff:0a00:0001
infiniband/mlx5_0/ports/1/gid_attrs/ndevs/0: ens1f0np0
infiniband/mlx5_0/ports/1/gid_attrs/ndevs/1: ens1f0np0
infiniband/mlx5_0/ports/1/gid_attrs/ndevs/2: ens1f0np0.7
infiniband/mlx5_0/ports/1/gid_attrs/ndevs/3: 
`

const mlx5IB = `
infiniband/mlx5_1/node_type: 1: CA
infiniband/mlx5_1/device/driver -> ../../../../bus/pci/drivers/mlx5_core
infiniband/mlx5_1/device/net/ib0/ifindex: 6
infiniband/mlx5_1/device/net/ib0.8001/ifindex: 7
infiniband/mlx5_1/ports/1/link_layer: InfiniBand
infiniband/mlx5_1/ports/1/state: 1: DOWN
infiniband/mlx5_1/ports/1/rate: 10 Gb/sec (4X SDR)
infiniband/mlx5_1/ports/2/link_layer: InfiniBand
infiniband/mlx5_1/ports/2/state: 4: ACTIVE
infiniband/mlx5_1/ports/2/rate: 400 Gb/sec (4X NDR)
infiniband/mlx5_1/ports/1/gids/0: fe80:0000:0000:0000:0c42:a103:0000:0002
`

// Before kernel 6.5: the table of GIDs names no interface.
const irdmaIWARP = `
infiniband/irdma0/node_type: 4: RNIC
infiniband/irdma0/device/driver -> ../../../../bus/pci/drivers/ice
infiniband/irdma0/device/net/ens2f0/ifindex: 8
infiniband/irdma0/ports/1/link_layer: Ethernet
infiniband/irdma0/ports/1/state: 4: ACTIVE
infiniband/irdma0/ports/1/rate: 25 Gb/sec (1X EDR)
infiniband/irdma0/ports/1/gids/0: b496:9101:0203:0000:0000:0000:0000:0000
`

const siw = `
infiniband/siw1/node_type: 4: RNIC
infiniband/siw1/ports/1/link_layer: Ethernet
infiniband/siw1/ports/1/state: 4: ACTIVE
infiniband/siw1/ports/1/rate: 2.5 Gb/sec (1X SDR)
infiniband/siw1/ports/1/gids/0: 5acf:ad5a:dc24:0000:0000:0000:0000:0000
infiniband/siw1/ports/1/gid_attrs/ndevs/0: vec0
`

const rxe = `
infiniband/rxe1/node_type: 1: CA
infiniband/rxe1/parent: vec0
infiniband/rxe1/ports/1/link_layer: Ethernet
infiniband/rxe1/ports/1/state: 4: ACTIVE
infiniband/rxe1/ports/1/rate: 2.5 Gb/sec (1X SDR)
infiniband/rxe1/ports/1/gids/0: fe80:0000:0000:0000:58cf:adff:fe5a:dc24
infiniband/rxe1/ports/1/gid_attrs/ndevs/0: vec0
`

// Not for SMB Direct: a fabric that has no connection manager.
const efa = `
infiniband/efa0/node_type: 7: <unknown>
infiniband/efa0/ports/1/link_layer: Unspecified
infiniband/efa0/ports/1/state: 4: ACTIVE
`

var (
	ipA = netip.MustParseAddr("10.0.0.1")
	ipB = netip.MustParseAddr("10.0.7.1")
	ipC = netip.MustParseAddr("fe80::1%ens2f0")
	ipD = netip.MustParseAddr("2001:db8::1")

	testNICs = []nic{
		{"lo", nil, []netip.Addr{netip.MustParseAddr("127.0.0.1")}},
		{"ens1f0np0", []byte{0x0c, 0x42, 0xa1, 0, 0, 1}, []netip.Addr{ipA}},
		{"ens1f0np0.7", []byte{0x0c, 0x42, 0xa1, 0, 0, 1}, []netip.Addr{ipB}},
		{"ens2f0", []byte{0xb4, 0x96, 0x91, 1, 2, 3}, []netip.Addr{ipC}},
		{"vec0", []byte{0x5a, 0xcf, 0xad, 0x5a, 0xdc, 0x24}, []netip.Addr{ipD}},
	}
)

func TestScan(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, class string
		want        []Device
	}{
		{"mlx5 on Ethernet, with a VLAN", mlx5RoCE, []Device{{
			Name: "mlx5_0", Kind: RoCE, Driver: "mlx5_core", State: "ACTIVE", Rate: 100e9,
			Links: []Link{{"ens1f0np0", []netip.Addr{ipA}}, {"ens1f0np0.7", []netip.Addr{ipB}}},
		}}},
		{"mlx5 on InfiniBand, on its second port", mlx5IB, []Device{{
			Name: "mlx5_1", Kind: InfiniBand, Driver: "mlx5_core", State: "ACTIVE", Rate: 400e9,
			Links: []Link{{"ib0", nil}, {"ib0.8001", nil}},
		}}},
		{"irdma", irdmaIWARP, []Device{{
			Name: "irdma0", Kind: IWARP, Driver: "ice", State: "ACTIVE", Rate: 25e9,
			Links: []Link{{"ens2f0", []netip.Addr{ipC}}},
		}}},
		{"siw", siw, []Device{{Name: "siw1", Kind: IWARP, State: "ACTIVE", Rate: 2.5e9, Links: []Link{{"vec0", []netip.Addr{ipD}}}}}},
		{"siw of before 6.5", strings.ReplaceAll(siw, "ndevs/0: vec0", "ndevs/0: "),
			[]Device{{Name: "siw1", Kind: IWARP, State: "ACTIVE", Rate: 2.5e9, Links: []Link{{"vec0", []netip.Addr{ipD}}}}}},
		{"rxe", rxe, []Device{{Name: "rxe1", Kind: RoCE, State: "ACTIVE", Rate: 2.5e9, Links: []Link{{"vec0", []netip.Addr{ipD}}}}}},
		{"efa", efa, nil},
		{"nothing", "", nil},
		{"no ports", "infiniband/x/node_type: 1: CA", nil},
		{"no state, an odd rate", "infiniband/x/node_type: 1: CA\ninfiniband/x/ports/1/rate: fast", []Device{{Name: "x"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := scan(tree(c.class), testNICs); !reflect.DeepEqual(got, c.want) {
				t.Errorf("%+v\nwant %+v", got, c.want)
			}
		})
	}
	if got := scan(tree(rxe+siw+efa+mlx5RoCE), nil); len(got) != 3 {
		t.Errorf("of four devices SMB Direct runs over %d, want 3", len(got))
	}
}

func TestRate(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]uint64{
		"2.5 Gb/sec (1X SDR)": 2.5e9, "56 Gb/sec (4X FDR)": 56e9, "200 Gb/sec (2X NDR)": 200e9,
		"": 0, "fast": 0, "-1 Gb/sec": 0, "NaN Gb/sec": 0, "1e300 Gb/sec": 0, "100": 0, "100 Mb/sec": 0,
	} {
		if got := portRate(line); got != want {
			t.Errorf("%q: %d, want %d", line, got, want)
		}
	}
}
