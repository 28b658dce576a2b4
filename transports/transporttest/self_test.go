package transporttest

import (
	"context"
	"runtime/pprof"
	"testing"
	"time"
)

// A goroutine is found by its ancestor's label while it lives.
func TestLabelled(t *testing.T) {
	const label = "TestLabelled's own"
	end, ended := make(chan struct{}), make(chan struct{})
	pprof.Do(context.Background(), pprof.Labels(labelKey, label), func(context.Context) {
		go func() {
			go func() {
				defer close(ended)
				<-end
			}()
		}()
	})
	if left := settle(func() string {
		if labelled(label) == "" {
			return "not seen yet"
		}
		return ""
	}); left != "" {
		t.Error("a grandchild was not found")
	}
	close(end)
	<-ended
	if left := settle(func() string { return labelled(label) }); left != "" {
		t.Errorf("still found after its end:\n%s", left)
	}
}

// settle returns as soon as the answer is empty.
func TestSettle(t *testing.T) {
	begin, asked := time.Now(), 0
	left := settle(func() string {
		if asked++; asked < 3 {
			return "busy"
		}
		return ""
	})
	if left != "" || asked != 3 || time.Since(begin) > 4*time.Second {
		t.Errorf("%q after %d questions and %v", left, asked, time.Since(begin))
	}
}

// Content tells messages, lengths and positions apart.
func TestVerify(t *testing.T) {
	const size = 200_000
	b := make([]byte, size)
	fill(b, 5)
	if err := verify(b, 5, size); err != nil {
		t.Error(err)
	}
	if verify(b, 6, size) == nil || verify(b, 5, size-1) == nil {
		t.Error("another message passes for this one")
	}
	if verify(b[4096:], 5, size-4096) == nil {
		t.Error("a shifted message passes")
	}
	b[size-1]++
	if verify(b, 5, size) == nil {
		t.Error("a damaged message passes")
	}
}

func TestSizes(t *testing.T) {
	for _, max := range []int{1, 100, 1 << 20, 1<<24 - 1} {
		list := sizes(max)
		if max >= 65 && list[len(list)-1] != max {
			t.Errorf("up to %d the last is %d", max, list[len(list)-1])
		}
		for i, n := range list {
			if n > max || i > 0 && n <= list[i-1] {
				t.Errorf("up to %d: %v", max, list)
				break
			}
		}
	}
}
