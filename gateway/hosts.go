package gateway

import (
	"slices"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway/ipc"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/transports"
)

// A Host is a server that the gateway is to clients who call it so.
type Host struct {
	Name  string   // in the configuration and in logs
	Names []string // what clients call it, in any case
}

// hosts finds a Host by what a client calls it.
type hosts map[string]*Host

func newHosts(list []*Host) hosts {
	h := make(hosts)
	for _, host := range list {
		for _, name := range host.Names {
			h[transports.CanonicalName(name)] = host
		}
	}
	return h
}

// find is the host of a name, nil when it is nobody's.
func (h hosts) find(name string) *Host {
	if len(h) == 0 || name == "" || len(name) > maxServerName {
		return nil
	}
	return h[transports.CanonicalName(name)]
}

// nameOf is what a client calls us in its connection's set-up, or "".
func nameOf(conn transports.Conn) string {
	if n, ok := conn.(transports.Named); ok {
		return n.ServerName()
	}
	return ""
}

// A view is from where a client looks at the mounts.
type view struct {
	host     *Host     // that it has named; nil: nobody, or none that is known
	listener *Listener // that it has come to
}

// view is that of a client that asks for a share of a server. A name that TLS has
// shown a certificate for is the only one that counts: whoever comes to one host
// gets nothing of another by its path, and there is no view then. Else the path
// says more than NEGOTIATE, of which there is one for all paths.
func (s *space) view(client *tree.Client, server string) (v view, ok bool) {
	v.listener = s.listener
	named := s.hosts.find(server)
	if s.name != "" {
		v.host = s.hosts.find(s.name)
		return v, named == nil || named == v.host
	}
	if v.host = named; named == nil {
		v.host = s.hosts.find(client.NetName)
	}
	return v, true
}

// seenFrom says that clients with a view can connect to the mount.
func (m *Mount) seenFrom(v view) bool {
	return (len(m.Hosts) == 0 || slices.Contains(m.Hosts, v.host)) &&
		(len(m.Listeners) == 0 || slices.Contains(m.Listeners, v.listener.Name))
}

// seenAs is what clients call the mount.
func (m *Mount) seenAs() string {
	if m.Seen == "" {
		return m.Name
	}
	return m.Seen
}

// mount finds a mount by the name that a client asks for.
func (s *Service) mount(from view, name string) *Mount {
	name = auth.Upper(name)
	for i := range s.Mounts {
		if m := &s.Mounts[i]; m.seenFrom(from) && auth.Upper(m.seenAs()) == name {
			return m
		}
	}
	return nil
}

// listed is the mounts as IPC$ lists them to a client: those that it can connect
// to, and may.
func (s *Service) listed(from view, client *tree.Client, may func(*Mount) bool) []ipc.Share {
	var list []ipc.Share
	for i := range s.Mounts {
		m := &s.Mounts[i]
		if m.seenFrom(from) && len(m.fitting(from, client)) > 0 && may(m) {
			list = append(list, ipc.Share{Name: m.seenAs(), Comment: m.Comment, Hidden: m.Hidden})
		}
	}
	return list
}

// seesAs says that clients see the same through both spaces, whatever they call
// the server in their paths.
func (s *space) seesAs(other *space) bool {
	if (s.name == "") != (other.name == "") || s.hosts.find(s.name) != other.hosts.find(other.name) {
		return false
	}
	if s.listener == other.listener {
		return true
	}
	for i := range s.service.Mounts {
		m := &s.service.Mounts[i]
		lists := [][]string{m.Listeners}
		for _, o := range m.Origins {
			lists = append(lists, o.Listeners)
		}
		for _, l := range lists {
			if slices.Contains(l, s.listener.Name) != slices.Contains(l, other.listener.Name) {
				return false
			}
		}
	}
	return true
}
