package transporttest

import (
	"bytes"
	"context"
	"fmt"
	"runtime/pprof"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports"
)

// Watch fails the test when goroutines that it has started, directly or not,
// are left after all its later cleanups. It tells them from those of other
// tests by a profiler label, which goroutines inherit, so tests may run in
// parallel. Call it first, from the test's own goroutine. Goroutines that end
// by themselves have some seconds to do so.
func Watch(t testing.TB) {
	t.Helper()
	label := fmt.Sprintf("%s %p", t.Name(), t)
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels(labelKey, label)))
	t.Cleanup(func() {
		// The cleanup's own goroutine, usually the test's, is not counted.
		pprof.SetGoroutineLabels(context.Background())
		if left := settle(func() string { return labelled(label) }); left != "" {
			t.Errorf("goroutines left behind:\n%s", left)
		}
	})
}

// Buffers fails the test when messages of arena are in use after all its later
// cleanups. Call it before anything that uses the arena is made.
func Buffers(t testing.TB, arena *transports.Arena) {
	t.Helper()
	t.Cleanup(func() {
		left := settle(func() string {
			if n := arena.InUse(); n != 0 {
				return strconv.FormatInt(n, 10)
			}
			return ""
		})
		if left != "" {
			t.Errorf("messages not released: %s", left)
		}
	})
}

const labelKey = "transporttest"

// settle asks until the answer is empty, or for five seconds.
func settle(leftover func() string) string {
	end := time.Now().Add(5 * time.Second)
	for pause := time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		left := leftover()
		if left == "" || time.Now().After(end) {
			return left
		}
		time.Sleep(pause)
	}
}

// labelled returns the stacks of the goroutines with the label, as the
// goroutine profile prints them.
func labelled(label string) string {
	var b bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&b, 1); err != nil {
		return err.Error()
	}
	want := strconv.Quote(labelKey) + ":" + strconv.Quote(label)
	var left []string
	for stack := range strings.SplitSeq(b.String(), "\n\n") {
		if strings.Contains(stack, want) {
			left = append(left, stack)
		}
	}
	return strings.Join(left, "\n\n")
}
