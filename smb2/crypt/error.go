package crypt

import (
	"errors"
	"fmt"

	"github.com/smbgw/smbgw/smb2"
)

// What can be wrong. None of them carries key material.
var (
	ErrSuite      = errors.New("no such combination of dialect and algorithms")
	ErrKey        = errors.New("no usable session key")
	ErrNoCipher   = errors.New("no cipher was negotiated")
	ErrCleared    = errors.New("the keys are cleared")
	ErrUnsigned   = errors.New("the message is not signed")
	ErrSignature  = errors.New("the signature is wrong")
	ErrReflected  = errors.New("the message has the direction of its receiver")
	ErrUnsignable = errors.New("a message like this must not be signed")
	ErrTag        = errors.New("the message is not authentic")
	ErrNested     = errors.New("an encrypted message is inside an encrypted message")
	ErrExhausted  = errors.New("the key has sealed as much as it may")
	ErrTooLong    = errors.New("the message is too long to seal")
	ErrRoom       = errors.New("there is no room for the transform header")
)

// A SignatureError says which message could not be signed or verified. Err is
// one of the errors above.
type SignatureError struct {
	Op        string // sign, verify
	Command   smb2.Command
	MessageID smb2.MessageID
	Err       error
}

func (e *SignatureError) Error() string {
	return fmt.Sprintf("%s %v, message %d: %v", e.Op, e.Command, e.MessageID, e.Err)
}

func (e *SignatureError) Unwrap() error { return e.Err }

// A SealError says which session's message could not be sealed or opened. Err
// is one of the errors above or a *smb2.ParseError.
type SealError struct {
	Op        string // seal, open
	SessionID uint64
	Err       error
}

func (e *SealError) Error() string {
	return fmt.Sprintf("%s, session %#x: %v", e.Op, e.SessionID, e.Err)
}

func (e *SealError) Unwrap() error { return e.Err }
