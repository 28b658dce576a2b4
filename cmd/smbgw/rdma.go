package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/smbgw/smbgw/transports/smbdirect/verbs"
)

// adapters are what this machine has for RDMA.
type adapters struct {
	devices func() ([]verbs.Device, error)
	locked  func() verbs.Memlock
	// route says which device reaches host:port.
	route func(ctx context.Context, address string) (verbs.Device, error)
}

// thisMachine asks the system and its libraries.
func thisMachine() adapters {
	return adapters{verbs.Devices, verbs.LockedMemory, func(ctx context.Context, address string) (verbs.Device, error) {
		p, err := verbs.Open()
		if err != nil {
			return verbs.Device{}, err
		}
		return p.Route(ctx, address)
	}}
}

// showRDMA is the command rdma: the devices, or what reaches a host.
func showRDMA(ctx context.Context, inv *invocation) int {
	switch {
	case len(inv.args) > 1:
		return inv.wrong("rdma takes one host at most, but there are %d words", len(inv.args))
	case len(inv.args) == 1 && (inv.args[0] == "" || strings.HasPrefix(inv.args[0], "-")):
		return inv.wrong("rdma takes a host, not %q", inv.args[0])
	case len(inv.args) == 1:
		return inv.showRoutes(ctx, inv.args[0])
	}
	return inv.showDevices()
}

func (inv *invocation) showDevices() int {
	found, err := inv.rdma.devices()
	w := tabwriter.NewWriter(inv.stdout, 0, 0, 2, ' ', 0)
	for i := range found {
		printDevice(w, &found[i])
	}
	fmt.Fprintf(w, "locked memory\t%v\n", inv.rdma.locked())
	w.Flush()
	if err != nil {
		fmt.Fprintf(inv.stdout, "no device can be used, smbdirect is iWARP in software: %v\n", err)
		return exitFailed
	}
	return exitOK
}

// printDevice writes what is known of a device: a name and indented lines.
func printDevice(w io.Writer, d *verbs.Device) {
	fmt.Fprintf(w, "%s\t%v, port %d for SMB Direct\n", d.Name, d.Kind, d.Kind.Port())
	driver := d.Driver
	if driver == "" {
		driver = "none, it is software"
	}
	fmt.Fprintf(w, "  driver\t%s\n", driver)
	fmt.Fprintf(w, "  state\t%s, %s\n", orUnknown(d.State), rate(d.Rate))
	for _, l := range d.Links {
		addresses := make([]string, len(l.Addresses))
		for i, a := range l.Addresses {
			addresses[i] = a.String()
		}
		fmt.Fprintf(w, "  %s\t%s\n", l.Name, orUnknown(strings.Join(addresses, ", ")))
	}
	if d.Err != nil {
		fmt.Fprintf(w, "  not usable\t%v\n", d.Err)
		return
	}
	fmt.Fprintf(w, "  memory windows\t%v\n", d.Windows)
	fmt.Fprintf(w, "  peers' access\t%s\n", d.Protection())
	l := d.Limits
	fmt.Fprintf(w, "  limits\t%d work requests a queue, %d pieces a send, %d a read, %d reads in, %d out, %d regions, %d windows\n",
		l.WorkRequests, l.SGE, l.ReadSGE, l.InboundReads, l.OutsideReads, l.Regions, l.Windows)
}

func orUnknown(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// rate is a link's speed for people.
func rate(bits uint64) string {
	if bits == 0 {
		return "rate unknown"
	}
	return strconv.FormatFloat(float64(bits)/1e9, 'f', -1, 64) + " Gb/s"
}

// showRoutes says for both ports of SMB Direct what a connection goes over. A
// host without a device that reaches it is still one for iWARP in software,
// and the exit status tells the two apart.
func (inv *invocation) showRoutes(ctx context.Context, host string) int {
	status := exitFailed
	for _, port := range []int{verbs.RoCE.Port(), verbs.IWARP.Port()} {
		d, err := inv.rdma.route(ctx, net.JoinHostPort(strings.Trim(host, "[]"), strconv.Itoa(port)))
		if err == nil && !d.Kind.Fits(port) {
			err = fmt.Errorf("%s has a route, but speaks %v, whose port is %d", d.Name, d.Kind, d.Kind.Port())
		}
		if err != nil {
			fmt.Fprintf(inv.stdout, "smbdirect!%s!%d: iwarp, in software: %v\n", host, port, err)
			continue
		}
		fmt.Fprintf(inv.stdout, "smbdirect!%s!%d: verbs: %s (%v) has a route\n", host, port, d.Name, d.Kind)
		status = exitOK
	}
	return status
}
