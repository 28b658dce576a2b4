package ipc

import "github.com/smbgw/smbgw/smb2"

// Name is the share's.
const Name = "IPC$"

// A Share is one that clients are told of.
type Share struct {
	Name    string
	Comment string
	Flags   smb2.ShareFlags // as TREE_CONNECT has them
	Hidden  bool            // told of to who knows its name, and not listed
	pipes   bool            // IPC$
}

// own is IPC$ among the shares: what Windows says of it.
var own = Share{Name: Name, Comment: "Remote IPC", pipes: true}

// Types of shares, [MS-SRVS] 2.2.2.4.
const (
	typeDisk    = 0          // STYPE_DISKTREE
	typePipes   = 3          // STYPE_IPC
	typeSpecial = 0x80000000 // STYPE_SPECIAL: for administration
)

func (s *Share) kind() uint32 {
	if s.pipes {
		return typePipes | typeSpecial
	}
	return typeDisk
}

// A field is one of a SHARE_INFO structure, [MS-SRVS] 2.2.4.22 to 2.2.4.26.
type field uint8

const (
	fieldName field = iota
	fieldType
	fieldRemark
	fieldPermissions
	fieldMaxUses
	fieldUses
	fieldPath
	fieldPassword
	fieldFlags
	fieldDescriptorSize
	fieldDescriptor
)

// shareInfo are the levels that are answered, each with its fields in order. All
// of them are four bytes; texts and descriptor are pointers to what follows.
var shareInfo = map[uint32][]field{
	0:   {fieldName},
	1:   {fieldName, fieldType, fieldRemark},
	2:   {fieldName, fieldType, fieldRemark, fieldPermissions, fieldMaxUses, fieldUses, fieldPath, fieldPassword},
	501: {fieldName, fieldType, fieldRemark, fieldFlags},
	502: {fieldName, fieldType, fieldRemark, fieldPermissions, fieldMaxUses, fieldUses, fieldPath, fieldPassword,
		fieldDescriptorSize, fieldDescriptor},
}

// text is what a pointer of s leads to; without ok the pointer is null.
func (s *Share) text(f field) (text string, ok bool) {
	switch f {
	case fieldName:
		return s.Name, true
	case fieldRemark:
		return s.Comment, true
	case fieldPath: // it is in no folder of this machine
		return "", true
	}
	return "", false
}

// number is a field that is none of the pointers.
func (s *Share) number(f field) uint32 {
	switch f {
	case fieldType:
		return s.kind()
	case fieldMaxUses:
		return 0xffffffff // as many as there may be
	case fieldFlags:
		return uint32(s.Flags) // [MS-SRVS] 2.2.4.29 counts them as TREE_CONNECT does
	}
	return 0 // permissions of share-level security, uses, no descriptor
}

func (f field) isPointer() bool {
	switch f {
	case fieldName, fieldRemark, fieldPath, fieldPassword, fieldDescriptor:
		return true
	}
	return false
}

// put appends the fixed part of s, and putTexts what its pointers lead to.
func (s *Share) put(e *encoder, fields []field) {
	for _, f := range fields {
		_, ok := s.text(f)
		switch {
		case ok:
			e.pointer()
		case f.isPointer():
			e.null()
		default:
			e.u32(s.number(f))
		}
	}
}

func (s *Share) putTexts(e *encoder, fields []field) {
	for _, f := range fields {
		if text, ok := s.text(f); ok {
			e.text(text)
		}
	}
}

// size is what s takes, both parts.
func (s *Share) size(fields []field) int {
	n := 4 * len(fields)
	for _, f := range fields {
		if text, ok := s.text(f); ok {
			n += 12 + (2*textUnits(text)+3)&^3
		}
	}
	return n
}

// skipShares passes over the n structures of a list that a client has sent: it
// means nothing, [MS-SRVS] 3.1.4.8, but stands in front of what does.
func (d *decoder) skipShares(n uint32, fields []field) {
	if most := d.u32(); most != n || uint64(n)*4*uint64(len(fields)) > uint64(len(d.b)) {
		d.ok = false
		return
	}
	var leads []field // what follows, in order
	for range n {
		for _, f := range fields {
			if d.u32() != 0 && f.isPointer() {
				leads = append(leads, f)
			}
		}
	}
	for _, f := range leads {
		if f != fieldDescriptor {
			d.text()
			continue
		}
		size := d.u32()
		if uint64(size) > uint64(len(d.b)) {
			d.ok = false
			return
		}
		d.take(int(size))
	}
}
