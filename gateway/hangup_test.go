package gateway

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/smb2test"
	"github.com/smbgw/smbgw/transports"
)

type breaker interface{ Break() }

// Whoever dies, and at whatever step: no goroutine, buffer or exposure is
// left (throughRig and close look), and the log says why.
func TestKill(t *testing.T) {
	t.Parallel()
	const n = 128 * kib // two parts
	steps := []struct {
		name string
		do   func(r *rig, p pairing)
	}{
		{"at once", func(r *rig, p pairing) {}},
		{"negotiated", func(r *rig, p pairing) { r.negotiate() }},
		{"READ", func(r *rig, p pairing) { r.negotiate(); r.ask(p, smb2.CommandRead, n) }},
		{"WRITE", func(r *rig, p pairing) { r.negotiate(); r.ask(p, smb2.CommandWrite, n) }},
		{"many", func(r *rig, p pairing) {
			r.negotiate()
			for range 20 {
				r.ask(p, smb2.CommandRead, n)
				r.ask(p, smb2.CommandWrite, n)
			}
		}},
		{"compound", func(r *rig, p pairing) {
			r.negotiate()
			if p.front == 0 {
				r.client.Send(compound(false, r.client.ReadRequest(0, 8192), r.client.WriteRequest(0, make([]byte, 8192))))
			}
		}},
		{"half of a split", func(r *rig, p pairing) { // one part is answered, see silence
			r.negotiate()
			r.ask(p, smb2.CommandRead, n-1)
		}},
	}
	kills := []struct {
		name   string
		do     func(r *rig)
		reason string
	}{
		{"client closes", func(r *rig) { r.client.Conn.Close() }, "client closed"},
		{"client breaks", func(r *rig) { r.client.Conn.(breaker).Break() }, "client closed: mem: link broken"},
		{"backend closes", func(r *rig) { r.backEnd.Close() }, "backend closed"},
		{"backend breaks", func(r *rig) { r.backEnd.(breaker).Break() }, "backend closed: mem: link broken"},
		{"shutdown", func(r *rig) { r.cancel() }, "shutdown"},
	}
	for _, p := range append(pairings, pairing{"message to message", 0, 0}) {
		for _, s := range steps {
			for _, k := range kills {
				t.Run(p.name+"/"+s.name+"/"+k.name, func(t *testing.T) {
					t.Parallel()
					w := wiring{frontMax: p.front, backMax: p.back / 16, file: mib, script: silence()}
					throughRig(t, w, func(r *rig) {
						s.do(r, p)
						synctest.Wait()
						k.do(r)
						if why := r.reason(); why != k.reason {
							t.Errorf("the reason is %q, want %q", why, k.reason)
						}
					})
				})
			}
		}
	}
}

// silence answers no READ or WRITE, except the first READ part of odd length.
func silence() func(*smb2test.Request) smb2test.Action {
	return func(q *smb2test.Request) smb2test.Action {
		switch q.Command() {
		case smb2.CommandRead:
			r, err := smb2.ParseReadRequest(q.Header)
			return smb2test.Action{Silent: err != nil || r.Length%2 == 0}
		case smb2.CommandWrite:
			return smb2test.Action{Silent: true}
		}
		return smb2test.Action{}
	}
}

// Dying while replies come, with a client that does not take them.
func TestKillUnderPressure(t *testing.T) {
	t.Parallel()
	for _, p := range pairings {
		for i, kill := range []func(r *rig){
			func(r *rig) { r.client.Conn.Close() },
			func(r *rig) { r.backEnd.(breaker).Break() },
			func(r *rig) { r.cancel() },
		} {
			t.Run(fmt.Sprint(p.name, i), func(t *testing.T) {
				t.Parallel()
				throughRig(t, wiring{frontMax: p.front, backMax: p.back, file: mib}, func(r *rig) {
					r.negotiate()
					stop := make(chan struct{})
					go func() { // no Receive: everything fills up
						defer close(stop)
						for range 200 {
							var b []byte
							if p.front > 0 {
								buf, err := r.client.Expose(make([]byte, 64*kib), nil, transports.Writable)
								if err != nil {
									return
								}
								b = r.client.ReadPlacedRequest(0, 64*kib, smb2.ChannelV1, buf.Descriptors())
							} else {
								b = r.client.ReadRequest(0, 64*kib)
							}
							if r.client.Send(b) != nil {
								return
							}
						}
					}()
					synctest.Wait()
					kill(r)
					<-r.done
					r.client.Conn.Close()
					<-stop
				})
			})
		}
	}
}

// What a client sent before its end reaches the backend.
func TestLastRequestsAreDelivered(t *testing.T) {
	t.Parallel()
	for _, p := range append(pairings, pairing{}) {
		w := wiring{frontMax: p.front, backMax: p.back, file: mib}
		w.script = func(q *smb2test.Request) smb2test.Action {
			return smb2test.Action{Silent: q.Command() == smb2.CommandEcho} // whose reply nobody could take
		}
		throughRig(t, w, func(r *rig) {
			r.negotiate()
			for range 3 {
				if err := r.client.Send(r.echoRequest()); err != nil {
					t.Fatal(err)
				}
			}
			r.client.Conn.Close()
			<-r.done
			r.close()
			if n := r.server.Books.Requests[smb2.CommandEcho]; n != 3 {
				t.Errorf("%s: the server saw %d of 3 requests", p.name, n)
			}
		})
	}
}

// What a backend sent before its end reaches the client.
func TestLastRepliesAreDelivered(t *testing.T) {
	t.Parallel()
	for _, p := range append(pairings, pairing{}) {
		serve := func(c transports.Conn) error {
			arena := new(transports.Arena)
			for range 3 {
				if err := c.Send(arena.New(100)); err != nil {
					return err
				}
			}
			return nil
		}
		throughRig(t, wiring{frontMax: p.front, backMax: p.back, serve: serve}, func(r *rig) {
			synctest.Wait()
			for i := range 3 {
				m, err := r.client.Conn.Receive()
				if err != nil {
					t.Fatalf("%s: reply %d: %v", p.name, i, err)
				}
				m.Release()
			}
			if _, err := r.client.Conn.Receive(); err != io.EOF {
				t.Errorf("then %v, want the end", err)
			}
			if why := r.reason(); why != "backend closed" {
				t.Errorf("the reason is %q", why)
			}
		})
	}
}

// A conn that takes nothing, but has something to say, for a time.
type deafConn struct {
	transports.Conn
	say  []byte
	left time.Duration // until its end; never when 0
	said bool
}

func (c *deafConn) Send(m *transports.Message) error {
	m.Release()
	return io.ErrClosedPipe
}

func (c *deafConn) Receive() (*transports.Message, error) {
	if c.left > 0 {
		time.Sleep(c.left)
		if !c.said {
			c.said = true
			m := new(transports.Arena).New(len(c.say))
			copy(m.Bytes(), c.say)
			return m, nil
		}
		return nil, io.EOF
	}
	return c.Conn.Receive()
}

// A backend that takes no more requests may still finish what it says, for
// drainTime and not longer.
func TestDrain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		left   time.Duration
		reason string
	}{
		{drainTime / 4, "backend closed"},
		{0, "backend closed: io: read/write on closed pipe"},
	} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			r := newRigDialling(t, func(c2 transports.Conn) transports.Conn {
				return &deafConn{Conn: c2, say: []byte("last words"), left: c.left}
			})
			r.client.Send([]byte("hello"))
			m, err := r.client.Conn.Receive()
			if c.left > 0 {
				if err != nil || string(m.Bytes()) != "last words" {
					t.Fatalf("the last words are lost: %v", err)
				}
				m.Release()
			} else if err == nil {
				t.Error("something came")
			}
			if why := r.reason(); why != c.reason {
				t.Errorf("the reason is %q, want %q", why, c.reason)
			}
			if took := time.Since(began); took > drainTime {
				t.Errorf("it took %v", took)
			}
			r.close()
		})
	}
}

// newRigDialling is a rig whose back leg is wrapped.
func newRigDialling(t *testing.T, wrap func(transports.Conn) transports.Conn) *rig {
	return newRig(t, wiring{wrap: wrap, serve: echo})
}

// A message that the other leg cannot carry ends the connection with the
// reason.
func TestMessageTooLong(t *testing.T) {
	t.Parallel()
	for _, p := range []pairing{{"", 0, 0}, {"", 0, mib}, {"", mib, 0}} {
		throughRig(t, wiring{frontMax: p.front, backMax: p.back, backLimit: 1000, serve: echo}, func(r *rig) {
			r.client.Send(make([]byte, 1001))
			if why := r.reason(); !strings.HasPrefix(why, "client error: its message cannot be carried: message to send has 1001 bytes, limit 1000") {
				t.Errorf("the reason is %q", why)
			}
		})
	}
}

// The leg that is alive is closed first: Close delivers what it was sent.
func TestCloseOrder(t *testing.T) {
	t.Parallel()
	for side, want := range map[side]string{client: "back front ", backend: "front back ", gateway: "front back "} {
		var order string
		c := &connection{
			front: &closingLeg{close: func() { order += "front " }},
			back:  &closingLeg{close: func() { order += "back " }},
		}
		c.hangUp(end{side: side})
		if order != want {
			t.Errorf("after the end of the %v: %q, want %q", side, order, want)
		}
	}
}

type closingLeg struct {
	transports.Conn
	close func()
}

func (l *closingLeg) Close() error {
	l.close()
	return nil
}
