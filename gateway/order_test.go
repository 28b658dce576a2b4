package gateway

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/smb2test"
	"github.com/smbgw/smbgw/transports"
)

// A slowPlacer holds transfers until it is told to let them go.
type slowPlacer struct {
	transports.Placer
	pulls, pushes chan func() // that were asked for
}

func newSlowPlacer(c transports.Conn) *slowPlacer {
	return &slowPlacer{Placer: c.(transports.Placer), pulls: make(chan func(), 1000), pushes: make(chan func(), 1000)}
}

func (p *slowPlacer) Pull(dst []byte, from []transports.Descriptor, d transports.Done) {
	p.pulls <- func() { p.Placer.Pull(dst, from, d) }
}

func (p *slowPlacer) Push(to []transports.Descriptor, src []byte, d transports.Done) {
	p.pushes <- func() { p.Placer.Push(to, src, d) }
}

// Close does what a connection's end does to transfers: it ends them.
func (p *slowPlacer) Close() error {
	err := p.Placer.Close()
	for {
		select {
		case f := <-p.pulls:
			f()
		case f := <-p.pushes:
			f()
		default:
			return err
		}
	}
}

// Requests reach the backend in the order they came, also behind one whose
// data is still to come, and all transfers are asked for at once.
func TestOrder(t *testing.T) {
	t.Parallel()
	for _, back := range []uint32{0, mib} {
		var slow *slowPlacer
		var seen []smb2.MessageID
		w := wiring{frontMax: mib, backMax: back, file: mib}
		w.wrapFront = func(c transports.Conn) transports.Conn {
			slow = newSlowPlacer(c)
			return slow
		}
		w.script = func(q *smb2test.Request) smb2test.Action {
			seen = append(seen, q.MessageID())
			return smb2test.Action{}
		}
		throughRig(t, w, func(r *rig) {
			r.negotiate()
			p := pairing{front: mib}
			r.client.Send(r.echoRequest())
			r.ask(p, smb2.CommandWrite, 8192)
			r.client.Send(r.echoRequest())
			r.ask(p, smb2.CommandWrite, 8192)
			r.ask(p, smb2.CommandRead, 10)
			r.client.Send(r.echoRequest())
			synctest.Wait()
			if len(seen) != 2 || len(slow.pulls) != 2 {
				t.Errorf("the server saw %v with %d transfers waiting", seen, len(slow.pulls))
			}
			first, second := <-slow.pulls, <-slow.pulls
			second() // out of order: nothing may move
			synctest.Wait()
			if len(seen) != 2 {
				t.Errorf("the server saw %v before the first transfer", seen)
			}
			first()
			synctest.Wait()
			if want := []smb2.MessageID{0, 1, 2, 3, 4, 5, 6}; !slices.Equal(seen, want) {
				t.Errorf("the server saw %v, want %v", seen, want)
			}
		})
	}
}

// A client that disappears while its data is on the way takes down nothing
// else, and what waited is given back.
func TestKillDuringPull(t *testing.T) {
	t.Parallel()
	for _, back := range []uint32{0, mib, 64 * kib} {
		for i, kill := range []func(r *rig){
			func(r *rig) { r.client.Conn.Close() },
			func(r *rig) { r.client.Conn.(breaker).Break() },
			func(r *rig) { r.backEnd.(breaker).Break() },
			func(r *rig) { r.cancel() },
		} {
			t.Run(fmt.Sprint(back, i), func(t *testing.T) {
				t.Parallel()
				w := wiring{frontMax: mib, backMax: back, file: mib}
				w.wrapFront = func(c transports.Conn) transports.Conn { return newSlowPlacer(c) }
				throughRig(t, w, func(r *rig) {
					r.negotiate()
					for range 5 {
						r.ask(pairing{front: mib}, smb2.CommandWrite, 128*kib)
						r.client.Send(r.echoRequest())
					}
					synctest.Wait()
					kill(r)
					<-r.done
				})
			})
		}
	}
}

// Pushes that the client does not take stop the reading of replies.
func TestPushesAreBounded(t *testing.T) {
	t.Parallel()
	const n = mib
	for _, back := range []uint32{mib} {
		var slow *slowPlacer
		w := wiring{frontMax: mib, backMax: back, file: mib}
		w.wrapFront = func(c transports.Conn) transports.Conn {
			slow = newSlowPlacer(c)
			return slow
		}
		throughRig(t, w, func(r *rig) {
			r.negotiate()
			const asked = 18
			go func() { // the last ones have to wait
				for range asked {
					r.ask(pairing{front: mib}, smb2.CommandRead, n)
				}
			}()
			go func() { // replies are not what is held up
				for {
					m, err := r.client.Conn.Receive()
					if err != nil {
						return
					}
					m.Release()
				}
			}()
			synctest.Wait()
			if got := len(slow.pushes); got != maxPushBytes/n {
				t.Errorf("%d pushes of 1 MiB are waiting, limit %d bytes", got, maxPushBytes)
			}
			for range asked {
				(<-slow.pushes)()
				synctest.Wait()
			}
		})
	}
}

// What a backend does not answer stops the reading of requests, and in the end
// the connection.
func TestPendingIsBounded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ n, want int }{{4096, maxPending}, {mib, maxPendingBytes / mib}} {
		got := 0
		w := wiring{backMax: mib, file: mib, credits: 5000}
		w.script = func(q *smb2test.Request) smb2test.Action {
			if q.Command() == smb2.CommandRead {
				got++
				return smb2test.Action{Silent: true}
			}
			return smb2test.Action{}
		}
		throughRig(t, w, func(r *rig) {
			r.negotiate()
			go func() {
				for range c.want + 100 {
					if r.client.Send(r.client.ReadRequest(0, uint32(c.n))) != nil {
						return
					}
				}
			}()
			synctest.Wait()
			if got != c.want {
				t.Errorf("%d READs of %d bytes are in flight, want %d", got, c.n, c.want)
			}
			began := time.Now()
			if why := r.reason(); !strings.HasPrefix(why, "backend error: nothing is answered for 5m0s: ") || time.Since(began) != stallTime {
				t.Errorf("the reason is %q, after %v", why, time.Since(began))
			}
		})
	}
}

// Bytes in are bytes out for everything that is not converted: any messages,
// in both directions, through every pairing.
func TestRelayProperty(t *testing.T) {
	t.Parallel()
	for _, p := range append([]pairing{{"message to message", 0, 0}}, pairings...) {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(1, uint64(p.front)<<32|uint64(p.back)))
			throughRig(t, wiring{frontMax: p.front, backMax: p.back, serve: echo}, func(r *rig) {
				r.setDialect(smb2.Dialect311)
				for i := range 500 {
					b := anyMessage(rng)
					if err := r.client.Send(b); err != nil {
						t.Fatal(err)
					}
					m, err := r.client.Conn.Receive()
					if err != nil {
						t.Fatalf("message %d, %x: %v, %s", i, b[:min(len(b), 80)], err, r.reason())
					}
					if !bytes.Equal(m.Bytes(), b) {
						t.Fatalf("message %d, sent\n%x, got\n%x", i, b, m.Bytes())
					}
					m.Release()
				}
			})
		})
	}
}

// anyMessage is a message that must pass: random bytes, or SMB2 with random
// fields that is not a READ or WRITE in the clear.
func anyMessage(rng *rand.Rand) []byte {
	b := make([]byte, 1+rng.IntN(300))
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	if rng.IntN(4) == 0 || len(b) < smb2.HeaderSize {
		return b
	}
	h := smb2.Header(b)
	copy(h, "\xfeSMB")
	h[4], h[5] = 64, 0
	h.SetCommand(smb2.Command(rng.IntN(24)))
	h.SetNextCommand([]uint32{0, 0, 72, 80, 81, rng.Uint32()}[rng.IntN(6)])
	if c := h.Command(); c == smb2.CommandRead || c == smb2.CommandWrite {
		h.SetFlags(h.Flags() | smb2.FlagReply)
	}
	if h.Command() == smb2.CommandNegotiate || h.Command() == smb2.CommandTreeConnect {
		h.SetStatus(smb2.StatusAccessDenied) // teaches nothing
	}
	if next := int(h.NextCommand()); next > 0 && next+smb2.HeaderSize <= len(b) {
		binary.LittleEndian.PutUint16(b[next+12:], uint16(smb2.CommandEcho))
	}
	return b
}

// What a compound may make a message grow to is bounded before it is built.
func TestCompoundGrowthIsBounded(t *testing.T) {
	t.Parallel()
	s := newStep(pairing{front: 32 * mib, back: 0}, smb2.CommandWrite, 9*mib)
	one := s.request
	_, ops, reserved, e := s.v.decide(compound(false, one, one, one))
	if e != nil || ops != 3 || reserved != 9*mib || !s.v.plan[0].serve || !s.v.plan[1].refuse || !s.v.plan[2].refuse {
		t.Errorf("%d operations of %d bytes, %v", ops, reserved, e)
	}
	inline := smb2.WriteRequest{DataOffset: 112, Length: 9 * mib}
	big := append(inline.AppendBody(smb2.NewHeader(smb2.CommandWrite, 1)), make([]byte, 9*mib)...)
	if _, ops, reserved, _ = s.v.decide(compound(false, big, one)); ops != 1 || reserved != 0 || !s.v.plan[1].refuse {
		t.Errorf("behind 9 MiB: %d operations of %d bytes", ops, reserved)
	}
}
