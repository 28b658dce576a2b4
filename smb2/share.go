package smb2

// ShareFlags say how a share wants to be used, [MS-SMB2] 2.2.10.
type ShareFlags uint32

const (
	ShareCachingMask       ShareFlags = 0x30
	ShareManualCaching     ShareFlags = 0x00
	ShareAutoCaching       ShareFlags = 0x10
	ShareVDOCaching        ShareFlags = 0x20
	ShareNoCaching         ShareFlags = 0x30
	ShareDFS               ShareFlags = 0x1
	ShareDFSRoot           ShareFlags = 0x2
	ShareRestrictExclusive ShareFlags = 0x100 // RESTRICT_EXCLUSIVE_OPENS
	ShareForceSharedDelete ShareFlags = 0x200
	ShareNamespaceCaching  ShareFlags = 0x400
	ShareAccessEnumeration ShareFlags = 0x800 // ACCESS_BASED_DIRECTORY_ENUM
	ShareForceLevelII      ShareFlags = 0x1000
	ShareHashV1            ShareFlags = 0x2000
	ShareHashV2            ShareFlags = 0x4000
	ShareEncrypt           ShareFlags = 0x8000 // ENCRYPT_DATA: the whole tree, 3.x
	ShareIdentityRemoting  ShareFlags = 0x40000
	ShareCompress          ShareFlags = 0x100000 // COMPRESS_DATA
	ShareIsolatedTransport ShareFlags = 0x200000
)

// Has says whether all of f are set.
func (s ShareFlags) Has(f ShareFlags) bool { return s&f == f }

// ShareCapabilities say what a share can do, [MS-SMB2] 2.2.10.
type ShareCapabilities uint32

const (
	ShareCapDFS                    ShareCapabilities = 0x8
	ShareCapContinuousAvailability ShareCapabilities = 0x10
	ShareCapScaleOut               ShareCapabilities = 0x20
	ShareCapCluster                ShareCapabilities = 0x40
	ShareCapAsymmetric             ShareCapabilities = 0x80
	ShareCapRedirectToOwner        ShareCapabilities = 0x100
)

// Has says whether all of f are set.
func (s ShareCapabilities) Has(f ShareCapabilities) bool { return s&f == f }
