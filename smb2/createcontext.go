package smb2

import (
	"encoding/binary"
	"fmt"
)

// A CreateContext asks for or answers something beside a CREATE,
// [MS-SMB2] 2.2.13.2, 2.2.14.2. Tag and Data alias the message; what the
// package does not know is carried as it is.
//
//	Next[4] NameOffset[2] NameLength[2] Reserved[2] DataOffset[2]
//	DataLength[4] Buffer[variable]
type CreateContext struct {
	Tag  []byte // the Name: four letters, or a GUID's 16 bytes
	Data []byte
}

// Tags of create contexts.
const (
	TagEA              = "ExtA" // a list of FILE_FULL_EA_INFORMATION
	TagSecurity        = "SecD" // a self-relative security descriptor
	TagDurable         = "DHnQ"
	TagDurableReconn   = "DHnC"
	TagDurableV2       = "DH2Q"
	TagDurableReconnV2 = "DH2C"
	TagAllocationSize  = "AlSi"
	TagMaximalAccess   = "MxAc"
	TagTimewarp        = "TWrp"
	TagDiskID          = "QFid"
	TagLease           = "RqLs" // both versions
	TagApple           = "AAPL"

	TagAppInstanceID      = "\x45\xbc\xa6\x6a\xef\xa7\xf7\x4a\x90\x08\xfa\x46\x2e\x14\x4d\x74"
	TagAppInstanceVersion = "\xb9\x82\xd0\xb7\x3b\x56\x07\x4f\xa0\x7b\x52\x4a\x81\x16\xa0\x10"
	TagSVHDX              = "\x9c\xcb\xcf\x9e\x04\xc1\xe6\x43\x98\x0e\x15\x8d\xa1\xf6\xec\x83"
	TagPOSIX              = "\x93\xad\x25\x50\x9c\xb4\x11\xe7\xb4\x23\x83\xde\x96\x8b\xcd\x7c"
)

const (
	createContextSize    = 16 // of its fixed part
	createContextTagSize = 4  // the shortest tag

	createContext, createContextSection = "CREATE context", "2.2.13.2"
)

// ParseCreateContexts appends the contexts of a list that Contexts of a request
// or response returned.
func ParseCreateContexts(list []CreateContext, b []byte) ([]CreateContext, error) {
	for n := 0; len(b) > 0; n++ {
		if n == MaxCreateContexts {
			return list, createContextError("more than %d", MaxCreateContexts)
		}
		x, next, err := parseCreateContext(b)
		if err != nil {
			return list, err
		}
		list = append(list, x)
		if next == 0 {
			break
		}
		b = b[next:]
	}
	return list, nil
}

// parseCreateContext reads the context at the beginning of b and says where
// the next begins.
func parseCreateContext(b []byte) (x CreateContext, next uint32, err error) {
	c := cursor{b, true}
	next = c.u32()
	nameOff, nameLen := c.u16(), c.u16()
	c.u16() // reserved, ignored
	dataOff, dataLen := c.u16(), c.u32()
	switch {
	case !c.ok:
		return x, 0, createContextError("%d bytes", len(b))
	case next%8 != 0 || next > 0 && next < createContextSize || uint64(next) >= uint64(len(b)):
		return x, 0, createContextError("Next %d in %d bytes", next, len(b))
	case next > 0:
		b = b[:next]
	}
	tag, ok := span(b, uint32(nameOff), uint32(nameLen))
	if !ok || nameOff < createContextSize || nameLen < createContextTagSize {
		return x, 0, createContextError("Name at %d, %d bytes, in %d", nameOff, nameLen, len(b))
	}
	var data []byte
	if dataLen > 0 {
		data, ok = span(b, uint32(dataOff), dataLen)
		if !ok || dataOff < createContextSize {
			return x, 0, createContextError("Data of %q at %d, %d bytes, in %d", tag, dataOff, dataLen, len(b))
		}
	}
	return CreateContext{tag, data}, next, nil
}

func createContextError(format string, args ...any) error {
	return &ParseError{createContext, createContextSection, fmt.Sprintf(format, args...)}
}

// AppendCreateContexts appends a list of contexts to b, where the list is on a
// multiple of 8. There is no padding behind the last.
func AppendCreateContexts(b []byte, list []CreateContext) []byte {
	for i, x := range list {
		at := len(b)
		data := createContextSize + len(x.Tag)
		data += Pad(data)
		if len(x.Data) == 0 {
			data = 0
		}
		b = le16(le16(le32(b, 0), createContextSize), uint16(len(x.Tag)))
		b = le32(le16(le16(b, 0), uint16(data)), uint32(len(x.Data)))
		b = append(b, x.Tag...)
		if data > 0 {
			b = append(zeros(b, at+data-len(b)), x.Data...)
		}
		if i < len(list)-1 {
			b = zeros(b, Pad(len(b)-at))
			binary.LittleEndian.PutUint32(b[at:], uint32(len(b)-at))
		}
	}
	return b
}

// FindCreateContext returns the context with a tag, or nil.
func FindCreateContext(list []CreateContext, tag string) *CreateContext {
	for i := range list {
		if string(list[i].Tag) == tag {
			return &list[i]
		}
	}
	return nil
}
