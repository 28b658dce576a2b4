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
	ErrSilent    = error(silence{})

	errGuest   = errors.New("the server has taken the user for a guest or for nobody")
	errKeyless = errors.New("a session without keys cannot be protected")
)

// A silence is a net.Error's timeout.
type silence struct{}

func (silence) Error() string { return "the server gives no sign of life" }
func (silence) Timeout() bool { return true }

func violation(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrProtocol, fmt.Errorf(format, args...))
}
