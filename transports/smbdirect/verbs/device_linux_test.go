//go:build linux && (amd64 || arm64) && !noverbs

package verbs

import (
	"errors"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// TestRemovalWhileLeaving: a device that goes tells its queue pairs, of which
// one is about to leave it with its mutex held.
func TestRemovalWhileLeaving(t *testing.T) {
	t.Parallel()
	d := &device{qps: make(map[pointer]*queuePair)}
	q := newQueuePair(new(Provider), nil, rdma.Config{})
	d.enter(1, q)
	q.mu.Lock() // as teardown has it
	told := make(chan struct{})
	go func() {
		defer close(told)
		d.onAsync(asyncDeviceFatal, 0)
	}()
	time.Sleep(5 * time.Millisecond) // until it waits for the mutex
	d.leave(1)
	q.mu.Unlock()
	<-told
	if _, err := q.Poll(make([]rdma.Completion, 1)); !errors.Is(err, ErrRemoved) {
		t.Errorf("the end is %v", err)
	}
}
