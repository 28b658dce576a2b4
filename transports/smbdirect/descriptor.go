package smbdirect

import "github.com/smbgw/smbgw/transports"

// ParseDescriptors appends the SMB_DIRECT_BUFFER_DESCRIPTOR_V1 structures of b
// to dst, [MS-SMBD] 2.2.3.1. b is the channel information of an SMB2 READ or
// WRITE; the upper layer bounds its length.
//
//	Offset[8] Token[4] Length[4]
func ParseDescriptors(dst []transports.Descriptor, b []byte) ([]transports.Descriptor, error) {
	if len(b) == 0 || len(b)%descriptorSize != 0 {
		return dst, violation("buffer descriptors", "length", uint64(len(b)), "2.2.3.1")
	}
	for ; len(b) > 0; b = b[descriptorSize:] {
		dst = append(dst, transports.Descriptor{
			Offset: le.Uint64(b[0:]),
			Token:  le.Uint32(b[8:]),
			Length: le.Uint32(b[12:]),
		})
	}
	return dst, nil
}

// AppendDescriptors appends the wire form of list to b.
func AppendDescriptors(b []byte, list ...transports.Descriptor) []byte {
	for _, d := range list {
		b = le.AppendUint64(b, d.Offset)
		b = le.AppendUint32(b, d.Token)
		b = le.AppendUint32(b, d.Length)
	}
	return b
}
