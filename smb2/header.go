package smb2

import (
	"encoding/binary"
	"fmt"
)

// HeaderSize is the length of every SMB2 header, [MS-SMB2] 2.2.1.
const HeaderSize = 64

// A Header is a view of an element's SMB2 header, [MS-SMB2] 2.2.1. The bytes
// of the element may follow it.
//
//	ProtocolId[4]=FE'SMB' StructureSize[2]=64 CreditCharge[2] Status[4]
//	Command[2] CreditRequestResponse[2] Flags[4] NextCommand[4] MessageId[8]
//	Reserved[4] TreeId[4] | AsyncId[8] SessionId[8] Signature[16]
//
// Its methods need HeaderSize bytes: Split and ParseHeader have checked that.
type Header []byte

// A MessageID numbers a request and its replies on one connection.
type MessageID uint64

// Unsolicited is the MessageId of what a server says unasked, an oplock break.
const Unsolicited MessageID = 1<<64 - 1

// Flags of a header.
type Flags uint32

const (
	FlagReply    Flags = 1 << 0 // SERVER_TO_REDIR
	FlagAsync    Flags = 1 << 1 // ASYNC_COMMAND: an AsyncId instead of the TreeId
	FlagRelated  Flags = 1 << 2 // RELATED_OPERATIONS: session, tree and file of the element before
	FlagSigned   Flags = 1 << 3 // SIGNED
	FlagPriority Flags = 7 << 4 // PRIORITY_MASK, 3.1.1
	FlagDFS      Flags = 1 << 28
	FlagReplay   Flags = 1 << 29 // REPLAY_OPERATION, 3.x
)

const headerStructureSize = 64

// ParseHeader checks that b begins with an SMB2 header and returns the view.
func ParseHeader(b []byte) (Header, error) {
	if len(b) < HeaderSize {
		return nil, headerError("%d bytes, want %d", len(b), HeaderSize)
	}
	if KindOf(b) != KindSMB2 {
		return nil, headerError("ProtocolId % x", b[:4])
	}
	if n := binary.LittleEndian.Uint16(b[4:]); n != headerStructureSize {
		return nil, headerError("StructureSize %d, not %d", n, headerStructureSize)
	}
	return Header(b), nil
}

func headerError(format string, args ...any) error {
	return &ParseError{"header", "2.2.1", fmt.Sprintf(format, args...)}
}

// NewHeader returns the header of a request, or of anything else once patched.
func NewHeader(c Command, id MessageID) Header {
	h := make(Header, HeaderSize)
	copy(h, "\xfeSMB")
	binary.LittleEndian.PutUint16(h[4:], headerStructureSize)
	binary.LittleEndian.PutUint16(h[12:], uint16(c))
	h.SetMessageID(id)
	return h
}

func (h Header) CreditCharge() uint16 { return binary.LittleEndian.Uint16(h[6:]) }
func (h Header) Status() Status       { return Status(binary.LittleEndian.Uint32(h[8:])) }
func (h Header) Command() Command     { return Command(binary.LittleEndian.Uint16(h[12:])) }

// Credits is the CreditRequest of a request and the CreditResponse of a reply.
func (h Header) Credits() uint16     { return binary.LittleEndian.Uint16(h[14:]) }
func (h Header) Flags() Flags        { return Flags(binary.LittleEndian.Uint32(h[16:])) }
func (h Header) NextCommand() uint32 { return binary.LittleEndian.Uint32(h[20:]) }
func (h Header) MessageID() MessageID {
	return MessageID(binary.LittleEndian.Uint64(h[24:]))
}

// TreeID is meaningful without FlagAsync, AsyncID with it.
func (h Header) TreeID() uint32    { return binary.LittleEndian.Uint32(h[36:]) }
func (h Header) AsyncID() uint64   { return binary.LittleEndian.Uint64(h[32:]) }
func (h Header) SessionID() uint64 { return binary.LittleEndian.Uint64(h[40:]) }

// Has says whether all of f are set.
func (h Header) Has(f Flags) bool { return h.Flags()&f == f }

func (h Header) SetCreditCharge(v uint16) { binary.LittleEndian.PutUint16(h[6:], v) }
func (h Header) SetStatus(v Status)       { binary.LittleEndian.PutUint32(h[8:], uint32(v)) }
func (h Header) SetCommand(v Command)     { binary.LittleEndian.PutUint16(h[12:], uint16(v)) }
func (h Header) SetCredits(v uint16)      { binary.LittleEndian.PutUint16(h[14:], v) }
func (h Header) SetFlags(v Flags)         { binary.LittleEndian.PutUint32(h[16:], uint32(v)) }
func (h Header) SetNextCommand(v uint32)  { binary.LittleEndian.PutUint32(h[20:], v) }
func (h Header) SetMessageID(v MessageID) { binary.LittleEndian.PutUint64(h[24:], uint64(v)) }
func (h Header) SetTreeID(v uint32)       { binary.LittleEndian.PutUint32(h[36:], v) }
func (h Header) SetAsyncID(v uint64)      { binary.LittleEndian.PutUint64(h[32:], v) }
func (h Header) SetSessionID(v uint64)    { binary.LittleEndian.PutUint64(h[40:], v) }

// ClearSignature zeroes the signature, as it is where FlagSigned is not set.
func (h Header) ClearSignature() { clear(h[48:HeaderSize]) }

// ChannelSequence counts a client's lost channels, where a reply has its
// status; 3.x requests only, [MS-SMB2] 3.3.5.2.10.
func (h Header) ChannelSequence() uint16     { return binary.LittleEndian.Uint16(h[8:]) }
func (h Header) SetChannelSequence(v uint16) { binary.LittleEndian.PutUint16(h[8:], v) }

// ProcessID is reserved, but clients set it and servers repeat it. It is there
// without FlagAsync only.
func (h Header) ProcessID() uint32     { return binary.LittleEndian.Uint32(h[32:]) }
func (h Header) SetProcessID(v uint32) { binary.LittleEndian.PutUint32(h[32:], v) }

// Signature is the view of the signature's SignatureSize bytes.
func (h Header) Signature() []byte { return h[48:HeaderSize:HeaderSize] }

// SignatureSize is the length of a signature in a header.
const SignatureSize = 16

// Set sets all of f, Clear clears them.
func (h Header) Set(f Flags)   { h.SetFlags(h.Flags() | f) }
func (h Header) Clear(f Flags) { h.SetFlags(h.Flags() &^ f) }

// SetAsync puts an AsyncId in the place of process and tree, and says so.
func (h Header) SetAsync(id uint64) {
	h.Set(FlagAsync)
	h.SetAsyncID(id)
}
