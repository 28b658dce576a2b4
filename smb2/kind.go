package smb2

// A Kind is what a message is, by its ProtocolId.
type Kind uint8

const (
	KindUnknown     Kind = iota
	KindSMB2             // FE 'SMB', [MS-SMB2] 2.2.1
	KindSMB1             // FF 'SMB', a multi-protocol negotiate, 3.3.5.3
	KindTransform        // FD 'SMB', encrypted, 2.2.41
	KindCompression      // FC 'SMB', compressed, 2.2.42
)

// KindOf looks at a message's first four bytes.
func KindOf(b []byte) Kind {
	if len(b) < 4 || b[1] != 'S' || b[2] != 'M' || b[3] != 'B' {
		return KindUnknown
	}
	switch b[0] {
	case 0xfe:
		return KindSMB2
	case 0xff:
		return KindSMB1
	case 0xfd:
		return KindTransform
	case 0xfc:
		return KindCompression
	}
	return KindUnknown
}
