package gateway

import (
	"context"
	"errors"
	"slices"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway/rooted"
	"github.com/smbgw/smbgw/gateway/store"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
)

// An Origin is one of several places that a mount comes from.
type Origin struct {
	Share   string // there; the mount's name when empty
	Backend *Backend
	As      *Login
	Store   *store.Store
	Path    string // the directory there

	// For says whom it is for, everybody when nil. Listeners are the names of those
	// whose clients it is for, likewise.
	For       func(auth.Identity) bool
	Listeners []string
}

// singles are mounts of one origin each, in m's place.
func (m *Mount) singles() (list []*Mount) {
	if len(m.Origins) == 0 {
		return []*Mount{m}
	}
	for i := range m.Origins {
		list = append(list, m.of(&m.Origins[i]))
	}
	return list
}

// of is m with one of its origins.
func (m *Mount) of(s *Origin) *Mount {
	one := *m
	one.Share, one.Backend, one.As, one.Store, one.Path, one.Origins = s.Share, s.Backend, s.As, s.Store, s.Path, nil
	return &one
}

// fitting are the singles that are for a client.
func (m *Mount) fitting(from view, client *tree.Client) (list []*Mount) {
	if len(m.Origins) == 0 {
		return []*Mount{m}
	}
	for i := range m.Origins {
		s := &m.Origins[i]
		if (s.For == nil || s.For(client.User)) && (len(s.Listeners) == 0 || slices.Contains(s.Listeners, from.listener.Name)) {
			list = append(list, m.of(s))
		}
	}
	return list
}

// first connects to the first of a mount's singles that can be reached. What one
// that has been reached says, also that there is no such share or that the user is
// denied, is the answer. Nobody's mount is denied.
func (s *space) first(singles []*Mount, reach func(*Mount) (*tree.Share, error)) (*tree.Share, error) {
	err := error(smb2.StatusAccessDenied)
	for i, m := range singles {
		var share *tree.Share
		if share, err = reach(m); !errors.Is(err, smb2.StatusServerUnavailable) {
			return share, err
		}
		if i+1 < len(singles) {
			s.log.Warn("mount goes on to its next source", "mount", m.Name, "error", err)
		}
	}
	return nil, err
}

// below is the mount's directory of the share that its server has.
func (s *space) below(ctx context.Context, m *Mount, share *tree.Share, err error) (*tree.Share, error) {
	if err != nil || m.Path == "" {
		return share, err
	}
	arena := s.replies
	if m.Backend != nil {
		arena = s.arenas[m.Backend]
	}
	return rooted.Connect(ctx, share, rooted.Options{Path: m.Path, Arena: arena, Log: s.log.With("mount", m.Name)})
}
