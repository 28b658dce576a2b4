package gateway

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/smbgw/smbgw/transports"
)

// dial connects to the first of b's addresses that answers, each within
// dialTime, and says which one it was.
func (b *Backend) dial(ctx context.Context, log *slog.Logger) (transports.Conn, string, error) {
	failed := &unreachableError{backend: b.Name}
	for _, e := range b.Endpoints {
		address := e.Addr.String()
		conn, err := dialOne(ctx, e)
		if err == nil {
			return conn, address, nil
		}
		failed.add(address, err)
		log.Warn("backend address failed", "backend", b.Name, "address", address, "error", err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, "", failed
}

func dialOne(ctx context.Context, e Endpoint) (transports.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, dialTime, errDialTime)
	defer cancel()
	conn, err := e.Network.Dial(ctx, e.Addr)
	if err != nil && errors.Is(context.Cause(ctx), errDialTime) {
		return nil, errDialTime
	}
	return conn, err
}

var errDialTime = errors.New("no connection within " + dialTime.String())

// An unreachableError says why none of a backend's addresses answered.
type unreachableError struct {
	backend   string
	addresses []string
	errs      []error
}

func (e *unreachableError) add(address string, err error) {
	e.addresses = append(e.addresses, address)
	e.errs = append(e.errs, err)
}

func (e *unreachableError) Error() string {
	var b strings.Builder
	b.WriteString("backend unreachable")
	if len(e.errs) == 0 {
		b.WriteString(": it has no address")
	}
	for i, err := range e.errs {
		if i > 0 {
			b.WriteByte(';')
		} else {
			b.WriteByte(':')
		}
		b.WriteString(" " + e.addresses[i] + ": " + err.Error())
	}
	return b.String()
}

func (e *unreachableError) Unwrap() []error { return e.errs }
