package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/auth/users"
	"github.com/smbgw/smbgw/cmd/smbgw/config"
	"github.com/smbgw/smbgw/gateway"
)

// A sourcing is what mounts are made of.
type sourcing struct {
	backends map[*config.Backend]*gateway.Backend
	same     *gateway.Login
	groups   *users.Groups
}

func (f sourcing) mount(m *config.Mount, hosts hosts) (gateway.Mount, error) {
	out := gateway.Mount{
		Name: m.Name, Comment: m.Comment, Encrypt: m.Encrypt == config.Required,
		Seen: m.Seen, Hosts: hosts.list(m.Hosts), Listeners: m.Listeners, Hidden: m.Hidden,
	}
	if len(m.Sources) == 0 {
		only, err := f.source(&config.Source{Backend: m.Backend, Share: m.Share, Path: m.Path, As: m.As}, m.Name)
		out.Share, out.Path, out.Backend, out.As = only.Share, only.Path, only.Backend, only.As
		return out, err
	}
	for i, s := range m.Sources {
		one, err := f.source(s, fmt.Sprintf("%s, source %d", m.Name, i+1))
		if err != nil {
			return out, err
		}
		out.Origins = append(out.Origins, one)
	}
	return out, nil
}

// source is one place that the mount called so comes from.
func (f sourcing) source(s *config.Source, name string) (out gateway.Origin, err error) {
	out = gateway.Origin{Share: s.Share, Path: s.Path, Backend: f.backends[s.Backend], As: f.same, Listeners: s.Listeners}
	if s.As != nil {
		if out.As, err = serviceAccount(s.As); err != nil {
			return out, err
		}
		out.As.Name = name + ": " + s.As.User
	}
	if len(s.Users) > 0 {
		out.For = func(who auth.Identity) bool { return among(s.Users, f.groups, who) }
	}
	return out, nil
}

// among says that somebody is one of users and groups. Whom the gateway does not
// know by name is nobody's.
func among(list []string, groups *users.Groups, who auth.Identity) bool {
	if who.Anonymous || who.Guest {
		return false
	}
	return slices.ContainsFunc(list, func(word string) bool {
		group, ok := strings.CutPrefix(word, "@")
		if !ok {
			return auth.Upper(word) == auth.Upper(who.User)
		}
		return slices.ContainsFunc(groups.Of(who.User), func(g string) bool { return auth.Upper(g) == auth.Upper(group) })
	})
}
