package fscc

import "github.com/smbgw/smbgw/smb2"

// A Volume is FileFsVolumeInformation, [MS-FSCC] 2.5.9.
//
//	VolumeCreationTime[8] VolumeSerialNumber[4] VolumeLabelLength[4]
//	SupportsObjects[1] Reserved[1] VolumeLabel[variable]
type Volume struct {
	Creation smb2.FileTime
	Serial   uint32
	Objects  bool
	Label    []byte
}

// VolumeFixed is the length of the part in front of the label.
const VolumeFixed = 18

// ParseVolume reads it.
func ParseVolume(b []byte) (r Volume, err error) {
	c := cursor{b, true}
	r.Creation, r.Serial = smb2.FileTime(c.u64()), c.u32()
	n := c.u32()
	r.Objects = c.u8() != 0
	c.u8() // reserved, ignored
	r.Label = c.name(n)
	return r, c.done("FileFsVolumeInformation", "2.5.9")
}

// AppendBody appends it.
func (r *Volume) AppendBody(b []byte) []byte {
	b = le32(le32(le64(b, uint64(r.Creation)), r.Serial), uint32(len(r.Label)))
	return append(append(b, flag(r.Objects), 0), r.Label...)
}

// A Size is FileFsSizeInformation, [MS-FSCC] 2.5.8.
//
//	TotalAllocationUnits[8] AvailableAllocationUnits[8]
//	SectorsPerAllocationUnit[4] BytesPerSector[4]
type Size struct {
	Total, Available        uint64
	SectorsPerUnit, PerUnit uint32
}

// ParseSize reads it.
func ParseSize(b []byte) (r Size, err error) {
	c := cursor{b, true}
	r.Total, r.Available, r.SectorsPerUnit, r.PerUnit = c.u64(), c.u64(), c.u32(), c.u32()
	return r, c.done("FileFsSizeInformation", "2.5.8")
}

// AppendBody appends it.
func (r *Size) AppendBody(b []byte) []byte {
	return le32(le32(le64(le64(b, r.Total), r.Available), r.SectorsPerUnit), r.PerUnit)
}

// A FullSize is FileFsFullSizeInformation, [MS-FSCC] 2.5.4.
//
//	TotalAllocationUnits[8] CallerAvailableAllocationUnits[8]
//	ActualAvailableAllocationUnits[8] SectorsPerAllocationUnit[4]
//	BytesPerSector[4]
type FullSize struct {
	Total, Caller, Available uint64
	SectorsPerUnit, PerUnit  uint32
}

// ParseFullSize reads it.
func ParseFullSize(b []byte) (r FullSize, err error) {
	c := cursor{b, true}
	r.Total, r.Caller, r.Available, r.SectorsPerUnit, r.PerUnit = c.u64(), c.u64(), c.u64(), c.u32(), c.u32()
	return r, c.done("FileFsFullSizeInformation", "2.5.4")
}

// AppendBody appends it.
func (r *FullSize) AppendBody(b []byte) []byte {
	b = le64(le64(le64(b, r.Total), r.Caller), r.Available)
	return le32(le32(b, r.SectorsPerUnit), r.PerUnit)
}

// A Device is FileFsDeviceInformation, [MS-FSCC] 2.5.10.
//
//	DeviceType[4] Characteristics[4]
type Device struct {
	Type            uint32
	Characteristics uint32
}

const (
	DeviceDisk    = 7    // in Type
	DeviceMounted = 0x20 // in Characteristics
)

// ParseDevice reads it.
func ParseDevice(b []byte) (r Device, err error) {
	c := cursor{b, true}
	r.Type, r.Characteristics = c.u32(), c.u32()
	return r, c.done("FileFsDeviceInformation", "2.5.10")
}

// AppendBody appends it.
func (r *Device) AppendBody(b []byte) []byte { return le32(le32(b, r.Type), r.Characteristics) }

// An Attribute is FileFsAttributeInformation, [MS-FSCC] 2.5.1.
//
//	FileSystemAttributes[4] MaximumComponentNameLength[4]
//	FileSystemNameLength[4] FileSystemName[variable]
type Attribute struct {
	Attributes uint32
	MaxName    uint32
	Name       []byte
}

// In Attribute.Attributes.
const (
	FsCasePreserved = 0x2
	FsUnicode       = 0x4
	FsSparse        = 0x40
	FsNamedStreams  = 0x40000
)

// AttributeFixed is the length of the part in front of the name.
const AttributeFixed = 12

// ParseAttribute reads it.
func ParseAttribute(b []byte) (r Attribute, err error) {
	c := cursor{b, true}
	r.Attributes, r.MaxName = c.u32(), c.u32()
	r.Name = c.name(c.u32())
	return r, c.done("FileFsAttributeInformation", "2.5.1")
}

// AppendBody appends it.
func (r *Attribute) AppendBody(b []byte) []byte {
	return append(le32(le32(le32(b, r.Attributes), r.MaxName), uint32(len(r.Name))), r.Name...)
}

// A SectorSize is FileFsSectorSizeInformation, [MS-FSCC] 2.5.7.
//
//	LogicalBytesPerSector[4] PhysicalBytesPerSectorForAtomicity[4]
//	PhysicalBytesPerSectorForPerformance[4]
//	FileSystemEffectivePhysicalBytesPerSectorForAtomicity[4] Flags[4]
//	ByteOffsetForSectorAlignment[4] ByteOffsetForPartitionAlignment[4]
type SectorSize struct {
	Logical, Atomicity, Performance, Effective uint32
	Flags                                      uint32
	SectorAlignment, PartitionAlignment        uint32
}

// ParseSectorSize reads it.
func ParseSectorSize(b []byte) (r SectorSize, err error) {
	c := cursor{b, true}
	r.Logical, r.Atomicity, r.Performance, r.Effective = c.u32(), c.u32(), c.u32(), c.u32()
	r.Flags, r.SectorAlignment, r.PartitionAlignment = c.u32(), c.u32(), c.u32()
	return r, c.done("FileFsSectorSizeInformation", "2.5.7")
}

// AppendBody appends it.
func (r *SectorSize) AppendBody(b []byte) []byte {
	b = le32(le32(le32(le32(b, r.Logical), r.Atomicity), r.Performance), r.Effective)
	return le32(le32(le32(b, r.Flags), r.SectorAlignment), r.PartitionAlignment)
}

// An ObjectID is FileFsObjectIdInformation, [MS-FSCC] 2.5.6.
//
//	ObjectId[16] ExtendedInfo[48]
type ObjectID struct {
	ID       smb2.GUID
	Extended [48]byte
}

// ParseObjectID reads it.
func ParseObjectID(b []byte) (r ObjectID, err error) {
	c := cursor{b, true}
	copy(r.ID[:], c.take(len(r.ID)))
	copy(r.Extended[:], c.take(len(r.Extended)))
	return r, c.done("FileFsObjectIdInformation", "2.5.6")
}

// AppendBody appends it.
func (r *ObjectID) AppendBody(b []byte) []byte {
	return append(append(b, r.ID[:]...), r.Extended[:]...)
}
