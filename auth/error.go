package auth

import (
	"errors"
	"fmt"
)

// A Kind is what a failure means to the client, and stands for a status of
// [MS-ERREF] 2.3.1.
type Kind uint8

const (
	// LogonFailure: whoever this is has not shown to be the user. Why is for
	// the log alone. STATUS_LOGON_FAILURE.
	LogonFailure Kind = iota + 1

	// Malformed: a token that cannot be read. STATUS_LOGON_FAILURE to a client
	// that is logging in; STATUS_INVALID_PARAMETER is as right.
	Malformed

	// Unsupported: nothing that both sides can do and accept.
	// STATUS_LOGON_FAILURE, or STATUS_NOT_SUPPORTED.
	Unsupported

	// OutOfSequence: a readable token at the wrong time.
	// STATUS_REQUEST_OUT_OF_SEQUENCE.
	OutOfSequence

	// Disabled: the right password of an account that is turned off.
	// STATUS_ACCOUNT_DISABLED.
	Disabled

	// RateLimited: refused unread, for there were too many failures.
	// STATUS_LOGON_FAILURE, so that the source does not learn to wait.
	RateLimited

	// Unavailable: the accounts cannot be read, or this machine has no random
	// numbers. STATUS_NO_LOGON_SERVERS.
	Unavailable
)

var kindNames = map[Kind]string{
	LogonFailure:  "log-on failure",
	Malformed:     "malformed token",
	Unsupported:   "unsupported",
	OutOfSequence: "token out of sequence",
	Disabled:      "account disabled",
	RateLimited:   "too many failures",
	Unavailable:   "accounts unavailable",
}

func (k Kind) String() string {
	if s, ok := kindNames[k]; ok {
		return s
	}
	return fmt.Sprintf("%#x", uint8(k))
}

// Local says that the cause lies on this side.
func (k Kind) Local() bool { return k == Unavailable }

// An Error is a log-in that failed.
type Error struct {
	Kind      Kind
	Mechanism string // NTLM
	Problem   string // what was wrong; no secrets
	Err       error  // the cause, or nil
}

func (e *Error) Error() string {
	text := fmt.Sprintf("%s: %s", e.Mechanism, e.Kind)
	if e.Problem != "" {
		text += ": " + e.Problem
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// KindOf is the kind of the *Error in err's chain. What is none is a fault of
// this side.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Unavailable
}

// ErrNoUser is what a database of accounts says of a name it does not have.
var ErrNoUser = errors.New("no such user")
