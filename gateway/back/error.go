package back

import (
	"errors"
	"fmt"

	"github.com/smbgw/smbgw/smb2"
)

// An Error is a step that failed. Status is what the client is told.
type Error struct {
	Op     string // negotiate, log in, tree connect "data"
	Status smb2.Status
	Err    error
}

func (e *Error) Error() string { return "back: " + e.Op + ": " + e.Err.Error() }

// Unwrap finds the client's status first, then the cause.
func (e *Error) Unwrap() []error { return []error{e.Status, e.Err} }

// What ends a connection, besides its transport's own errors.
var (
	ErrClosed    = errors.New("closed by this side")
	ErrProtocol  = errors.New("the server breaks the protocol")
	ErrDowngrade = errors.New("the negotiation was tampered with")
	ErrSilent    = errors.New("the server gives no sign of life")
)

func violation(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrProtocol, fmt.Errorf(format, args...))
}
