package smb2

import "fmt"

// An OplockLevel is what a client may cache of an open, [MS-SMB2] 2.2.13.
type OplockLevel uint8

const (
	OplockNone      OplockLevel = 0x00
	OplockII        OplockLevel = 0x01
	OplockExclusive OplockLevel = 0x08
	OplockBatch     OplockLevel = 0x09
	OplockLease     OplockLevel = 0xff // as the lease context says
)

func (o OplockLevel) String() string {
	switch o {
	case OplockNone:
		return "none"
	case OplockII:
		return "II"
	case OplockExclusive:
		return "exclusive"
	case OplockBatch:
		return "batch"
	case OplockLease:
		return "lease"
	}
	return fmt.Sprintf("oplock %#x", uint8(o))
}

// Impersonation is how far a server may act as the client, [MS-SMB2] 2.2.13.
type Impersonation uint32

const (
	ImpersonateAnonymous      Impersonation = 0
	ImpersonateIdentification Impersonation = 1
	ImpersonateImpersonation  Impersonation = 2
	ImpersonateDelegate       Impersonation = 3
)

// FileAttributes are those of [MS-FSCC] 2.6.
type FileAttributes uint32

const (
	AttributeReadOnly     FileAttributes = 0x1
	AttributeHidden       FileAttributes = 0x2
	AttributeSystem       FileAttributes = 0x4
	AttributeDirectory    FileAttributes = 0x10
	AttributeArchive      FileAttributes = 0x20
	AttributeNormal       FileAttributes = 0x80
	AttributeTemporary    FileAttributes = 0x100
	AttributeSparse       FileAttributes = 0x200
	AttributeReparsePoint FileAttributes = 0x400
	AttributeCompressed   FileAttributes = 0x800
	AttributeOffline      FileAttributes = 0x1000
	AttributeNotIndexed   FileAttributes = 0x2000
	AttributeEncrypted    FileAttributes = 0x4000
)

// Has says whether all of f are set.
func (a FileAttributes) Has(f FileAttributes) bool { return a&f == f }

// ShareAccess is what others may do to an open file, [MS-SMB2] 2.2.13.
type ShareAccess uint32

const (
	ShareAccessRead   ShareAccess = 1 << 0
	ShareAccessWrite  ShareAccess = 1 << 1
	ShareAccessDelete ShareAccess = 1 << 2
)

// A Disposition says what to do when the file exists, and when it does not,
// [MS-SMB2] 2.2.13.
type Disposition uint32

const (
	DispositionSupersede   Disposition = 0 // replaced, or created
	DispositionOpen        Disposition = 1 // opened, or an error
	DispositionCreate      Disposition = 2 // an error, or created
	DispositionOpenIf      Disposition = 3 // opened, or created
	DispositionOverwrite   Disposition = 4 // emptied, or an error
	DispositionOverwriteIf Disposition = 5 // emptied, or created
)

func (d Disposition) String() string {
	names := [...]string{"supersede", "open", "create", "open-if", "overwrite", "overwrite-if"}
	if uint64(d) < uint64(len(names)) {
		return names[d]
	}
	return fmt.Sprintf("disposition %#x", uint32(d))
}

// CreateOptions are those of [MS-SMB2] 2.2.13.
type CreateOptions uint32

const (
	OptionDirectory        CreateOptions = 0x1
	OptionWriteThrough     CreateOptions = 0x2
	OptionSequentialOnly   CreateOptions = 0x4
	OptionNoBuffering      CreateOptions = 0x8 // NO_INTERMEDIATE_BUFFERING
	OptionSyncAlert        CreateOptions = 0x10
	OptionSyncNonAlert     CreateOptions = 0x20
	OptionNonDirectory     CreateOptions = 0x40
	OptionCompleteIfLocked CreateOptions = 0x100 // COMPLETE_IF_OPLOCKED
	OptionNoEAKnowledge    CreateOptions = 0x200
	OptionRandomAccess     CreateOptions = 0x800
	OptionDeleteOnClose    CreateOptions = 0x1000
	OptionOpenByFileID     CreateOptions = 0x2000
	OptionBackupIntent     CreateOptions = 0x4000
	OptionNoCompression    CreateOptions = 0x8000
	OptionRequireOplock    CreateOptions = 0x10000 // OPEN_REQUIRING_OPLOCK
	OptionReserveOpfilter  CreateOptions = 0x100000
	OptionReparsePoint     CreateOptions = 0x200000 // OPEN_REPARSE_POINT
	OptionNoRecall         CreateOptions = 0x400000
	OptionFreeSpaceQuery   CreateOptions = 0x800000
)

// Has says whether all of f are set.
func (o CreateOptions) Has(f CreateOptions) bool { return o&f == f }

// A CreateAction is what was done, [MS-SMB2] 2.2.14.
type CreateAction uint32

const (
	ActionSuperseded  CreateAction = 0
	ActionOpened      CreateAction = 1
	ActionCreated     CreateAction = 2
	ActionOverwritten CreateAction = 3
)
