package quic

import (
	"errors"
	"fmt"
	"io"
	"syscall"

	"github.com/quic-go/quic-go"
)

// Codes that we send. SMB over QUIC defines none.
const (
	codeNone    quic.ApplicationErrorCode = 0 // an orderly end
	codeRefused quic.StreamErrorCode      = 1 // a stream too many
)

// A ConnError is the failure of a QUIC connection: an idle timeout, a reset,
// a TLS alert. errors.As finds the library's own error in it. It is never
// net.ErrClosed, which the library's errors all are: that word is for our own
// Close.
type ConnError struct{ Err error }

func (e *ConnError) Error() string { return fmt.Sprintf("quic: %v", e.Err) }

// As looks into what failed.
func (e *ConnError) As(target any) bool { return errors.As(e.Err, target) }

// orderly turns the peer's closing with code 0 into the end of the stream, and
// makes every other failure a *ConnError.
func orderly(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	if e, ok := errors.AsType[*quic.ApplicationError](err); ok && e.Remote && e.ErrorCode == codeNone {
		return io.EOF
	}
	return &ConnError{err}
}

// sendError is what Send answers: the peer's orderly end is a failure to it.
func sendError(err error) error {
	if errors.Is(err, io.EOF) {
		return syscall.EPIPE
	}
	return err
}
