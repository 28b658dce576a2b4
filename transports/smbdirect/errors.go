package smbdirect

import (
	"errors"
	"fmt"
	"time"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// A ProtocolError is a message of the peer that [MS-SMBD] does not allow. It
// ends the connection; the peer is told nothing but the disconnect.
type ProtocolError struct {
	Message string // which structure
	Field   string // which field of it, or "length"
	Value   uint64 // what it held
	Section string // of [MS-SMBD]
}

func (e *ProtocolError) Error() string {
	return fmt.Sprintf("smbdirect: peer's %s: %s is %d ([MS-SMBD] %s)", e.Message, e.Field, e.Value, e.Section)
}

// Remote reports that the peer is to blame.
func (e *ProtocolError) Remote() bool { return true }

func violation(message, field string, value uint64, section string) error {
	return &ProtocolError{Message: message, Field: field, Value: value, Section: section}
}

// A RefusedError is a negotiation that the server answered with a failure.
type RefusedError struct {
	Status Status
	Local  bool // we are the server that refused
}

func (e *RefusedError) Error() string {
	if e.Local {
		return fmt.Sprintf("smbdirect: negotiate request refused with %v ([MS-SMBD] 3.1.5.6)", e.Status)
	}
	return fmt.Sprintf("smbdirect: server refused to negotiate: %v ([MS-SMBD] 3.1.5.7)", e.Status)
}

// Remote reports whether the peer refused; when we did, it was for what the
// peer asked.
func (e *RefusedError) Remote() bool { return true }

// A TimeoutError is a timer of [MS-SMBD] that ran out. It ends the connection.
type TimeoutError struct {
	What    string // what did not come
	After   time.Duration
	Section string // of [MS-SMBD]; empty for our own timers
}

func (e *TimeoutError) Error() string {
	if e.Section == "" {
		return fmt.Sprintf("smbdirect: no %s from the peer for %v", e.What, e.After)
	}
	return fmt.Sprintf("smbdirect: no %s from the peer for %v ([MS-SMBD] %s)", e.What, e.After, e.Section)
}

// Timeout makes it a net.Error's timeout.
func (e *TimeoutError) Timeout() bool { return true }

// Temporary is part of net.Error; the connection is gone.
func (e *TimeoutError) Temporary() bool { return false }

// Remote reports that the peer is to blame.
func (e *TimeoutError) Remote() bool { return true }

// A TransferError is an RDMA operation that failed. It ends the connection.
type TransferError struct {
	Op  rdma.Op
	Err error
}

func (e *TransferError) Error() string {
	names := [...]string{rdma.OpSend: "send", rdma.OpWrite: "RDMA write", rdma.OpRead: "RDMA read", rdma.OpReceive: "receive"}
	name := "operation"
	if int(e.Op) < len(names) {
		name = names[e.Op]
	}
	return fmt.Sprintf("smbdirect: %s: %v", name, e.Err)
}

func (e *TransferError) Unwrap() error { return e.Err }

// A DescriptorError is a list of the peer's descriptors that cannot be served,
// though its sum may be enough. Nothing was transferred and the connection
// lives on: the upper layer answers STATUS_INVALID_PARAMETER, [MS-SMB2]
// 3.3.5.12 and 3.3.5.13.
type DescriptorError struct {
	Element int // index in the list; its length when the whole list is at fault
	Reason  string
}

func (e *DescriptorError) Error() string {
	return fmt.Sprintf("smbdirect: buffer descriptor %d: %s", e.Element, e.Reason)
}

// Remote reports that the peer is to blame.
func (e *DescriptorError) Remote() bool { return true }

// errUnanswered makes a client dial again.
var errUnanswered = errors.New("smbdirect: no answer to the negotiate request")

func hex32(v uint32) string { return fmt.Sprintf("0x%08X", v) }
