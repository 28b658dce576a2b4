package main

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"

	"github.com/smbgw/smbgw/cmd/smbgw/config"
	"github.com/smbgw/smbgw/transports/mapped"
	"github.com/smbgw/smbgw/transports/smbdirect/choose"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
	"github.com/smbgw/smbgw/transports/smbdirect/verbs"
)

// hardware is the machine's RDMA devices and the memory that they work on, one
// for the process whatever its configuration: a device tells its events once,
// and knows memory once.
type hardware struct {
	memory mapped.Memory

	mu   sync.Mutex
	open *verbs.Provider // nil until it could be
}

// devices opens the machine's RDMA devices, or says why there are none. It is
// asked again for each connection until there are some.
func (h *hardware) devices(log *slog.Logger) (choose.Verbs, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open == nil {
		p, err := verbs.Open()
		if err != nil {
			return nil, err
		}
		p.Memory = &h.memory
		p.Refused = func(err error) { log.Debug("client refused", "error", err) }
		p.Failed = pausing(log)
		p.Opened = func(device string, kind verbs.Kind, protection string) {
			log.Info("RDMA device", "device", device, "kind", kind.String(), "peers_access", protection)
		}
		h.open = p
	}
	return devices{h.open}, nil
}

// at is what the device that an address belongs to speaks, when devices are in use.
func (h *hardware) at(a netip.Addr) (rdma.Kind, bool) {
	h.mu.Lock()
	p := h.open
	h.mu.Unlock()
	if p == nil {
		return 0, false
	}
	d, err := p.Local(a.String())
	return d.Kind, err == nil
}

// means are what networks are made with for a configuration: where a device may
// be used and there is one, all buffers are memory that it can know.
func (h *hardware) means(c *config.Config, networks map[string]network, log *slog.Logger) means {
	m := means{log: log, hardware: h}
	if needDevice(c, networks) {
		if _, err := h.devices(log); err == nil {
			m.memory = &h.memory
		}
	}
	return m
}

// devices is the provider verbs as the choice between providers sees it.
type devices struct {
	*verbs.Provider
}

func (d devices) Route(ctx context.Context, address string) (choose.Device, error) {
	found, err := d.Provider.Route(ctx, address)
	return candidate(found), err
}

func (d devices) Local(host string) (choose.Device, error) {
	found, err := d.Provider.Local(host)
	return candidate(found), err
}

// Devices are those that can be used.
func (d devices) Devices() ([]choose.Device, error) {
	all, err := verbs.Devices()
	if err != nil {
		return nil, err
	}
	var usable []choose.Device
	for _, found := range all {
		switch {
		case found.Err == nil:
			usable = append(usable, candidate(found))
		case err == nil:
			err = found.Err
		}
	}
	if len(usable) > 0 {
		return usable, nil
	}
	return nil, err
}

// candidate is what the choice has to know of a device.
func candidate(d verbs.Device) choose.Device {
	c := choose.Device{Name: d.Name, Kind: d.Kind, Software: d.Driver == ""}
	for _, l := range d.Links {
		for _, a := range l.Addresses {
			c.Hosts = append(c.Hosts, a.String())
		}
	}
	return c
}
