//go:build !linux || !(amd64 || arm64) || noverbs

package verbs

import (
	"errors"
	"testing"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// Where verbs is not built in, each way to it says so.
func TestNotBuilt(t *testing.T) {
	t.Parallel()
	p := new(Provider)
	_, open := Open()
	_, devices := Devices()
	_, dial := p.Dial("192.0.2.1:445", rdma.Config{})
	_, listen := p.Listen(t.Context(), "192.0.2.1:445", rdma.Config{})
	for _, err := range []error{open, devices, dial, listen} {
		if !errors.Is(err, ErrNotBuilt) {
			t.Errorf("%v", err)
		}
	}
	if _, err := p.Local("192.0.2.1"); !errors.Is(err, ErrNoRoute) {
		t.Errorf("%v", err)
	}
	if _, err := p.Route(t.Context(), "192.0.2.1:445"); !errors.Is(err, ErrNoRoute) {
		t.Errorf("%v", err)
	}
	if !LockedMemory().Unlimited() {
		t.Error("a limit of locked memory")
	}
}
