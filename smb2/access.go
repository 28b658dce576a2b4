package smb2

// Access is an access mask, [MS-SMB2] 2.2.13.1.
type Access uint32

const (
	AccessReadData        Access = 1 << 0 // of a directory: LIST_DIRECTORY
	AccessWriteData       Access = 1 << 1 // ADD_FILE
	AccessAppendData      Access = 1 << 2 // ADD_SUBDIRECTORY
	AccessReadEA          Access = 1 << 3
	AccessWriteEA         Access = 1 << 4
	AccessExecute         Access = 1 << 5 // TRAVERSE
	AccessDeleteChild     Access = 1 << 6
	AccessReadAttributes  Access = 1 << 7
	AccessWriteAttributes Access = 1 << 8
	AccessDelete          Access = 1 << 16
	AccessReadControl     Access = 1 << 17
	AccessWriteDAC        Access = 1 << 18
	AccessWriteOwner      Access = 1 << 19
	AccessSynchronize     Access = 1 << 20
	AccessSystemSecurity  Access = 1 << 24
	AccessMaximumAllowed  Access = 1 << 25
	AccessGenericAll      Access = 1 << 28
	AccessGenericExecute  Access = 1 << 29
	AccessGenericWrite    Access = 1 << 30
	AccessGenericRead     Access = 1 << 31
)

// Has says whether all of f are set.
func (a Access) Has(f Access) bool { return a&f == f }
