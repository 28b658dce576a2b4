package fscc

import "github.com/smbgw/smbgw/smb2"

// An All is FileAllInformation, [MS-FSCC] 2.4.2.
//
//	BasicInformation[40] StandardInformation[24] InternalInformation[8]
//	EaInformation[4] AccessInformation[4] PositionInformation[8]
//	ModeInformation[4] AlignmentInformation[4] NameInformation[variable]
type All struct {
	Basic     Basic
	Standard  Standard
	Internal  uint64 // the file's number on its volume
	EASize    uint32
	Access    smb2.Access
	Position  uint64
	Mode      smb2.CreateOptions
	Alignment uint32
	Name      Name
}

// AllFixed is the length of the part in front of the name.
const AllFixed = 100

// ParseAll reads it.
func ParseAll(b []byte) (r All, err error) {
	c := cursor{b, true}
	basic, standard := c.take(40), c.take(24)
	r.Internal, r.EASize, r.Access = c.u64(), c.u32(), smb2.Access(c.u32())
	r.Position, r.Mode, r.Alignment = c.u64(), smb2.CreateOptions(c.u32()), c.u32()
	r.Name.Name = c.name(c.u32())
	if err := c.done("FileAllInformation", "2.4.2"); err != nil {
		return r, err
	}
	if r.Basic, err = ParseBasic(basic); err != nil {
		return r, err
	}
	r.Standard, err = ParseStandard(standard)
	return r, err
}

// AppendBody appends it.
func (r *All) AppendBody(b []byte) []byte {
	b = r.Standard.AppendBody(r.Basic.AppendBody(b))
	b = le32(le32(le64(b, r.Internal), r.EASize), uint32(r.Access))
	b = le32(le32(le64(b, r.Position), uint32(r.Mode)), r.Alignment)
	return r.Name.AppendBody(b)
}
