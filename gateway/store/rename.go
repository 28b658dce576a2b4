package store

import (
	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/smb2"
)

// rename gives what o has open another name, [MS-FSA] 2.1.5.14.11.
func (v *volume) rename(o *open, to path, replace bool) smb2.Status {
	n := o.node()
	switch {
	case o.stream != &n.main || to.stream != "":
		return smb2.StatusNotSupported // streams keep their names
	case n.parent == nil || len(to.names) == 0:
		return smb2.StatusInvalidParameter
	case n.main.doomed:
		return smb2.StatusDeletePending
	}
	d, s := v.walk(to.names)
	switch {
	case s != smb2.StatusSuccess:
		return s
	case d.isBelow(n):
		return smb2.StatusSharingViolation
	case n.below > 0:
		return smb2.StatusAccessDenied // something in the directory is open
	}
	name := to.names[len(to.names)-1]
	if there := d.child(name); there != nil && there != n {
		if s := v.replace(there, replace); s != smb2.StatusSuccess {
			return s
		}
	}
	v.move(n, d, name)
	return smb2.StatusSuccess
}

// replace removes what is in the way of a rename.
func (v *volume) replace(there *node, replace bool) smb2.Status {
	switch {
	case !replace:
		return smb2.StatusObjectNameCollision
	case there.directory || there.opens > 0 || there.attributes.Has(smb2.AttributeReadOnly):
		return smb2.StatusAccessDenied
	}
	v.unlink(there)
	return smb2.StatusSuccess
}

func (v *volume) move(n, d *node, name string) {
	from, old := n.parent, n.name
	from.remove(n)
	n.name, n.key = name, auth.Upper(name)
	d.add(n)
	n.times.Change = v.time()
	v.touch(from)
	v.touch(d)
	v.tellRename(n, from, d, old)
}
