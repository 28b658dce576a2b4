package iwarp

import (
	"encoding/binary"
	"hash/crc32"
)

// An FPDU is MPA's frame, RFC 5044 4.1:
//
//	ULPDU_Length[2] ULPDU[ULPDU_Length] PAD[0-3] CRC[4]
//
// PAD makes everything in front of the CRC a multiple of four bytes. The CRC
// field is there even when no CRC is used.
const (
	lengthSize = 2
	crcSize    = 4
)

// castagnoli is CRC32C, RFC 5044 4.4.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// padding is the number of PAD bytes behind a ULPDU of n bytes.
func padding(n int) int { return -(lengthSize + n) & 3 }

// fpduSize is the length of the whole frame around a ULPDU of n bytes.
func fpduSize(n int) int { return lengthSize + n + padding(n) + crcSize }

// verifyCRC checks a whole frame. The CRC covers everything in front of it,
// PAD included, and is stored least significant byte first.
func verifyCRC(frame []byte) bool {
	end := len(frame) - crcSize
	return crc32.Checksum(frame[:end], castagnoli) == binary.LittleEndian.Uint32(frame[end:])
}

// appendTrailer appends PAD and CRC to a frame. sum is the CRC up to the end
// of the ULPDU of n bytes; without CRC the field is zero.
func appendTrailer(b []byte, n int, sum uint32, crc bool) []byte {
	end := len(b)
	b = append(b, "\x00\x00\x00"[:padding(n)]...)
	if !crc {
		return append(b, 0, 0, 0, 0)
	}
	return binary.LittleEndian.AppendUint32(b, crc32.Update(sum, castagnoli, b[end:]))
}

// appendFPDU appends a whole frame around ulpdu.
func appendFPDU(b, ulpdu []byte, crc bool) []byte {
	start := len(b)
	b = binary.BigEndian.AppendUint16(b, uint16(len(ulpdu)))
	b = append(b, ulpdu...)
	b = append(b, "\x00\x00\x00"[:padding(len(ulpdu))]...)
	if !crc {
		return append(b, 0, 0, 0, 0)
	}
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
}

// mulpdu is the longest ULPDU for TCP segments of emss bytes, so that a frame
// fills one segment, RFC 5044 4.5.
func mulpdu(emss int) int {
	return min(max(emss-(6+emss%4), minMULPDU), maxULPDU)
}
