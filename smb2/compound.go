package smb2

// Split takes the first element off a message: from its header to the next
// one, padding included, or to the message's end. rest is empty after the last
// element.
//
// A next header that is misaligned, inside this one or beyond the message is
// an error: a receiver disconnects, [MS-SMB2] 3.3.5.2.7.
func Split(message []byte) (element, rest []byte, err error) {
	h, err := ParseHeader(message)
	if err != nil {
		return nil, nil, err
	}
	next := h.NextCommand()
	switch {
	case next == 0:
		return message, nil, nil
	case next%8 != 0:
		return nil, nil, headerError("NextCommand %d is not a multiple of 8", next)
	case next < HeaderSize+2: // a body has at least its StructureSize
		return nil, nil, headerError("NextCommand %d is inside this element", next)
	case uint64(next)+HeaderSize > uint64(len(message)):
		return nil, nil, headerError("NextCommand %d leaves no header in %d bytes", next, len(message))
	}
	return message[:next:next], message[next:], nil
}

// Pad is how many zeros bring n to the alignment of a compound's elements.
func Pad(n int) int { return -n & 7 }
