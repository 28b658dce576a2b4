package iwarp

import (
	"encoding/binary"
	"fmt"
)

// The keys of the start-up frames, RFC 5044 7.1.1.
const (
	requestKey = "MPA ID Req Frame"
	replyKey   = "MPA ID Rep Frame"
	mpaHeader  = 20
)

// Flags of a start-up frame, RFC 5044 7.1.1 and RFC 6581 6. The low four bits
// are reserved: sent as zero, ignored on receipt.
const (
	flagMarkers  = 0x80
	flagCRC      = 0x40
	flagReject   = 0x20
	flagEnhanced = 0x10
)

// An mpaFrame is a start-up frame, RFC 5044 7.1.1.
//
//	Key[16] Flags[1] Rev[1] PD_Length[2] PrivateData[PD_Length]
//
// With the enhanced flag the private data begin with the words of RFC 6581 9.
type mpaFrame struct {
	reply    bool
	markers  bool // M: markers wanted by the sender of the frame
	crc      bool // C
	reject   bool // R
	enhanced bool // S
	short    bool // S with fewer than four bytes of private data: no words
	rev      uint8
	words    enhancedWords
	private  []byte // the upper layer's, behind the words
}

// enhancedWords are the enhanced connection setup data, RFC 6581 9.
//
//	A[1] B[1] IRD[14] C[1] D[1] ORD[14]     (bits)
type enhancedWords struct {
	peerToPeer bool // A
	rtrSend    bool // B
	rtrWrite   bool // C
	rtrRead    bool // D
	ird, ord   uint16
}

// An mpaError says which start-up rule a peer broke. Its answer is a close
// without a word, RFC 5044 7.1.2.
type mpaError struct {
	Section string
	Reason  string
}

func (e *mpaError) Error() string {
	return fmt.Sprintf("iwarp: MPA start-up (%s): %s", e.Section, e.Reason)
}

// parseMPA parses one frame from the front of b and returns its length. The
// length is 0 when b holds only a part of a frame that is fine so far.
func parseMPA(b []byte, reply bool) (f mpaFrame, n int, err error) {
	key := requestKey
	if reply {
		key = replyKey
	}
	if k := min(len(b), len(key)); string(b[:k]) != key[:k] {
		return f, 0, &mpaError{"RFC 5044 7.1.1", "wrong key"}
	}
	if len(b) < mpaHeader {
		return f, 0, nil
	}
	flags, rev, size := b[16], b[17], int(binary.BigEndian.Uint16(b[18:]))
	if size > maxPrivateData {
		return f, 0, &mpaError{"RFC 5044 7.1.1", fmt.Sprintf("PD_Length %d", size)}
	}
	n = mpaHeader + size
	if len(b) < n {
		return f, 0, nil
	}
	f = mpaFrame{
		reply:    reply,
		markers:  flags&flagMarkers != 0,
		crc:      flags&flagCRC != 0,
		reject:   flags&flagReject != 0,
		enhanced: flags&flagEnhanced != 0,
		rev:      rev,
		private:  b[mpaHeader:n:n],
	}
	if f.enhanced {
		f.short = size < enhancedSize
		if !f.short {
			f.words = parseWords(f.private)
			f.private = f.private[enhancedSize:]
		}
	}
	return f, n, nil
}

func parseWords(b []byte) enhancedWords {
	ird, ord := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	return enhancedWords{
		peerToPeer: ird&0x8000 != 0,
		rtrSend:    ird&0x4000 != 0,
		rtrWrite:   ord&0x8000 != 0,
		rtrRead:    ord&0x4000 != 0,
		ird:        ird & notNegotiated,
		ord:        ord & notNegotiated,
	}
}

// append appends the frame's bytes.
func (f *mpaFrame) append(b []byte) []byte {
	key := requestKey
	if f.reply {
		key = replyKey
	}
	size := len(f.private)
	if f.enhanced && !f.short {
		size += enhancedSize
	}
	flags := bit(f.markers, flagMarkers) | bit(f.crc, flagCRC) | bit(f.reject, flagReject) | bit(f.enhanced, flagEnhanced)
	b = append(b, key...)
	b = append(b, byte(flags), f.rev)
	b = binary.BigEndian.AppendUint16(b, uint16(size))
	if f.enhanced && !f.short {
		w := &f.words
		b = binary.BigEndian.AppendUint16(b, w.ird&notNegotiated|bit(w.peerToPeer, 0x8000)|bit(w.rtrSend, 0x4000))
		b = binary.BigEndian.AppendUint16(b, w.ord&notNegotiated|bit(w.rtrWrite, 0x8000)|bit(w.rtrRead, 0x4000))
	}
	return append(b, f.private...)
}

func bit(set bool, mask uint16) uint16 {
	if set {
		return mask
	}
	return 0
}
