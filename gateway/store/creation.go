package store

import "github.com/smbgw/smbgw/smb2"

// A creation is what a CREATE asks for, checked as far as it can be without
// looking at the volume.
type creation struct {
	path        path
	access      smb2.Access // no generic bits
	maximum     bool        // whatever there is to be had
	share       smb2.ShareAccess
	disposition smb2.Disposition
	options     smb2.CreateOptions
	attributes  smb2.FileAttributes
	allocation  uint64
}

const (
	directoryOnly = smb2.OptionDirectory
	fileOnly      = smb2.OptionNonDirectory
)

// allAccess is what everybody may do here.
const allAccess smb2.Access = 0x001f01ff

// overwrites says whether what exists loses its content.
func (c *creation) overwrites() bool {
	return c.disposition == smb2.DispositionSupersede || c.disposition == smb2.DispositionOverwrite ||
		c.disposition == smb2.DispositionOverwriteIf
}

// creates says whether what does not exist is made.
func (c *creation) creates() bool {
	return c.disposition != smb2.DispositionOpen && c.disposition != smb2.DispositionOverwrite
}

// open does a CREATE, [MS-FSA] 2.1.5.1. The open has no id yet.
func (v *volume) open(c *creation) (*open, smb2.CreateAction, smb2.Status) {
	n := v.root
	var d *node
	if len(c.path.names) > 0 {
		var s smb2.Status
		if d, s = v.walk(c.path.names); s != smb2.StatusSuccess {
			return nil, 0, s
		}
		n = d.child(c.path.names[len(c.path.names)-1])
	}
	if n == nil {
		return v.openNew(c, d)
	}
	if n.main.doomed {
		return nil, 0, smb2.StatusDeletePending
	}
	if c.path.stream != "" {
		return v.openStream(c, n)
	}
	return v.openOld(c, n)
}

// openNew makes the file that is opened, in d.
func (v *volume) openNew(c *creation, d *node) (*open, smb2.CreateAction, smb2.Status) {
	directory := c.options.Has(directoryOnly) && c.path.stream == ""
	switch {
	case !c.creates():
		return nil, 0, smb2.StatusObjectNameNotFound
	case c.options.Has(smb2.OptionDeleteOnClose) && c.attributes.Has(smb2.AttributeReadOnly):
		return nil, 0, smb2.StatusCannotDelete
	case c.allocation > v.limit-v.used:
		return nil, 0, smb2.StatusNoSpace
	}
	n, s := v.create(d, c.path.names[len(c.path.names)-1], directory, c.attributes)
	if s != smb2.StatusSuccess {
		return nil, 0, s
	}
	if c.path.stream != "" {
		return v.openStream(c, n)
	}
	return v.granted(c, &n.main), smb2.ActionCreated, smb2.StatusSuccess
}

// openOld opens what exists.
func (v *volume) openOld(c *creation, n *node) (*open, smb2.CreateAction, smb2.Status) {
	switch {
	case c.disposition == smb2.DispositionCreate:
		return nil, 0, smb2.StatusObjectNameCollision
	case n.directory && c.options.Has(fileOnly):
		return nil, 0, smb2.StatusFileIsADirectory
	case !n.directory && c.options.Has(directoryOnly):
		return nil, 0, smb2.StatusNotADirectory
	case n.directory && c.overwrites():
		return nil, 0, smb2.StatusObjectNameCollision
	}
	if s := v.permits(c, &n.main); s != smb2.StatusSuccess {
		return nil, 0, s
	}
	if !c.overwrites() {
		return v.granted(c, &n.main), smb2.ActionOpened, smb2.StatusSuccess
	}
	return v.overwrite(c, n)
}

// overwrite opens a file that loses its content, and its named streams,
// [MS-FSA] 2.1.5.1.2.
func (v *volume) overwrite(c *creation, n *node) (*open, smb2.CreateAction, smb2.Status) {
	const hidden = smb2.AttributeHidden | smb2.AttributeSystem
	switch {
	case n.attributes&hidden&^c.attributes != 0:
		return nil, 0, smb2.StatusAccessDenied
	case c.allocation > v.limit-v.used:
		return nil, 0, smb2.StatusNoSpace
	}
	for _, s := range n.named {
		if len(s.opens) > 0 {
			return nil, 0, smb2.StatusSharingViolation
		}
	}
	for len(n.named) > 0 {
		v.removeStream(n.named[0])
	}
	v.resize(&n.main, 0)
	n.attributes = c.attributes&settable | smb2.AttributeArchive
	now := v.time()
	n.times.LastWrite, n.times.Change = now, now
	action := smb2.ActionOverwritten
	if c.disposition == smb2.DispositionSupersede {
		action = smb2.ActionSuperseded
		n.times.Creation = now
	}
	v.tell(n.parent, n.name, smb2.NotifySize|smb2.NotifyLastWrite|smb2.NotifyAttributes, actionModified)
	return v.granted(c, &n.main), action, smb2.StatusSuccess
}

// openStream opens a named stream of n, and makes it if it has to.
func (v *volume) openStream(c *creation, n *node) (*open, smb2.CreateAction, smb2.Status) {
	if c.options.Has(directoryOnly) {
		return nil, 0, smb2.StatusNotADirectory
	}
	s := n.stream(c.path.stream)
	if s == nil {
		return v.newStream(c, n)
	}
	switch {
	case s.doomed:
		return nil, 0, smb2.StatusDeletePending
	case c.disposition == smb2.DispositionCreate:
		return nil, 0, smb2.StatusObjectNameCollision
	}
	if status := v.permits(c, s); status != smb2.StatusSuccess {
		return nil, 0, status
	}
	if !c.overwrites() {
		return v.granted(c, s), smb2.ActionOpened, smb2.StatusSuccess
	}
	v.resize(s, 0)
	v.tellStream(s, smb2.NotifyStreamSize|smb2.NotifyStreamWrite, actionModifiedStream)
	return v.granted(c, s), smb2.ActionOverwritten, smb2.StatusSuccess
}

func (v *volume) newStream(c *creation, n *node) (*open, smb2.CreateAction, smb2.Status) {
	switch {
	case !c.creates():
		return nil, 0, smb2.StatusObjectNameNotFound
	case n.attributes.Has(smb2.AttributeReadOnly):
		return nil, 0, smb2.StatusAccessDenied
	case len(n.named) >= maxStreams:
		return nil, 0, smb2.StatusInsufficientResources
	}
	s := newStream(n, c.path.stream)
	n.named = append(n.named, s)
	v.tellStream(s, smb2.NotifyStreamName, actionAddedStream)
	return v.granted(c, s), smb2.ActionCreated, smb2.StatusSuccess
}

// permits says whether an existing stream can be opened so, [MS-FSA]
// 2.1.5.1.2.1, 2.1.5.1.2.2.
func (v *volume) permits(c *creation, s *stream) smb2.Status {
	access := c.access
	if c.overwrites() {
		access |= smb2.AccessWriteData
	}
	if s.node.attributes.Has(smb2.AttributeReadOnly) && !s.node.directory {
		if access&writers != 0 {
			return smb2.StatusAccessDenied
		}
		if c.options.Has(smb2.OptionDeleteOnClose) {
			return smb2.StatusCannotDelete
		}
	}
	if c.options.Has(smb2.OptionDeleteOnClose) && s.node.parent == nil && s == &s.node.main {
		return smb2.StatusCannotDelete
	}
	if !s.shares(access|c.granted(s), c.share) {
		return smb2.StatusSharingViolation
	}
	return smb2.StatusSuccess
}

// maximal is what may be done with a stream at most.
func (s *stream) maximal() smb2.Access {
	if s.node.attributes.Has(smb2.AttributeReadOnly) && !s.node.directory {
		return allAccess &^ writers
	}
	return allAccess
}

// granted is the access that an open gets.
func (c *creation) granted(s *stream) smb2.Access {
	if c.maximum {
		return c.access | s.maximal()
	}
	return c.access
}

func (v *volume) granted(c *creation, s *stream) *open {
	const mode = smb2.OptionWriteThrough | smb2.OptionSequentialOnly | smb2.OptionNoBuffering |
		smb2.OptionSyncAlert | smb2.OptionSyncNonAlert | smb2.OptionDeleteOnClose
	o := &open{stream: s, access: c.granted(s), share: c.share, options: c.options & mode}
	v.attach(o)
	return o
}
