package back_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
)

// A glutton asks for reads of n bytes without end.
type glutton struct {
	*lodger
	over    atomic.Bool
	working sync.WaitGroup
}

func (y *yard) glutton(n uint32) *glutton {
	g := &glutton{lodger: y.lodger("glutton")}
	asked := make(chan struct{})
	g.working.Go(func() {
		defer close(asked)
		for !g.over.Load() {
			g.serve(smb2.CommandRead, read(n))
		}
	})
	g.working.Go(func() {
		for {
			select {
			case <-g.front.replies:
			case <-asked:
				return
			}
		}
	})
	return g
}

// enough has all of them end.
func (y *yard) enough(list ...*glutton) {
	for _, g := range list {
		g.over.Store(true)
	}
	y.hold(nil)
	y.answer(1 << 20)
	for _, g := range list {
		g.working.Wait()
		g.leave()
	}
}

// answer answers the oldest of what is held, as many as that.
func (y *yard) answer(n int) {
	y.mu.Lock()
	list := append([]*tree.Request(nil), y.held[:min(n, len(y.held))]...)
	y.mu.Unlock()
	y.let(smb2.StatusEndOfFile, list...)
	synctest.Wait()
}

// holdsRead says whether the server has a read of n bytes.
func (y *yard) holdsRead(n uint32) (found bool) {
	synctest.Wait()
	y.mu.Lock()
	defer y.mu.Unlock()
	for _, r := range y.held {
		q, err := smb2.ParseReadRequest(r.Element)
		found = found || err == nil && q.Length == n
	}
	return found
}

// However much others ask for, one that comes is served before the others get
// anything more, and so is one that asks for much among those that ask for little:
// it waits for what that costs, and not longer.
func TestFair(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		name    string
		credits int
		sizes   []int // what clients are busy with
		asks    int   // the newcomer
		within  int   // answers to others until it goes out
	}{
		{"one", 256, []int{1 << 20}, 1000, 0},
		{"many", 256, []int{1 << 20, 64 << 10, 1 << 20, 4096, 4096, 4096, 4096}, 1000, 0},
		{"a large one", 256, []int{4096, 4096, 4096, 4096}, 2 << 20, 0},
		{"the largest", 256, []int{64 << 10, 64 << 10, 64 << 10, 64 << 10, 64 << 10}, 8 << 20, 128},
		{"few credits", 16, []int{4096, 4096, 4096, 4096, 4096}, 1000, 2},
		{"more clients than credits", 8, []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, 1000, 14},
		{"requests", 8192, []int{1, 1, 1, 1}, 1000, 0},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			set := func(y *yard) {
				y.pool.Size, y.server.Credits = 1, x.credits
				y.pool.Options.Requests = 200
			}
			onYard(t, set, func(y *yard) {
				y.hold(commands(smb2.CommandRead))
				var all []*glutton
				late := y.lodger("late")
				for _, n := range x.sizes {
					all = append(all, y.glutton(uint32(n)))
					for range 20 {
						y.answer(1)
					}
				}
				for range 300 {
					y.answer(1)
				}
				for round := range 5 {
					n := uint32(x.asks - round)
					go late.serve(smb2.CommandRead, read(n))
					took := 0
					for ; !y.holdsRead(n) && took <= 1000; took++ {
						y.answer(1)
					}
					if took > x.within {
						t.Errorf("round %d: it went out after %d answers to others", round, took)
					}
					for len(late.front.replies) == 0 {
						y.answer(1)
					}
					late.front.next(t)
				}
				y.enough(all...)
				late.leave()
			})
		})
	}
}

// One that asks for much has its part and no more; the other one's is as large.
func TestParts(t *testing.T) {
	t.Parallel()
	set := func(y *yard) { y.pool.Size, y.server.Credits = 1, 512 }
	onYard(t, set, func(y *yard) {
		y.hold(commands(smb2.CommandRead))
		one := y.glutton(64 << 10)
		for range 500 {
			y.answer(1)
		}
		y.mu.Lock()
		alone := len(y.held)
		y.mu.Unlock()
		two := y.glutton(64<<10 + 1) // two credits
		for range 2000 {
			y.answer(1)
		}
		parts := map[uint32]int{}
		y.mu.Lock()
		for _, r := range y.held {
			q, _ := smb2.ParseReadRequest(r.Element)
			parts[q.Length]++
		}
		y.mu.Unlock()
		ones, twos := parts[64<<10], 2*parts[64<<10+1]
		if ones < alone/2 || ones > alone-alone/10 || twos < ones*3/4 || twos > ones*4/3 {
			t.Errorf("%d alone, %d and %d side by side", alone, ones, twos)
		}
		y.enough(one, two)
	})
}
