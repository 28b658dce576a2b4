package store

import (
	"encoding/binary"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/fscc"
)

// fileInfo is a class of [MS-FSCC] 2.4 about an open.
func (v *volume) fileInfo(o *open, class smb2.FileClass) (info, smb2.Status) {
	n := o.node()
	switch class {
	case smb2.FileBasicInfo, smb2.FileAllInfo, smb2.FileNetworkOpenInfo, smb2.FileAttributeTagInfo:
		if !o.access.Has(smb2.AccessReadAttributes) {
			return info{}, smb2.StatusAccessDenied
		}
	}
	switch class {
	case smb2.FileBasicInfo:
		return whole((&fscc.Basic{Times: n.times, Attributes: n.wireAttributes()}).AppendBody(nil)), smb2.StatusSuccess
	case smb2.FileStandardInfo:
		x := o.standard()
		return whole(x.AppendBody(nil)), smb2.StatusSuccess
	case smb2.FileInternalInfo:
		return whole(fscc.Long(n.id).AppendBody(nil)), smb2.StatusSuccess
	case smb2.FileEAInfo:
		return whole(fscc.Word(0).AppendBody(nil)), smb2.StatusSuccess
	case smb2.FileAccessInfo:
		return whole(fscc.Word(o.access).AppendBody(nil)), smb2.StatusSuccess
	case smb2.FilePositionInfo:
		return whole(fscc.Long(o.position).AppendBody(nil)), smb2.StatusSuccess
	case smb2.FileModeInfo:
		return whole(fscc.Word(o.mode()).AppendBody(nil)), smb2.StatusSuccess
	case smb2.FileAlignmentInfo:
		return whole(fscc.Word(0).AppendBody(nil)), smb2.StatusSuccess
	case smb2.FileAllInfo:
		return o.all(), smb2.StatusSuccess
	case smb2.FileNormalizedNameInfo:
		return info{(&fscc.Name{Name: wire(o.name())}).AppendBody(nil), 4}, smb2.StatusSuccess
	case smb2.FileNameInfo:
		return info{(&fscc.Name{Name: wire(`\` + o.name())}).AppendBody(nil), 4}, smb2.StatusSuccess
	case smb2.FileNetworkOpenInfo:
		return whole(o.networkOpen()), smb2.StatusSuccess
	case smb2.FileStreamInfo:
		return info{n.streams(), 0}, smb2.StatusSuccess
	case smb2.FileAttributeTagInfo:
		return whole((&fscc.AttributeTag{Attributes: n.wireAttributes()}).AppendBody(nil)), smb2.StatusSuccess
	case smb2.FileIDInfo:
		x := fscc.ID{Volume: v.serial}
		binary.LittleEndian.PutUint64(x.File[:], n.id)
		return whole(x.AppendBody(nil)), smb2.StatusSuccess
	case smb2.FileAlternateNameInfo:
		return info{}, smb2.StatusObjectNameNotFound // there are no short names
	case smb2.FileFullEAInfo:
		return info{}, smb2.StatusEAsNotSupported
	}
	return info{}, smb2.StatusInvalidInfoClass
}

func (o *open) standard() fscc.Standard {
	x := fscc.Standard{Links: 1, DeletePending: o.stream.doomed || o.node().main.doomed, Directory: o.isDirectory()}
	x.AllocationSize, x.EndOfFile = o.stream.sizes()
	return x
}

// mode is the part of the options that is a mode, [MS-FSCC] 2.4.31.
func (o *open) mode() smb2.CreateOptions { return o.options }

func (o *open) networkOpen() []byte {
	x := fscc.NetworkOpen{Times: o.node().times, Attributes: o.node().wireAttributes()}
	x.AllocationSize, x.EndOfFile = o.stream.sizes()
	return x.AppendBody(nil)
}

func (o *open) all() info {
	n := o.node()
	x := fscc.All{
		Basic:    fscc.Basic{Times: n.times, Attributes: n.wireAttributes()},
		Standard: o.standard(),
		Internal: n.id,
		Access:   o.access,
		Position: o.position,
		Mode:     o.mode(),
		Name:     fscc.Name{Name: wire(`\` + o.name())},
	}
	return info{x.AppendBody(nil), fscc.AllFixed}
}

// name is the open's name from the share on.
func (o *open) name() string {
	if o.stream.name == "" {
		return o.node().path()
	}
	return o.node().path() + ":" + o.stream.name
}

// streams is FileStreamInformation; a directory has no main stream in it.
func (n *node) streams() (b []byte) {
	at := -1
	put := func(s *stream) {
		if at >= 0 {
			b = fscc.Link(b, at, 8)
		}
		at = len(b)
		x := fscc.Stream{Name: wire(":" + s.name + ":$DATA")}
		x.AllocationSize, x.Size = s.sizes()
		b = x.Append(b)
	}
	if !n.directory {
		put(&n.main)
	}
	for _, s := range n.named {
		put(s)
	}
	return b
}
