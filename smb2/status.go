package smb2

import "fmt"

// A Status is an NTSTATUS, [MS-ERREF] 2.3. It is an error, so that whatever
// finds a fault can say what the client will be told.
type Status uint32

const (
	StatusSuccess                Status = 0x00000000
	StatusPending                Status = 0x00000103
	StatusNotifyCleanup          Status = 0x0000010b
	StatusNotifyEnumDir          Status = 0x0000010c
	StatusBufferOverflow         Status = 0x80000005
	StatusNoMoreFiles            Status = 0x80000006
	StatusEAListInconsistent     Status = 0x80000014
	StatusStoppedOnSymlink       Status = 0x8000002d
	StatusUnsupportedFunction    Status = 0x80090302
	StatusInvalidToken           Status = 0x80090308
	StatusUnsuccessful           Status = 0xc0000001
	StatusInvalidInfoClass       Status = 0xc0000003
	StatusInfoLengthMismatch     Status = 0xc0000004
	StatusInvalidHandle          Status = 0xc0000008
	StatusInvalidParameter       Status = 0xc000000d
	StatusNoSuchFile             Status = 0xc000000f
	StatusInvalidDeviceRequest   Status = 0xc0000010
	StatusEndOfFile              Status = 0xc0000011
	StatusMoreProcessing         Status = 0xc0000016
	StatusAccessDenied           Status = 0xc0000022
	StatusBufferTooSmall         Status = 0xc0000023
	StatusObjectTypeMismatch     Status = 0xc0000024
	StatusObjectNameInvalid      Status = 0xc0000033
	StatusObjectNameNotFound     Status = 0xc0000034
	StatusObjectNameCollision    Status = 0xc0000035
	StatusObjectPathNotFound     Status = 0xc000003a
	StatusObjectPathSyntaxBad    Status = 0xc000003b
	StatusSharingViolation       Status = 0xc0000043
	StatusEAsNotSupported        Status = 0xc000004f
	StatusFileLockConflict       Status = 0xc0000054
	StatusLockNotGranted         Status = 0xc0000055
	StatusDeletePending          Status = 0xc0000056
	StatusNoLogonServers         Status = 0xc000005e
	StatusNoSuchUser             Status = 0xc0000064
	StatusWrongPassword          Status = 0xc000006a
	StatusLogonFailure           Status = 0xc000006d
	StatusAccountRestriction     Status = 0xc000006e
	StatusInvalidLogonHours      Status = 0xc000006f
	StatusInvalidWorkstation     Status = 0xc0000070
	StatusPasswordExpired        Status = 0xc0000071
	StatusAccountDisabled        Status = 0xc0000072
	StatusRangeNotLocked         Status = 0xc000007e
	StatusNoSpace                Status = 0xc000007f // DISK_FULL
	StatusInsufficientResources  Status = 0xc000009a
	StatusMediaWriteProtected    Status = 0xc00000a2
	StatusBadImpersonationLevel  Status = 0xc00000a5
	StatusPipeNotAvailable       Status = 0xc00000ac
	StatusPipeBusy               Status = 0xc00000ae
	StatusPipeDisconnected       Status = 0xc00000b0
	StatusIOTimeout              Status = 0xc00000b5
	StatusFileForcedClosed       Status = 0xc00000b6
	StatusFileIsADirectory       Status = 0xc00000ba
	StatusNotSupported           Status = 0xc00000bb
	StatusBadNetworkPath         Status = 0xc00000be
	StatusUnexpectedNetworkError Status = 0xc00000c4
	StatusNetworkNameDeleted     Status = 0xc00000c9
	StatusBadNetworkName         Status = 0xc00000cc
	StatusTooManySessions        Status = 0xc00000ce
	StatusRequestNotAccepted     Status = 0xc00000d0
	StatusNotSameDevice          Status = 0xc00000d4
	StatusPipeEmpty              Status = 0xc00000d9
	StatusInvalidOplockProtocol  Status = 0xc00000e3
	StatusInternalError          Status = 0xc00000e5
	StatusDirectoryNotEmpty      Status = 0xc0000101
	StatusNotADirectory          Status = 0xc0000103
	StatusNameTooLong            Status = 0xc0000106
	StatusTooManyOpenedFiles     Status = 0xc000011f
	StatusCancelled              Status = 0xc0000120
	StatusCannotDelete           Status = 0xc0000121
	StatusFileClosed             Status = 0xc0000128
	StatusTimeDifference         Status = 0xc0000133
	StatusPipeBroken             Status = 0xc000014b
	StatusInvalidDeviceState     Status = 0xc0000184
	StatusAccountExpired         Status = 0xc0000193
	StatusFSDriverRequired       Status = 0xc000019c
	StatusInvalidLockRange       Status = 0xc00001a1
	StatusUserSessionDeleted     Status = 0xc0000203
	StatusInsuffServerResources  Status = 0xc0000205
	StatusConnectionDisconnected Status = 0xc000020c
	StatusPasswordMustChange     Status = 0xc0000224
	StatusNotFound               Status = 0xc0000225
	StatusDuplicateObjectID      Status = 0xc000022a
	StatusAccountLockedOut       Status = 0xc0000234
	StatusPathNotCovered         Status = 0xc0000257
	StatusBadBindings            Status = 0xc000035b
	StatusNetworkSessionExpired  Status = 0xc000035c
	StatusDowngradeDetected      Status = 0xc0000388
	StatusNTLMBlocked            Status = 0xc0000418
	StatusRequestOutOfSequence   Status = 0xc000042a
	StatusServerUnavailable      Status = 0xc0000466
	StatusFileNotAvailable       Status = 0xc0000467
	StatusShareUnavailable       Status = 0xc0000480
	StatusContextMismatch        Status = 0xc0000719
	StatusBadData                Status = 0xc000090b
	StatusInvalidSignature       Status = 0xc000a000
	StatusAuthTagMismatch        Status = 0xc000a002
	StatusNoPreauthOverlap       Status = 0xc05d0000
	StatusBadClusterDialect      Status = 0xc05d0001
)

var statusNames = map[Status]string{
	StatusSuccess:                "STATUS_SUCCESS",
	StatusPending:                "STATUS_PENDING",
	StatusNotifyCleanup:          "STATUS_NOTIFY_CLEANUP",
	StatusNotifyEnumDir:          "STATUS_NOTIFY_ENUM_DIR",
	StatusBufferOverflow:         "STATUS_BUFFER_OVERFLOW",
	StatusNoMoreFiles:            "STATUS_NO_MORE_FILES",
	StatusEAListInconsistent:     "STATUS_EA_LIST_INCONSISTENT",
	StatusStoppedOnSymlink:       "STATUS_STOPPED_ON_SYMLINK",
	StatusUnsupportedFunction:    "SEC_E_UNSUPPORTED_FUNCTION",
	StatusInvalidToken:           "SEC_E_INVALID_TOKEN",
	StatusUnsuccessful:           "STATUS_UNSUCCESSFUL",
	StatusInvalidInfoClass:       "STATUS_INVALID_INFO_CLASS",
	StatusInfoLengthMismatch:     "STATUS_INFO_LENGTH_MISMATCH",
	StatusInvalidHandle:          "STATUS_INVALID_HANDLE",
	StatusInvalidParameter:       "STATUS_INVALID_PARAMETER",
	StatusNoSuchFile:             "STATUS_NO_SUCH_FILE",
	StatusInvalidDeviceRequest:   "STATUS_INVALID_DEVICE_REQUEST",
	StatusEndOfFile:              "STATUS_END_OF_FILE",
	StatusMoreProcessing:         "STATUS_MORE_PROCESSING_REQUIRED",
	StatusAccessDenied:           "STATUS_ACCESS_DENIED",
	StatusBufferTooSmall:         "STATUS_BUFFER_TOO_SMALL",
	StatusObjectTypeMismatch:     "STATUS_OBJECT_TYPE_MISMATCH",
	StatusObjectNameInvalid:      "STATUS_OBJECT_NAME_INVALID",
	StatusObjectNameNotFound:     "STATUS_OBJECT_NAME_NOT_FOUND",
	StatusObjectNameCollision:    "STATUS_OBJECT_NAME_COLLISION",
	StatusObjectPathNotFound:     "STATUS_OBJECT_PATH_NOT_FOUND",
	StatusObjectPathSyntaxBad:    "STATUS_OBJECT_PATH_SYNTAX_BAD",
	StatusSharingViolation:       "STATUS_SHARING_VIOLATION",
	StatusEAsNotSupported:        "STATUS_EAS_NOT_SUPPORTED",
	StatusFileLockConflict:       "STATUS_FILE_LOCK_CONFLICT",
	StatusLockNotGranted:         "STATUS_LOCK_NOT_GRANTED",
	StatusDeletePending:          "STATUS_DELETE_PENDING",
	StatusNoLogonServers:         "STATUS_NO_LOGON_SERVERS",
	StatusNoSuchUser:             "STATUS_NO_SUCH_USER",
	StatusWrongPassword:          "STATUS_WRONG_PASSWORD",
	StatusLogonFailure:           "STATUS_LOGON_FAILURE",
	StatusAccountRestriction:     "STATUS_ACCOUNT_RESTRICTION",
	StatusInvalidLogonHours:      "STATUS_INVALID_LOGON_HOURS",
	StatusInvalidWorkstation:     "STATUS_INVALID_WORKSTATION",
	StatusPasswordExpired:        "STATUS_PASSWORD_EXPIRED",
	StatusAccountDisabled:        "STATUS_ACCOUNT_DISABLED",
	StatusRangeNotLocked:         "STATUS_RANGE_NOT_LOCKED",
	StatusNoSpace:                "STATUS_DISK_FULL",
	StatusInsufficientResources:  "STATUS_INSUFFICIENT_RESOURCES",
	StatusMediaWriteProtected:    "STATUS_MEDIA_WRITE_PROTECTED",
	StatusBadImpersonationLevel:  "STATUS_BAD_IMPERSONATION_LEVEL",
	StatusPipeNotAvailable:       "STATUS_PIPE_NOT_AVAILABLE",
	StatusPipeBusy:               "STATUS_PIPE_BUSY",
	StatusPipeDisconnected:       "STATUS_PIPE_DISCONNECTED",
	StatusIOTimeout:              "STATUS_IO_TIMEOUT",
	StatusFileForcedClosed:       "STATUS_FILE_FORCED_CLOSED",
	StatusFileIsADirectory:       "STATUS_FILE_IS_A_DIRECTORY",
	StatusNotSupported:           "STATUS_NOT_SUPPORTED",
	StatusBadNetworkPath:         "STATUS_BAD_NETWORK_PATH",
	StatusUnexpectedNetworkError: "STATUS_UNEXPECTED_NETWORK_ERROR",
	StatusNetworkNameDeleted:     "STATUS_NETWORK_NAME_DELETED",
	StatusBadNetworkName:         "STATUS_BAD_NETWORK_NAME",
	StatusTooManySessions:        "STATUS_TOO_MANY_SESSIONS",
	StatusRequestNotAccepted:     "STATUS_REQUEST_NOT_ACCEPTED",
	StatusNotSameDevice:          "STATUS_NOT_SAME_DEVICE",
	StatusPipeEmpty:              "STATUS_PIPE_EMPTY",
	StatusInvalidOplockProtocol:  "STATUS_INVALID_OPLOCK_PROTOCOL",
	StatusInternalError:          "STATUS_INTERNAL_ERROR",
	StatusDirectoryNotEmpty:      "STATUS_DIRECTORY_NOT_EMPTY",
	StatusNotADirectory:          "STATUS_NOT_A_DIRECTORY",
	StatusNameTooLong:            "STATUS_NAME_TOO_LONG",
	StatusTooManyOpenedFiles:     "STATUS_TOO_MANY_OPENED_FILES",
	StatusCancelled:              "STATUS_CANCELLED",
	StatusCannotDelete:           "STATUS_CANNOT_DELETE",
	StatusFileClosed:             "STATUS_FILE_CLOSED",
	StatusTimeDifference:         "STATUS_TIME_DIFFERENCE_AT_DC",
	StatusPipeBroken:             "STATUS_PIPE_BROKEN",
	StatusInvalidDeviceState:     "STATUS_INVALID_DEVICE_STATE",
	StatusAccountExpired:         "STATUS_ACCOUNT_EXPIRED",
	StatusFSDriverRequired:       "STATUS_FS_DRIVER_REQUIRED",
	StatusInvalidLockRange:       "STATUS_INVALID_LOCK_RANGE",
	StatusUserSessionDeleted:     "STATUS_USER_SESSION_DELETED",
	StatusInsuffServerResources:  "STATUS_INSUFF_SERVER_RESOURCES",
	StatusConnectionDisconnected: "STATUS_CONNECTION_DISCONNECTED",
	StatusPasswordMustChange:     "STATUS_PASSWORD_MUST_CHANGE",
	StatusNotFound:               "STATUS_NOT_FOUND",
	StatusDuplicateObjectID:      "STATUS_DUPLICATE_OBJECTID",
	StatusAccountLockedOut:       "STATUS_ACCOUNT_LOCKED_OUT",
	StatusPathNotCovered:         "STATUS_PATH_NOT_COVERED",
	StatusBadBindings:            "STATUS_BAD_BINDINGS",
	StatusNetworkSessionExpired:  "STATUS_NETWORK_SESSION_EXPIRED",
	StatusDowngradeDetected:      "STATUS_DOWNGRADE_DETECTED",
	StatusNTLMBlocked:            "STATUS_NTLM_BLOCKED",
	StatusRequestOutOfSequence:   "STATUS_REQUEST_OUT_OF_SEQUENCE",
	StatusServerUnavailable:      "STATUS_SERVER_UNAVAILABLE",
	StatusFileNotAvailable:       "STATUS_FILE_NOT_AVAILABLE",
	StatusShareUnavailable:       "STATUS_SHARE_UNAVAILABLE",
	StatusContextMismatch:        "STATUS_CONTEXT_MISMATCH",
	StatusBadData:                "STATUS_BAD_DATA",
	StatusInvalidSignature:       "STATUS_INVALID_SIGNATURE",
	StatusAuthTagMismatch:        "STATUS_AUTH_TAG_MISMATCH",
	StatusNoPreauthOverlap:       "STATUS_SMB_NO_PREAUTH_INTEGRITY_HASH_OVERLAP",
	StatusBadClusterDialect:      "STATUS_SMB_BAD_CLUSTER_DIALECT",
}

// HasData says whether a READ, IOCTL or QUERY_INFO reply with this status has
// its own body, with data: any other status comes with an ERROR body. Part of
// a pipe's message is a warning and data, [MS-SMB2] 3.3.4.4.
func (s Status) HasData() bool { return s == StatusSuccess || s == StatusBufferOverflow }

// IsError says whether s is a failure: not a success, not information and not
// a warning, [MS-ERREF] 2.3. The SEC_E numbers, which Windows gives to some
// tokens, are no NTSTATUS and all failures.
func (s Status) IsError() bool { return s>>30 == 3 || s>>16 == 0x8009 }

func (s Status) Error() string { return s.String() }

func (s Status) String() string {
	if name, ok := statusNames[s]; ok {
		return name
	}
	return fmt.Sprintf("status %#08x", uint32(s))
}
