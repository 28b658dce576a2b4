package health

import (
	"context"
	"errors"
	"strings"
	"time"
)

// Reach calls try with the index of an address, and of another one, until one
// succeeds, and returns its index. Each try has its part of the time that there is:
// the Timeout, or less when ctx has less. When ctx is cancelled the last error is
// its.
func (m *Monitor) Reach(ctx context.Context, try func(ctx context.Context, i int) error) (int, error) {
	ends := time.Now().Add(m.timeout)
	if at, ok := ctx.Deadline(); ok && at.Before(ends) {
		ends = at
	}
	failed := new(UnreachableError)
	order, first := m.order(time.Now())
	for n, i := range order {
		group := first // those that share what time there is
		if n >= first {
			group = len(order)
		}
		part := time.Until(ends) / time.Duration(group-n)
		if part <= 0 || ctx.Err() != nil {
			break
		}
		err := m.attempt(ctx, part, func(ctx context.Context) error { return try(ctx, i) })
		if err == nil {
			m.works(i)
			return i, nil
		}
		failed.add(m.addresses[i].name, err)
		if m.counts(ctx, err, part) {
			m.fails(i, err)
		}
	}
	if err := context.Cause(ctx); err != nil {
		failed.end = err
	}
	return 0, failed
}

// order is that in which to try the addresses; the first ones have their place.
func (m *Monitor) order(now time.Time) (order []int, first int) {
	var last []int
	for i, a := range m.addresses {
		a.mu.Lock()
		ok := a.state.first(now, a.watcher != nil)
		a.mu.Unlock()
		if ok {
			order = append(order, i)
		} else {
			last = append(last, i)
		}
	}
	return append(order, last...), len(order)
}

// attempt bounds do, and names what it ran into.
func (m *Monitor) attempt(ctx context.Context, part time.Duration, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, part)
	defer cancel()
	err := do(ctx)
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &timeError{part.Round(time.Millisecond)}
	}
	return err
}

// counts says that an error is the address's: the attempt was not called off, and
// had the time that an address may expect.
func (m *Monitor) counts(ctx context.Context, err error, part time.Duration) bool {
	if errors.Is(ctx.Err(), context.Canceled) || ours(err) {
		return false
	}
	if _, late := errors.AsType[*timeError](err); late {
		return part >= m.timeout/time.Duration(2*len(m.addresses))
	}
	return true
}

// A timeError says that an attempt has taken all of its time.
type timeError struct{ after time.Duration }

func (e *timeError) Error() string { return "no connection within " + e.after.String() }
func (e *timeError) Timeout() bool { return true }

// An UnreachableError says why none of a backend's addresses answered.
type UnreachableError struct {
	addresses []string
	errs      []error
	end       error // of the caller's context
}

func (e *UnreachableError) add(address string, err error) {
	e.addresses = append(e.addresses, address)
	e.errs = append(e.errs, err)
}

func (e *UnreachableError) Error() string {
	var b strings.Builder
	b.WriteString("backend unreachable")
	switch {
	case len(e.errs) == 0 && e.end != nil:
		b.WriteString(": " + e.end.Error())
	case len(e.errs) == 0:
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

// Unwrap has what each address said.
func (e *UnreachableError) Unwrap() []error { return e.errs }
