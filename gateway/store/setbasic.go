package store

import (
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/fscc"
)

// setBasic sets times and attributes, [MS-FSA] 2.1.5.14.2.
func (v *volume) setBasic(o *open, x fscc.Basic) smb2.Status {
	n := o.node()
	a := x.Attributes
	switch {
	case !o.access.Has(smb2.AccessWriteAttributes):
		return smb2.StatusAccessDenied
	case a.Has(smb2.AttributeDirectory) && !n.directory, a.Has(smb2.AttributeTemporary) && n.directory:
		return smb2.StatusInvalidParameter
	case !settableTime(x.Times.Creation) || !settableTime(x.Times.LastAccess) ||
		!settableTime(x.Times.LastWrite) || !settableTime(x.Times.Change):
		return smb2.StatusInvalidParameter
	}
	var what smb2.NotifyFilter
	if a != 0 {
		n.attributes = n.attributes&^settable | a&settable
		what |= smb2.NotifyAttributes
	}
	now := v.time()
	var keep bool
	setTime(&n.times.Creation, &keep, x.Times.Creation, &what, smb2.NotifyCreation)
	setTime(&n.times.LastAccess, &o.frozen.access, x.Times.LastAccess, &what, smb2.NotifyLastAccess)
	setTime(&n.times.LastWrite, &o.frozen.write, x.Times.LastWrite, &what, smb2.NotifyLastWrite)
	if x.Times.Change == 0 && !o.frozen.change {
		n.times.Change = now
	}
	setTime(&n.times.Change, &o.frozen.change, x.Times.Change, &what, 0)
	if n.parent != nil {
		v.tell(n.parent, n.name, what, actionModified)
	}
	return smb2.StatusSuccess
}

// settableTime says whether a time is one, or says what to do instead: those
// below zero, but for two, are neither, [MS-FSCC] 2.4.7.
func settableTime(t smb2.FileTime) bool {
	return t < 1<<63 || t == fscc.TimeKeep || t == fscc.TimeResume
}

// setTime sets a time, which then stays as long as the open lives.
func setTime(at *smb2.FileTime, frozen *bool, t smb2.FileTime, what *smb2.NotifyFilter, filter smb2.NotifyFilter) {
	switch t {
	case 0:
	case fscc.TimeKeep:
		*frozen = true
	case fscc.TimeResume:
		*frozen = false
	default:
		*at, *frozen = t, true
		*what |= filter
	}
}
