package smb2

import "fmt"

// An InfoType says what QUERY_INFO and SET_INFO are about, [MS-SMB2] 2.2.37.
type InfoType uint8

const (
	InfoFile       InfoType = 1 // SMB2_0_INFO_FILE
	InfoFileSystem InfoType = 2
	InfoSecurity   InfoType = 3
	InfoQuota      InfoType = 4
)

func (i InfoType) String() string {
	switch i {
	case InfoFile:
		return "file"
	case InfoFileSystem:
		return "file system"
	case InfoSecurity:
		return "security"
	case InfoQuota:
		return "quota"
	}
	return fmt.Sprintf("info type %#x", uint8(i))
}

// A FileClass is a structure of [MS-FSCC] 2.4 (files and directories) or 2.5
// (file systems); the InfoType says which list a number is of.
type FileClass uint8

// Classes of files and directories.
const (
	FileDirectoryInfo       FileClass = 1
	FileFullDirectoryInfo   FileClass = 2
	FileBothDirectoryInfo   FileClass = 3
	FileBasicInfo           FileClass = 4
	FileStandardInfo        FileClass = 5
	FileInternalInfo        FileClass = 6
	FileEAInfo              FileClass = 7
	FileAccessInfo          FileClass = 8
	FileNameInfo            FileClass = 9
	FileRenameInfo          FileClass = 10
	FileLinkInfo            FileClass = 11
	FileNamesInfo           FileClass = 12
	FileDispositionInfo     FileClass = 13
	FilePositionInfo        FileClass = 14
	FileFullEAInfo          FileClass = 15
	FileModeInfo            FileClass = 16
	FileAlignmentInfo       FileClass = 17
	FileAllInfo             FileClass = 18
	FileAllocationInfo      FileClass = 19
	FileEndOfFileInfo       FileClass = 20
	FileAlternateNameInfo   FileClass = 21
	FileStreamInfo          FileClass = 22
	FilePipeInfo            FileClass = 23
	FilePipeLocalInfo       FileClass = 24
	FileCompressionInfo     FileClass = 28
	FileNetworkOpenInfo     FileClass = 34
	FileAttributeTagInfo    FileClass = 35
	FileIDBothDirectoryInfo FileClass = 37
	FileIDFullDirectoryInfo FileClass = 38
	FileValidDataLengthInfo FileClass = 39
	FileNormalizedNameInfo  FileClass = 48
	FileIDInfo              FileClass = 59
	FileIDExtdDirectoryInfo FileClass = 60
	FileDispositionInfoEx   FileClass = 64
	FileRenameInfoEx        FileClass = 65
	FilePOSIXInfo           FileClass = 100 // Samba's and ksmbd's extension
)

// Classes of file systems.
const (
	FsVolumeInfo     FileClass = 1
	FsSizeInfo       FileClass = 3
	FsDeviceInfo     FileClass = 4
	FsAttributeInfo  FileClass = 5
	FsControlInfo    FileClass = 6
	FsFullSizeInfo   FileClass = 7
	FsObjectIDInfo   FileClass = 8
	FsSectorSizeInfo FileClass = 11
)

// FileBasicInfoLength is the length of a FileBasicInfo in bytes,
// [MS-FSCC] 2.4.7.
const FileBasicInfoLength = 40

func (c FileClass) String() string { return fmt.Sprintf("class %d", uint8(c)) }
