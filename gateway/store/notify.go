package store

import (
	"slices"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/fscc"
)

const (
	actionAdded          = fscc.ActionAdded
	actionRemoved        = fscc.ActionRemoved
	actionModified       = fscc.ActionModified
	actionAddedStream    = fscc.ActionAddedStream
	actionRemovedStream  = fscc.ActionRemovedStream
	actionModifiedStream = fscc.ActionModifiedStream
)

// A watch is what an open of a directory wants to know. It begins with the
// first CHANGE_NOTIFY, whose filter and depth stay, [MS-FSA] 2.1.5.11.
type watch struct {
	filter  smb2.NotifyFilter
	deep    bool
	changes []byte // a list of notifications
	last    int    // where its last entry begins
	lost    bool   // more has changed than changes holds
	waiting []notifyWait
}

type notifyWait struct {
	request *tree.Request
	most    uint32 // bytes the client takes
}

// changeOf is the filter that a file's coming and going passes.
func changeOf(n *node) smb2.NotifyFilter {
	if n.directory {
		return smb2.NotifyDirName
	}
	return smb2.NotifyFileName
}

// tell reports what happened to name in d to all that watch d or above.
func (v *volume) tell(d *node, name string, what smb2.NotifyFilter, action fscc.Action) {
	if v.watches == 0 {
		return
	}
	for direct := true; d != nil; d, direct = d.parent, false {
		for _, o := range d.watchers {
			if w := o.watch; w.filter&what != 0 && (direct || w.deep) {
				w.add(name, action)
				v.deliver(o)
			}
		}
		name = d.name + `\` + name
	}
}

// tellStream reports what happened to a named stream.
func (v *volume) tellStream(s *stream, what smb2.NotifyFilter, action fscc.Action) {
	if n := s.node; n.parent != nil {
		v.tell(n.parent, n.name+":"+s.name+":$DATA", what, action)
	}
}

// tellRename reports both names at once where both are in the same directory;
// otherwise one has gone and one has come.
func (v *volume) tellRename(n, from, to *node, oldName string) {
	if from != to {
		v.tell(from, oldName, changeOf(n), actionRemoved)
		v.tell(to, n.name, changeOf(n), actionAdded)
		return
	}
	if v.watches == 0 {
		return
	}
	oldPath, newPath := oldName, n.name
	for d, direct := from, true; d != nil; d, direct = d.parent, false {
		for _, o := range d.watchers {
			if w := o.watch; w.filter&changeOf(n) != 0 && (direct || w.deep) {
				w.add(oldPath, fscc.ActionRenamedOldName)
				w.add(newPath, fscc.ActionRenamedNewName)
				v.deliver(o)
			}
		}
		oldPath, newPath = d.name+`\`+oldPath, d.name+`\`+newPath
	}
}

// add remembers a change.
func (w *watch) add(name string, action fscc.Action) {
	if w.lost {
		return
	}
	if len(w.changes)+2*units(name)+16 > maxChanges {
		w.lost, w.changes = true, nil
		return
	}
	if len(w.changes) > 0 {
		w.changes = fscc.Link(w.changes, w.last, 4)
	}
	w.last = len(w.changes)
	w.changes = (&fscc.Notification{Action: action, Name: wire(name)}).Append(w.changes)
}

// deliver answers the first CHANGE_NOTIFY that waits, if there is one and
// something to tell.
func (v *volume) deliver(o *open) {
	w := o.watch
	if len(w.waiting) == 0 || len(w.changes) == 0 && !w.lost {
		return
	}
	first := w.waiting[0]
	w.waiting = slices.Delete(w.waiting, 0, 1)
	o.server.completeNotify(first.request, w.take(first.most))
}

// take returns what has changed; nothing says that it is more than most bytes,
// or than has been remembered.
func (w *watch) take(most uint32) []byte {
	changes := w.changes
	if w.lost || uint64(len(changes)) > uint64(most) {
		changes = nil
	}
	w.changes, w.lost = nil, false
	return changes
}

// unwatch ends o's watch and answers what waits.
func (v *volume) unwatch(o *open, s smb2.Status) {
	w := o.watch
	if w == nil {
		return
	}
	for _, wait := range w.waiting {
		o.server.complete(wait.request, s)
	}
	o.watch = nil
	v.watches--
	n := o.node()
	n.watchers = slices.DeleteFunc(n.watchers, func(other *open) bool { return other == o })
}
