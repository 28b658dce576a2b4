package health

import (
	"errors"
	"syscall"
)

// ours says that an error is of this machine, which would be the same with every
// address.
func ours(err error) bool {
	return one(err, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.ENOBUFS, syscall.EADDRNOTAVAIL)
}

// silence says that a connection has ended because nothing came from the peer any
// more: whoever dials it would wait as well.
func silence(err error) bool {
	if timed, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err); ok && timed.Timeout() {
		return true
	}
	return one(err, syscall.ETIMEDOUT, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EHOSTDOWN)
}

func one(err error, of ...error) bool {
	for _, e := range of {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
