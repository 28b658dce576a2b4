package smb2

import (
	"fmt"
)

// A Compression is the header of a compressed message,
// SMB2 COMPRESSION_TRANSFORM_HEADER, [MS-SMB2] 2.2.42.
//
// Unchained, 2.2.42.1:
//
//	ProtocolId[4]=FC'SMB' OriginalCompressedSegmentSize[4]
//	CompressionAlgorithm[2] Flags[2]=0 Offset[4]
//	Uncompressed[Offset] Compressed[variable]
//
// Chained, 2.2.42.2: the first 8 bytes, then payloads (CompressedPayload).
type Compression struct {
	OriginalSize uint32               // of the compressed part; chained: of the message
	Algorithm    CompressionAlgorithm // unchained; in a chain each payload has its own
	Chained      bool
	Offset       uint32 // unchained: bytes that are as they were
}

// A CompressionAlgorithm is how bytes are compressed, [MS-SMB2] 2.2.3.1.3.
type CompressionAlgorithm uint16

const (
	CompressionNone        CompressionAlgorithm = 0
	CompressionLZNT1       CompressionAlgorithm = 1
	CompressionLZ77        CompressionAlgorithm = 2
	CompressionLZ77Huffman CompressionAlgorithm = 3
	CompressionPattern     CompressionAlgorithm = 4 // Pattern_V1, in chains only
	CompressionLZ4         CompressionAlgorithm = 5
)

const (
	// CompressionSize is where what follows the header begins, unchained;
	// ChainedCompressionSize where the first payload does.
	CompressionSize        = 16
	ChainedCompressionSize = 8

	compressionChained = 1

	compression, compressionSection = "COMPRESSION_TRANSFORM_HEADER", "2.2.42"
)

// ParseCompression reads the header. OriginalSize is the peer's word: it wants
// a limit before it sizes a buffer.
func ParseCompression(message []byte) (h Compression, err error) {
	wrong := func(format string, args ...any) (Compression, error) {
		return Compression{}, &ParseError{compression, compressionSection, fmt.Sprintf(format, args...)}
	}
	if KindOf(message) != KindCompression || len(message) < CompressionSize {
		return wrong("%d bytes", len(message))
	}
	c := cursor{message[4:], true}
	h.OriginalSize = c.u32()
	algorithm := CompressionAlgorithm(c.u16())
	switch flags := c.u16(); flags {
	case 0:
		h.Algorithm, h.Offset = algorithm, c.u32()
		if uint64(h.Offset) > uint64(len(c.b)) {
			return wrong("Offset %d in %d bytes", h.Offset, len(c.b))
		}
	case compressionChained:
		h.Chained = true
	default:
		return wrong("Flags %#x", flags)
	}
	return h, nil
}

// AppendBody appends the header. Chained it is the first 8 bytes only.
func (h *Compression) AppendBody(b []byte) []byte {
	b = le32(append(b, "\xfcSMB"...), h.OriginalSize)
	if h.Chained {
		return b
	}
	return le32(le16(le16(b, uint16(h.Algorithm)), 0), h.Offset)
}

// A CompressedPayload is one part of a chain,
// SMB2_COMPRESSION_CHAINED_PAYLOAD_HEADER, [MS-SMB2] 2.2.42.2.1.
//
//	CompressionAlgorithm[2] Flags[2] Length[4] OriginalPayloadSize[4]
//	Data[variable]
//
// OriginalPayloadSize is there with the LZ algorithms only, and Length counts
// it. Flags is 1 in the first payload and 0 in the others.
type CompressedPayload struct {
	Algorithm    CompressionAlgorithm
	OriginalSize uint32 // of the LZ algorithms
	Data         []byte
}

func (a CompressionAlgorithm) hasOriginalSize() bool {
	return a != CompressionNone && a != CompressionPattern
}

// NextCompressedPayload takes the first payload off chain, which begins at
// ChainedCompressionSize of the message, and returns the rest.
func NextCompressedPayload(chain []byte) (p CompressedPayload, rest []byte, err error) {
	wrong := func(format string, args ...any) (CompressedPayload, []byte, error) {
		return CompressedPayload{}, nil, &ParseError{"CHAINED_PAYLOAD_HEADER", "2.2.42.2.1", fmt.Sprintf(format, args...)}
	}
	c := cursor{chain, true}
	p.Algorithm = CompressionAlgorithm(c.u16())
	flags, n := c.u16(), c.u32()
	if !c.ok || flags > compressionChained {
		return wrong("%d bytes, Flags %#x", len(chain), flags)
	}
	data, ok := span(c.b, 0, n)
	if !ok {
		return wrong("Length %d in %d bytes", n, len(c.b))
	}
	rest = c.b[n:]
	if p.Algorithm.hasOriginalSize() {
		c = cursor{data, true}
		if p.OriginalSize = c.u32(); !c.ok {
			return wrong("Length %d has no OriginalPayloadSize", n)
		}
		data = c.b
	}
	p.Data = data
	return p, rest, nil
}

// Append appends the payload; first says that it begins its chain.
func (p *CompressedPayload) Append(b []byte, first bool) []byte {
	flags, n := uint16(0), uint32(len(p.Data))
	if first {
		flags = compressionChained
	}
	b = le16(le16(b, uint16(p.Algorithm)), flags)
	if p.Algorithm.hasOriginalSize() {
		return append(le32(le32(b, n+4), p.OriginalSize), p.Data...)
	}
	return append(le32(b, n), p.Data...)
}
