package smb2

import "encoding/binary"

// AppendReply appends the header of the reply to request: a copy with
// SERVER_TO_REDIR, status and credits, [MS-SMB2] 3.3.4.1. It is neither signed
// nor part of a compound yet, and synchronous.
func AppendReply(b []byte, request Header, s Status, credits uint16) []byte {
	at := len(b)
	b = append(b, request[:HeaderSize]...)
	h := Header(b[at:])
	h.SetFlags(h.Flags()&^(FlagSigned|FlagAsync) | FlagReply)
	h.SetStatus(s)
	h.SetCredits(credits)
	h.SetNextCommand(0)
	h.ClearSignature()
	return b
}

// AppendErrorReply appends a whole reply that failed and has no data,
// [MS-SMB2] 2.2.2.
func AppendErrorReply(b []byte, request Header, s Status, credits uint16) []byte {
	return append((&ErrorResponse{}).AppendBody(AppendReply(b, request, s, credits)), 0)
}

// AppendInterim appends the interim reply to a request that takes its time,
// [MS-SMB2] 3.3.4.2. All of the request's credits go with it, and the reply
// proper, which has the same AsyncId, grants none.
func AppendInterim(b []byte, request Header, async uint64, credits uint16) []byte {
	at := len(b)
	b = AppendErrorReply(b, request, StatusPending, credits)
	Header(b[at:]).SetAsync(async)
	return b
}

// HasErrorBody says whether the body behind a reply's header is an ERROR
// response and not the command's own, [MS-SMB2] 3.3.4.4. Besides success a few
// statuses come with the command's body: a token that wants an answer, the
// first part of something longer, the limits that a SRV_COPYCHUNK broke, and a
// directory with too many changes to list.
func (h Header) HasErrorBody() bool {
	switch h.Status() {
	case StatusSuccess:
		return false
	case StatusMoreProcessing:
		return h.Command() != CommandSessionSetup
	case StatusNotifyEnumDir:
		return h.Command() != CommandChangeNotify // empty, both look the same
	case StatusBufferOverflow:
		switch h.Command() {
		case CommandRead, CommandIoctl, CommandQueryInfo:
			return false
		}
	case StatusInvalidParameter:
		return h.Command() != CommandIoctl || len(h) < HeaderSize+2 ||
			binary.LittleEndian.Uint16(h[HeaderSize:]) != ioctlResponseSize
	}
	return true
}
