package main

import (
	"bytes"
	"context"
	"errors"
	"math"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/smbgw/smbgw/transports/smbdirect/verbs"
)

// card and soft are what a machine may have.
var (
	card = verbs.Device{
		Name: "mlx5_0", Kind: verbs.RoCE, Driver: "mlx5_core", State: "ACTIVE", Rate: 100e9,
		Links: []verbs.Link{
			{Name: "ens1f0np0", Addresses: []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("fe80::1%ens1f0np0")}},
			{Name: "ens1f0np0.7"},
		},
		Limits:  verbs.Limits{WorkRequests: 32768, SGE: 30, ReadSGE: 30, InboundReads: 16, OutsideReads: 16, Regions: 16777216, Windows: 16777216},
		Windows: verbs.Windows2B,
	}
	soft = verbs.Device{
		Name: "siw1", Kind: verbs.IWARP, State: "DOWN", Rate: 2.5e9,
		Links:  []verbs.Link{{Name: "eth0", Addresses: []netip.Addr{netip.MustParseAddr("10.0.9.1")}}},
		Limits: verbs.Limits{WorkRequests: 32768, SGE: 6, ReadSGE: 1, InboundReads: 128, OutsideReads: 128, Regions: 1024000},
	}
)

// refused is a device that cannot be used.
func refused(d verbs.Device, err error) verbs.Device {
	d.Err = err
	return d
}

func TestRDMADevices(t *testing.T) {
	t.Parallel()
	missing := &verbs.LibraryError{File: "libibverbs.so.1", Package: "libibverbs1", Err: errors.New("no such file")}
	for _, c := range []struct {
		name   string
		found  []verbs.Device
		err    error
		lock   verbs.Memlock
		status int
		want   string
	}{
		{"all well", []verbs.Device{card, soft}, nil, verbs.Memlock{Limit: math.MaxUint64}, exitOK, `mlx5_0            RoCE, port 445 for SMB Direct
  driver          mlx5_core
  state           ACTIVE, 100 Gb/s
  ens1f0np0       10.0.0.1, fe80::1%ens1f0np0
  ens1f0np0.7     none
  memory windows  type 2B
  peers' access   memory windows, bound for one operation
  limits          32768 work requests a queue, 30 pieces a send, 30 a read, 16 reads in, 16 out, 16777216 regions, 16777216 windows
siw1              iWARP, port 5445 for SMB Direct
  driver          none, it is software
  state           DOWN, 2.5 Gb/s
  eth0            10.0.9.1
  memory windows  none
  peers' access   a registration for each operation
  limits          32768 work requests a queue, 6 pieces a send, 1 a read, 128 reads in, 128 out, 1024000 regions, 0 windows
locked memory     unlimited
`},
		{"no library", []verbs.Device{refused(card, missing)}, missing, verbs.Memlock{Limit: 8 << 20}, exitFailed,
			`mlx5_0         RoCE, port 445 for SMB Direct
  driver       mlx5_core
  state        ACTIVE, 100 Gb/s
  ens1f0np0    10.0.0.1, fe80::1%ens1f0np0
  ens1f0np0.7  none
  not usable   verbs: libibverbs.so.1: no such file; install libibverbs1 (Debian, Ubuntu) or libibverbs (Red Hat, Fedora)
locked memory  8 MiB
no device can be used, smbdirect is iWARP in software: verbs: libibverbs.so.1: no such file; install libibverbs1 (Debian, Ubuntu) or libibverbs (Red Hat, Fedora)
`},
		{"not in this build", nil, verbs.ErrNotBuilt, verbs.Memlock{Limit: math.MaxUint64}, exitFailed, `locked memory  unlimited
no device can be used, smbdirect is iWARP in software: verbs: not in this build
`},
	} {
		got := rdmaOutcome(t.Context(), adapters{
			devices: func() ([]verbs.Device, error) { return c.found, c.err },
			locked:  func() verbs.Memlock { return c.lock },
		})
		if got.status != c.status || got.stdout != c.want || got.stderr != "" {
			t.Errorf("%s: %d\n%s%s\nwant %d\n%s", c.name, got.status, got.stdout, got.stderr, c.status, c.want)
		}
	}
}

func rdmaOutcome(ctx context.Context, a adapters, args ...string) outcome {
	var stdout, stderr bytes.Buffer
	inv := newInvocation(strings.NewReader(""), &stdout, &stderr)
	inv.rdma = a
	status := inv.run(ctx, append([]string{"rdma"}, args...))
	return outcome{status, stdout.String(), stderr.String()}
}

func TestRDMARoutes(t *testing.T) {
	t.Parallel()
	route := func(_ context.Context, address string) (verbs.Device, error) {
		switch host, _, _ := net.SplitHostPort(address); host {
		case "10.0.0.2", "fe80::2":
			return card, nil
		case "10.0.9.2":
			return soft, nil
		}
		return verbs.Device{}, verbs.ErrNoRoute
	}
	for _, c := range []struct {
		host   string
		status int
		want   string
	}{
		{"10.0.0.2", exitOK, "smbdirect!10.0.0.2!445: verbs: mlx5_0 (RoCE) has a route\n" +
			"smbdirect!10.0.0.2!5445: iwarp, in software: mlx5_0 has a route, but speaks RoCE, whose port is 445\n"},
		{"fe80::2", exitOK, "smbdirect!fe80::2!445: verbs: mlx5_0 (RoCE) has a route\n" +
			"smbdirect!fe80::2!5445: iwarp, in software: mlx5_0 has a route, but speaks RoCE, whose port is 445\n"},
		{"10.0.9.2", exitOK, "smbdirect!10.0.9.2!445: iwarp, in software: siw1 has a route, but speaks iWARP, whose port is 5445\n" +
			"smbdirect!10.0.9.2!5445: verbs: siw1 (iWARP) has a route\n"},
		{"192.0.2.1", exitFailed, "smbdirect!192.0.2.1!445: iwarp, in software: verbs: no RDMA device has a route\n" +
			"smbdirect!192.0.2.1!5445: iwarp, in software: verbs: no RDMA device has a route\n"},
	} {
		if got := rdmaOutcome(t.Context(), adapters{route: route}, c.host); got.status != c.status || got.stdout != c.want || got.stderr != "" {
			t.Errorf("%s: %+v\nwant %s", c.host, got, c.want)
		}
	}
	for args, want := range map[string]string{"a b": "one host at most", "-x": `a host, not "-x"`} {
		if got := rdmaOutcome(t.Context(), adapters{}, strings.Fields(args)...); got.status != exitUsage || !strings.Contains(got.stderr, want) {
			t.Errorf("rdma %s: %+v", args, got)
		}
	}
}
