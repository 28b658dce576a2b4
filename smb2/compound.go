package smb2

import "fmt"

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

// Elements appends the elements of a message to list, at most MaxElements. It
// is an error, and list as it was, if any of them is wrong.
func Elements(list [][]byte, message []byte) ([][]byte, error) {
	n := len(list)
	for rest := message; len(list)-n < MaxElements; {
		element, after, err := Split(rest)
		if err != nil {
			return list[:n], fmt.Errorf("element %d: %w", len(list)-n, err)
		}
		list = append(list, element)
		if rest = after; len(rest) == 0 {
			return list, nil
		}
	}
	return list[:n], headerError("more than %d elements", MaxElements)
}

// Link makes room for another element behind the one that begins at b[at:]: it
// pads that one with zeros and points its NextCommand to the end, where the
// next header has to be appended.
//
//	at := len(b)
//	b = r.Append(append(b, header...), name)
//	b = smb2.Link(b, at)
//	b = c.AppendBody(append(b, header...))
func Link(b []byte, at int) []byte {
	b = zeros(b, Pad(len(b)-at))
	Header(b[at:]).SetNextCommand(uint32(len(b) - at))
	return b
}

// Relate says of all elements but the first that they are related to the one
// before, [MS-SMB2] 3.2.4.1.4. The first is not.
func Relate(message []byte) error {
	element, rest, err := Split(message)
	if err != nil {
		return err
	}
	Header(element).Clear(FlagRelated)
	for len(rest) > 0 {
		if element, rest, err = Split(rest); err != nil {
			return err
		}
		Header(element).Set(FlagRelated)
	}
	return nil
}
