//go:build (amd64 || arm64) && !noverbs

package verbs

import (
	"bytes"
	"encoding/hex"
	"io/fs"
	"maps"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"
)

// A nic is a network interface as package net knows it.
type nic struct {
	name      string
	mac       []byte
	addresses []netip.Addr
}

// Node types, the number that node_type of sysfs begins with.
const (
	nodeCA   = "1" // InfiniBand and RoCE
	nodeRNIC = "4" // iWARP
)

// scan finds the devices in /sys/class; what it cannot read, a device lacks.
// Devices that speak nothing that SMB Direct runs over are left out.
func scan(class fs.FS, nics []nic) []Device {
	entries, err := fs.ReadDir(class, "infiniband")
	if err != nil {
		return nil
	}
	var found []Device
	for _, e := range entries {
		dir := sysfs{class, path.Join("infiniband", e.Name())}
		if d, ok := dir.device(e.Name(), nics); ok {
			found = append(found, d)
		}
	}
	return found
}

// sysfs is one device's folder.
type sysfs struct {
	fs.FS
	dir string
}

// read is one line of a file, "" when there is none. Empty slots of tables
// cannot be read.
func (s sysfs) read(name ...string) string {
	b, err := fs.ReadFile(s.FS, path.Join(s.dir, path.Join(name...)))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// list is the names in a folder.
func (s sysfs) list(name ...string) []string {
	entries, err := fs.ReadDir(s.FS, path.Join(s.dir, path.Join(name...)))
	if err != nil {
		return nil
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names
}

func (s sysfs) device(name string, nics []nic) (Device, bool) {
	d := Device{Name: name}
	ports := s.list("ports")
	if len(ports) == 0 {
		return d, false
	}
	node, _, _ := strings.Cut(s.read("node_type"), ":")
	switch {
	case node == nodeRNIC:
		d.Kind = IWARP
	case node != nodeCA:
		return d, false
	case s.read("ports", ports[0], "link_layer") == "Ethernet":
		d.Kind = RoCE
	}
	if to, err := fs.ReadLink(s.FS, path.Join(s.dir, "device/driver")); err == nil {
		d.Driver = path.Base(to)
	}
	for _, p := range ports {
		if state := portState(s.read("ports", p, "state")); d.State != "ACTIVE" && state != "" {
			d.State, d.Rate = state, portRate(s.read("ports", p, "rate"))
		}
	}
	d.Links = s.links(d.Kind, ports, nics)
	return d, true
}

// portState is the word in "4: ACTIVE".
func portState(line string) string {
	_, word, _ := strings.Cut(line, ": ")
	return word
}

// portRate is the number in "100 Gb/sec (4X EDR)" in bits a second.
func portRate(line string) uint64 {
	number, unit, _ := strings.Cut(line, " ")
	g, err := strconv.ParseFloat(number, 64)
	if err != nil || !strings.HasPrefix(unit, "Gb/sec") || !(g >= 0 && g <= 1e6) {
		return 0
	}
	return uint64(g * 1e9)
}

// links finds the network interfaces of a device: those that its table of GIDs
// names, and so VLANs and bonds too. IP over InfiniBand is not in that table,
// and kernels before 6.5 do not fill it for iWARP.
func (s sysfs) links(k Kind, ports []string, nics []nic) []Link {
	names := map[string]bool{}
	for _, p := range ports {
		for _, slot := range s.list("ports", p, "gid_attrs/ndevs") {
			if name := s.read("ports", p, "gid_attrs/ndevs", slot); name != "" {
				names[name] = true
			}
		}
		if k == IWARP && len(names) == 0 {
			if name := named(s.read("ports", p, "gids/0"), nics); name != "" {
				names[name] = true
			}
		}
	}
	if len(names) == 0 {
		for _, name := range s.list("device/net") {
			names[name] = true
		}
	}
	var links []Link
	for _, name := range slices.Sorted(maps.Keys(names)) {
		l := Link{Name: name}
		if i := slices.IndexFunc(nics, func(n nic) bool { return n.name == name }); i >= 0 {
			l.Addresses = nics[i].addresses
		}
		links = append(links, l)
	}
	return links
}

// named is the interface whose hardware address an iWARP GID begins with.
func named(gid string, nics []nic) string {
	b, err := hex.DecodeString(strings.ReplaceAll(gid, ":", ""))
	if err != nil {
		return ""
	}
	for _, n := range nics {
		if len(n.mac) > 0 && bytes.HasPrefix(b, n.mac) {
			return n.name
		}
	}
	return ""
}
