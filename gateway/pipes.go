package gateway

import (
	"slices"
	"sync"

	"github.com/smbgw/smbgw/smb2"
)

// pipes are the trees of a connection that hold named pipes. Their READs and
// WRITEs are not placed: they are messages and may not be split, and ksmbd
// takes a WRITE's channel there for a WRITE of nothing.
//
// The reader of replies adds and drops, the reader of requests asks.
type pipes struct {
	mu       sync.Mutex
	trees    []treeID
	overflow bool // too many to remember: all trees count
}

type treeID struct {
	session uint64
	id      uint32
}

// observe learns from the reply to a TREE_CONNECT or TREE_DISCONNECT.
func (p *pipes) observe(h smb2.Header) {
	if h.Status() != smb2.StatusSuccess || h.Has(smb2.FlagAsync) {
		return
	}
	t := treeID{h.SessionID(), h.TreeID()}
	p.mu.Lock()
	defer p.mu.Unlock()
	if h.Command() == smb2.CommandLogoff { // takes the session's trees with it
		p.trees = slices.DeleteFunc(p.trees, func(x treeID) bool { return x.session == t.session })
		return
	}
	// An id that is given again may name another kind of tree.
	p.trees = slices.DeleteFunc(p.trees, func(x treeID) bool { return x == t })
	if h.Command() != smb2.CommandTreeConnect {
		return
	}
	r, err := smb2.ParseTreeConnectResponse(h)
	if err != nil || r.ShareType != smb2.SharePipe {
		return
	}
	if len(p.trees) == maxPipeTrees {
		p.overflow = true
		return
	}
	p.trees = append(p.trees, t)
}

func (p *pipes) has(t treeID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.overflow || slices.Contains(p.trees, t)
}
