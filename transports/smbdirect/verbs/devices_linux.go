//go:build (amd64 || arm64) && !noverbs

package verbs

import (
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path"
	"strings"
)

// A machine is where devices are looked for.
type machine struct {
	class fs.FS              // /sys/class
	open  func(string) error // tries to open a device file
	nics  func() []nic
	load  func() (inspector, error)
}

// An inspector is the library, as far as it knows devices.
type inspector interface {
	// list gives the devices that the library can drive, until release.
	list() (devices map[string]pointer, release func(), err error)
	// describe fills in what a device says of itself.
	describe(device pointer, d *Device) error
}

// here is the machine that the program runs on.
var here = machine{os.DirFS("/sys/class"), openFile, interfaces, func() (inspector, error) { return load() }}

func openFile(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return f.Close()
}

// interfaces are the network interfaces of this machine.
func interfaces() []nic {
	list, err := net.Interfaces()
	if err != nil {
		return nil
	}
	nics := make([]nic, len(list))
	for i, n := range list {
		nics[i] = nic{name: n.Name, mac: n.HardwareAddr}
		addresses, _ := n.Addrs()
		for _, a := range addresses {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				nics[i].addresses = append(nics[i].addresses, p.Addr())
			}
		}
	}
	return nics
}

// Devices finds the RDMA devices of this machine. What is known of them without
// the libraries comes also with an error, which says why none can be used.
func Devices() ([]Device, error) { return here.devices() }

func (m machine) devices() ([]Device, error) {
	found := scan(m.class, m.nics())
	err := m.inspect(found)
	for i := range found {
		if err != nil {
			found[i].Err = err
		}
	}
	if err == nil {
		err = firstError(found)
	}
	return found, err
}

// firstError is nil when one of the devices can be used.
func firstError(found []Device) error {
	for _, d := range found {
		if d.Err == nil {
			return nil
		}
	}
	return found[0].Err
}

// inspect has the library tell what it knows of each device. Its error is
// about all of them.
func (m machine) inspect(found []Device) error {
	if len(found) == 0 {
		return ErrNoDevice // which is more to the point than a missing library
	}
	l, err := m.load()
	if err != nil {
		return err
	}
	if err := m.connects(); err != nil {
		return err
	}
	listed, release, err := l.list()
	if err != nil {
		return err
	}
	defer release()
	for i := range found {
		d := &found[i]
		if d.Err = m.node(d.Name); d.Err != nil {
			continue
		}
		if device, ok := listed[d.Name]; ok {
			d.Err = l.describe(device, d)
		} else {
			d.Err = &PluginError{Device: d.Name}
		}
	}
	return nil
}

// connects says why programs cannot make RDMA connections, whatever the device.
func (m machine) connects() error {
	if _, err := fs.Stat(m.class, "misc/rdma_cm"); err != nil {
		return &ModuleError{Module: "rdma_ucm", For: "RDMA connections to programs (/dev/infiniband/rdma_cm)"}
	}
	return reachable(m.open, "/dev/infiniband/rdma_cm")
}

// node says what is wrong with a device's file for programs.
func (m machine) node(name string) error {
	entries, err := fs.ReadDir(m.class, "infiniband_verbs")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		if owner, err := fs.ReadFile(m.class, path.Join("infiniband_verbs", e.Name(), "ibdev")); err == nil && strings.TrimSpace(string(owner)) == name {
			return reachable(m.open, "/dev/infiniband/"+e.Name())
		}
	}
	return &ModuleError{Module: "ib_uverbs", For: "verbs of " + name + " to programs"}
}

// Local is the device that a local address belongs to: of several, the first by
// name. An address that stands for all is no device's.
func (p *Provider) Local(host string) (Device, error) { return here.local(host) }

func (m machine) local(host string) (Device, error) {
	a, err := netip.ParseAddr(host)
	if err != nil {
		return Device{}, ErrNoRoute
	}
	a = a.WithZone("").Unmap()
	for _, d := range scan(m.class, m.nics()) {
		if d.has(a) {
			return d, nil
		}
	}
	return Device{}, ErrNoRoute
}
