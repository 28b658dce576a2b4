package store

import (
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/fscc"
)

const (
	sectorSize        = 512
	sectorsPerCluster = clusterSize / sectorSize
)

// systemInfo is a class of [MS-FSCC] 2.5 about the volume.
func (v *volume) systemInfo(class smb2.FileClass) (info, smb2.Status) {
	total, free := v.limit/clusterSize, (v.limit-v.used)/clusterSize
	switch class {
	case smb2.FsVolumeInfo:
		x := fscc.Volume{Creation: v.created, Serial: uint32(v.serial), Label: wire(v.name)}
		return info{x.AppendBody(nil), fscc.VolumeFixed}, smb2.StatusSuccess
	case smb2.FsSizeInfo:
		x := fscc.Size{Total: total, Available: free, SectorsPerUnit: sectorsPerCluster, PerUnit: sectorSize}
		return whole(x.AppendBody(nil)), smb2.StatusSuccess
	case smb2.FsFullSizeInfo:
		x := fscc.FullSize{Total: total, Caller: free, Available: free, SectorsPerUnit: sectorsPerCluster, PerUnit: sectorSize}
		return whole(x.AppendBody(nil)), smb2.StatusSuccess
	case smb2.FsDeviceInfo:
		x := fscc.Device{Type: fscc.DeviceDisk, Characteristics: fscc.DeviceMounted}
		return whole(x.AppendBody(nil)), smb2.StatusSuccess
	case smb2.FsAttributeInfo:
		x := fscc.Attribute{
			Attributes: fscc.FsCasePreserved | fscc.FsUnicode | fscc.FsSparse | fscc.FsNamedStreams,
			MaxName:    maxName,
			Name:       wire("NTFS"), // clients look for it before they use streams
		}
		return info{x.AppendBody(nil), fscc.AttributeFixed}, smb2.StatusSuccess
	case smb2.FsSectorSizeInfo:
		x := fscc.SectorSize{Logical: sectorSize, Atomicity: sectorSize, Performance: clusterSize, Effective: sectorSize}
		return whole(x.AppendBody(nil)), smb2.StatusSuccess
	case smb2.FsObjectIDInfo:
		return whole((&fscc.ObjectID{ID: v.id}).AppendBody(nil)), smb2.StatusSuccess
	}
	return info{}, smb2.StatusInvalidInfoClass
}
