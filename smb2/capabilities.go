package smb2

// Capabilities is what an end of a connection can do, [MS-SMB2] 2.2.3, 2.2.4.
type Capabilities uint32

const (
	CapabilityDFS               Capabilities = 1 << 0
	CapabilityLeasing           Capabilities = 1 << 1 // from 2.1 on
	CapabilityLargeMTU          Capabilities = 1 << 2 // more than one credit for a request, from 2.1 on
	CapabilityMultiChannel      Capabilities = 1 << 3 // 3.x, as the following
	CapabilityPersistentHandles Capabilities = 1 << 4
	CapabilityDirectoryLeasing  Capabilities = 1 << 5
	CapabilityEncryption        Capabilities = 1 << 6 // 3.0 and 3.0.2; 3.1.1 has a context
	CapabilityNotifications     Capabilities = 1 << 7 // 3.1.1: SERVER_TO_CLIENT
)

// Has says whether all of f are set.
func (c Capabilities) Has(f Capabilities) bool { return c&f == f }

// A SecurityMode says what an end thinks of signing, [MS-SMB2] 2.2.3.
type SecurityMode uint16

const (
	SigningEnabled  SecurityMode = 1 << 0
	SigningRequired SecurityMode = 1 << 1
)

// Has says whether all of f are set.
func (m SecurityMode) Has(f SecurityMode) bool { return m&f == f }
