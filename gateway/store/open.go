package store

import (
	"slices"

	"github.com/smbgw/smbgw/smb2"
)

// An open is what a FileID names.
type open struct {
	id       smb2.FileID
	server   *Server
	stream   *stream
	access   smb2.Access
	share    smb2.ShareAccess
	options  smb2.CreateOptions // the mode, and delete on close
	position uint64
	frozen   frozen
	resume   smb2.ResumeKey // not zero once asked for
	scan     scan
	watch    *watch
}

// frozen is which times stay when the open changes the file, [MS-FSCC] 2.4.7.
type frozen struct{ access, write, change bool }

func (o *open) node() *node { return o.stream.node }

// What an open is counted for in the check of share modes, [MS-FSA]
// 2.1.5.1.2.2.
const (
	readers  = smb2.AccessReadData | smb2.AccessExecute
	writers  = smb2.AccessWriteData | smb2.AccessAppendData
	deleters = smb2.AccessDelete
)

// shares says whether an open with access and share can be beside those that s
// has.
func (s *stream) shares(access smb2.Access, share smb2.ShareAccess) bool {
	if access&(readers|writers|deleters) == 0 {
		return true
	}
	for _, o := range s.opens {
		if o.access&(readers|writers|deleters) == 0 {
			continue
		}
		if denied(access, o.share) || denied(o.access, share) {
			return false
		}
	}
	return true
}

func denied(access smb2.Access, share smb2.ShareAccess) bool {
	return access&readers != 0 && share&smb2.ShareAccessRead == 0 ||
		access&writers != 0 && share&smb2.ShareAccessWrite == 0 ||
		access&deleters != 0 && share&smb2.ShareAccessDelete == 0
}

// attach counts o among the opens of its stream.
func (v *volume) attach(o *open) {
	n := o.node()
	o.stream.opens = append(o.stream.opens, o)
	n.opens++
	n.parent.count(1)
}

// detach ends o: its locks go, what it waits for is answered, and what is
// doomed goes with its last open.
func (v *volume) detach(o *open) {
	s, n := o.stream, o.node()
	v.unwatch(o, smb2.StatusNotifyCleanup)
	v.unlockAll(o)
	s.opens = slices.DeleteFunc(s.opens, func(other *open) bool { return other == o })
	n.opens--
	n.parent.count(-1)
	if o.options.Has(smb2.OptionDeleteOnClose) && v.deletable(s) == smb2.StatusSuccess {
		v.doom(s)
	}
	if s.doomed && s != &n.main && len(s.opens) == 0 && !s.gone {
		v.removeStream(s)
	}
	if n.main.doomed && n.opens == 0 && n.parent != nil {
		v.unlink(n)
	}
}

// deletable says whether a stream can be marked for deletion, [MS-FSA]
// 2.1.5.14.3.
func (v *volume) deletable(s *stream) smb2.Status {
	n := s.node
	switch {
	case n.attributes.Has(smb2.AttributeReadOnly):
		return smb2.StatusCannotDelete
	case s != &n.main:
		return smb2.StatusSuccess
	case n.parent == nil:
		return smb2.StatusCannotDelete
	case len(n.children) > 0:
		return smb2.StatusDirectoryNotEmpty
	}
	return smb2.StatusSuccess
}

// doom marks a stream for deletion. Who watches a directory that goes is told.
func (v *volume) doom(s *stream) {
	s.doomed = true
	if s == &s.node.main {
		for _, o := range slices.Clone(s.node.watchers) {
			v.unwatch(o, smb2.StatusDeletePending)
		}
	}
}
