package smb2

import "fmt"

// A CompressionContext is the data of ContextCompression,
// [MS-SMB2] 2.2.3.1.3.
//
//	CompressionAlgorithmCount[2] Padding[2] Flags[4]
//	CompressionAlgorithms[2*Count]
type CompressionContext struct {
	Flags      uint32
	Algorithms []CompressionAlgorithm
}

// CompressionChained in CompressionContext.Flags: chains are understood.
const CompressionChained = 1

func (a CompressionAlgorithm) String() string {
	switch a {
	case CompressionNone:
		return "none"
	case CompressionLZNT1:
		return "LZNT1"
	case CompressionLZ77:
		return "LZ77"
	case CompressionLZ77Huffman:
		return "LZ77+Huffman"
	case CompressionPattern:
		return "Pattern_V1"
	case CompressionLZ4:
		return "LZ4"
	}
	return fmt.Sprintf("compression algorithm %#x", uint16(a))
}

// ParseCompressionContext reads a context's data.
func ParseCompressionContext(data []byte) (x CompressionContext, err error) {
	c := cursor{data, true}
	count := c.u16()
	c.u16() // padding, ignored
	x.Flags = c.u32()
	x.Algorithms, err = ids[CompressionAlgorithm](&c, count, "COMPRESSION_CAPABILITIES", "2.2.3.1.3")
	return x, err
}

// AppendBody appends a context's data.
func (x *CompressionContext) AppendBody(b []byte) []byte {
	b = le32(le16(le16(b, uint16(len(x.Algorithms))), 0), x.Flags)
	return appendIDs(b, x.Algorithms)
}
