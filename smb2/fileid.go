package smb2

import (
	"encoding/binary"
	"fmt"
)

// A FileID names an open file, [MS-SMB2] 2.2.14.1: passed on, not understood.
//
//	Persistent[8] Volatile[8]
type FileID [16]byte

// NoFile is all ones: in a related request the file of the element before, in
// an IOCTL that concerns no file none at all, [MS-SMB2] 3.3.5.2.7.2, 3.3.5.15.
var NoFile = FileID{
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
}

// NewFileID returns the FileID of two halves.
func NewFileID(persistent, volatile uint64) (f FileID) {
	binary.LittleEndian.PutUint64(f[:], persistent)
	binary.LittleEndian.PutUint64(f[8:], volatile)
	return f
}

// Persistent is the half that outlives a reconnect of a durable open.
func (f FileID) Persistent() uint64 { return binary.LittleEndian.Uint64(f[:]) }

// Volatile is the half that is new after every reconnect.
func (f FileID) Volatile() uint64 { return binary.LittleEndian.Uint64(f[8:]) }

func (f FileID) String() string {
	return fmt.Sprintf("%#x.%#x", f.Persistent(), f.Volatile())
}

func (c *cursor) fileID() (f FileID) {
	copy(f[:], c.take(len(f)))
	return f
}

// fileIDAt says where a command's body has its FileId, in a request and in a
// response, from the header on; 0 where it has none. The sections are those of
// the commands.
var fileIDAt = [...]struct{ request, response uint8 }{
	CommandCreate:         {0, HeaderSize + 64},
	CommandClose:          {HeaderSize + 8, 0},
	CommandFlush:          {HeaderSize + 8, 0},
	CommandRead:           {HeaderSize + 16, 0},
	CommandWrite:          {HeaderSize + 16, 0},
	CommandLock:           {HeaderSize + 8, 0},
	CommandIoctl:          {HeaderSize + 8, HeaderSize + 8},
	CommandQueryDirectory: {HeaderSize + 8, 0},
	CommandChangeNotify:   {HeaderSize + 8, 0},
	CommandQueryInfo:      {HeaderSize + 24, 0},
	CommandSetInfo:        {HeaderSize + 16, 0},
	CommandOplockBreak:    {HeaderSize + 8, HeaderSize + 8},
}

// FileIDOf returns the bytes of an element's FileId, to be read or overwritten
// in place, or nil where there is none: another command, an ERROR body, a lease
// break, or an element that ends before it.
func FileIDOf(element []byte) []byte {
	if len(element) < HeaderSize+2 {
		return nil
	}
	h := Header(element)
	if int(h.Command()) >= len(fileIDAt) {
		return nil
	}
	at := int(fileIDAt[h.Command()].request)
	if h.Has(FlagReply) {
		at = int(fileIDAt[h.Command()].response)
	}
	if at == 0 || h.Has(FlagReply) && h.HasErrorBody() || len(element) < at+len(FileID{}) {
		return nil
	}
	if h.Command() == CommandOplockBreak && binary.LittleEndian.Uint16(element[HeaderSize:]) != oplockBreakSize {
		return nil
	}
	return element[at : at+len(FileID{}) : at+len(FileID{})]
}
