//go:build linux && (amd64 || arm64) && !noverbs

package verbs

import (
	"errors"
	"testing"
)

// TestRemovedWhileBound: a device may go before its listener is complete, which
// then has nothing to end yet.
func TestRemovedWhileBound(t *testing.T) {
	t.Parallel()
	s := &listener{closing: make(chan struct{})}
	s.onEvent(&event{kind: eventDeviceRemoval})
	if err := s.begin(new(channel), 1); !errors.Is(err, ErrRemoved) || s.ch != nil {
		t.Errorf("it listens on a device that is gone: %v", err)
	}
}
