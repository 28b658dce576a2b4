package smb2

import "fmt"

// A Status is an NTSTATUS, [MS-ERREF] 2.3. It is an error, so that whatever
// finds a fault can say what the client will be told.
type Status uint32

const (
	StatusSuccess          Status = 0
	StatusPending          Status = 0x00000103
	StatusBufferOverflow   Status = 0x80000005
	StatusInvalidParameter Status = 0xc000000d
	StatusEndOfFile        Status = 0xc0000011
	StatusMoreProcessing   Status = 0xc0000016
	StatusAccessDenied     Status = 0xc0000022
	StatusNoSpace          Status = 0xc000007f // DISK_FULL
	StatusNotSupported     Status = 0xc00000bb
	StatusCancelled        Status = 0xc0000120
	StatusFileClosed       Status = 0xc0000128
)

// HasData says whether a READ, IOCTL or QUERY_INFO reply with this status has
// its own body, with data: any other status comes with an ERROR body. Part of
// a pipe's message is a warning and data, [MS-SMB2] 3.3.4.4.
func (s Status) HasData() bool { return s == StatusSuccess || s == StatusBufferOverflow }

func (s Status) Error() string { return s.String() }

func (s Status) String() string {
	switch s {
	case StatusSuccess:
		return "STATUS_SUCCESS"
	case StatusPending:
		return "STATUS_PENDING"
	case StatusBufferOverflow:
		return "STATUS_BUFFER_OVERFLOW"
	case StatusInvalidParameter:
		return "STATUS_INVALID_PARAMETER"
	case StatusEndOfFile:
		return "STATUS_END_OF_FILE"
	case StatusMoreProcessing:
		return "STATUS_MORE_PROCESSING_REQUIRED"
	case StatusAccessDenied:
		return "STATUS_ACCESS_DENIED"
	case StatusNoSpace:
		return "STATUS_DISK_FULL"
	case StatusNotSupported:
		return "STATUS_NOT_SUPPORTED"
	case StatusCancelled:
		return "STATUS_CANCELLED"
	case StatusFileClosed:
		return "STATUS_FILE_CLOSED"
	}
	return fmt.Sprintf("status %#08x", uint32(s))
}
