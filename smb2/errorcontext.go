package smb2

import "fmt"

// An ErrorContext is one of the parts that an ERROR response of 3.1.1 has,
// [MS-SMB2] 2.2.2.1. Data aliases the message.
//
//	ErrorDataLength[4] ErrorId[4] ErrorContextData[ErrorDataLength]
type ErrorContext struct {
	ID   ErrorID
	Data []byte
}

// An ErrorID says what an ErrorContext is.
type ErrorID uint32

const (
	ErrorDefault       ErrorID = 0          // as the data without contexts
	ErrorShareRedirect ErrorID = 0x72645253 // where else the share is
)

const (
	errorContextSize = 8 // of its fixed part

	errorContext, errorContextSection = "ERROR context", "2.2.2.1"
)

// ParseErrorContexts appends the count contexts of an error's data to list.
// Each begins on a multiple of 8.
func ParseErrorContexts(list []ErrorContext, data []byte, count uint8) ([]ErrorContext, error) {
	if count > MaxErrorContexts {
		return list, &ParseError{errorContext, errorContextSection, fmt.Sprintf("ErrorContextCount %d, at most %d", count, MaxErrorContexts)}
	}
	for i := range count {
		c := cursor{data, true}
		n, id := c.u32(), ErrorID(c.u32())
		content, ok := span(c.b, 0, n)
		if !ok || !c.ok {
			return list, &ParseError{errorContext, errorContextSection, fmt.Sprintf("context %d has ErrorDataLength %d in %d bytes", i, n, len(data))}
		}
		list = append(list, ErrorContext{id, content})
		used := errorContextSize + len(content)
		data = data[min(used+Pad(used), len(data)):]
	}
	return list, nil
}

// AppendErrorContexts appends a list of contexts to b, where the list is on a
// multiple of 8. There is no padding behind the last.
func AppendErrorContexts(b []byte, list []ErrorContext) []byte {
	for i, x := range list {
		b = append(le32(le32(b, uint32(len(x.Data))), uint32(x.ID)), x.Data...)
		if i < len(list)-1 {
			b = zeros(b, Pad(len(x.Data)))
		}
	}
	return b
}

// Append appends the whole body: the fixed part with ByteCount set, and data.
// Without data ContextCount is zero too.
func (r *ErrorResponse) Append(b, data []byte) []byte {
	v := *r
	if v.ByteCount = uint32(len(data)); len(data) == 0 {
		v.ContextCount = 0
	}
	return orZero(v.AppendBody(b), data)
}
