package back_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/auth/ntlm"
	"github.com/smbgw/smbgw/gateway/back"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/mem"
)

func (y *yard) load(connections, sessions int) {
	y.t.Helper()
	synctest.Wait()
	if c, s := y.pool.Load(); c != connections || s != sessions {
		y.t.Errorf("%d connections with %d sessions, want %d with %d", c, s, connections, sessions)
	}
}

// Sessions spread over the connections there may be, and no further; a connection
// without any stays for a while.
func TestPool(t *testing.T) {
	t.Parallel()
	small := func(y *yard) { y.pool.Size, y.pool.Options.Sessions = 2, 2 }
	onYard(t, small, func(y *yard) {
		var list []*lodger
		for i, want := range []int{1, 2, 2, 2} {
			list = append(list, y.lodger("alice"))
			y.load(want, i+1)
		}
		late := y.visitor("bob")
		if st := told(late.connect()); st != smb2.StatusRequestNotAccepted {
			t.Errorf("one too many: %v", st)
		}
		list[1].leave()
		if err := late.connect(); err != nil {
			t.Errorf("when there is room: %v", err)
		}
		if err := late.connect(); err != nil { // a second tree
			t.Error(err)
		}
		y.load(2, 4)
		for _, l := range append(list[:1], list[2], list[3], late) {
			l.works()
			l.leave()
		}
		y.load(2, 0)
		time.Sleep(2 * time.Minute)
		y.load(0, 0)
		again := y.lodger("alice")
		again.works()
		again.leave()
		y.load(1, 0)
		y.pool.Retire()
		y.load(0, 0)
	})
}

// A client that is gone leaves nothing, whatever it was about, on a connection
// that its neighbour goes on with.
func TestLeaves(t *testing.T) {
	t.Parallel()
	one := func(y *yard) { y.pool.Size = 1 }
	for name, f := range map[string]func(y *yard, l *lodger){
		"open files": func(_ *yard, l *lodger) {
			for _, name := range []string{"a", "b", "c"} {
				l.open(name)
			}
		},
		"reads": func(y *yard, l *lodger) {
			y.hold(commands(smb2.CommandRead))
			for range 20 {
				l.serve(smb2.CommandRead, read(1<<20))
			}
		},
		"half a write": func(y *yard, l *lodger) {
			y.hold(commands(smb2.CommandWrite))
			l.serve(smb2.CommandWrite, write(make([]byte, 3<<20)))
		},
		"a notify": func(_ *yard, l *lodger) {
			r := smb2.CreateRequest{Access: 1, Share: 7, Disposition: smb2.DispositionOpen, Options: smb2.OptionDirectory,
				Impersonation: smb2.ImpersonateImpersonation}
			d, err := smb2.ParseCreateResponse(l.do(smb2.CommandCreate, func(b []byte) []byte { return r.Append(b, nil, nil) }).b)
			if err != nil {
				l.y.t.Fatal(err)
			}
			q := smb2.ChangeNotifyRequest{FileID: d.FileID, OutputLength: 1024, Filter: 1}
			l.serve(smb2.CommandChangeNotify, q.AppendBody)
		},
		"a lock": func(_ *yard, l *lodger) {
			for i := range 2 {
				q := smb2.LockRequest{FileID: l.open("locked")}
				list := []smb2.Lock{{Length: 1, Flags: smb2.LockExclusive}}
				l.serve(smb2.CommandLock, func(b []byte) []byte { return q.Append(b, list) })
				if i == 0 {
					l.front.next(l.y.t)
				}
			}
		},
		"a chain in parts": func(y *yard, l *lodger) {
			y.hold(commands(smb2.CommandRead))
			q := smb2.ReadRequest{FileID: smb2.NoFile, Length: 8 << 20}
			l.share.Server.Serve([]*tree.Request{
				l.front.request(smb2.CommandCreate, openOf("chained", 7)),
				l.front.request(smb2.CommandRead, func(b []byte) []byte {
					smb2.Header(b).Set(smb2.FlagRelated)
					return q.Append(b, nil)
				}),
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, logoff := range []bool{false, true} {
				onYard(t, one, func(y *yard) {
					stays, goes := y.lodger("bob"), y.lodger("alice")
					f(y, goes)
					synctest.Wait()
					y.hold(nil)
					if logoff {
						goes.member.Logoff(goes.client)
					}
					goes.leave()
					y.load(1, 1)
					stays.works()
					stays.leave()
					if n := len(y.links); n != 1 {
						t.Errorf("%d connections were made", n)
					}
				})
			}
		})
	}
}

// What a server does not let go of is answered after a while, and what it says of
// it later is nobody's. The others do not notice.
func TestOrphans(t *testing.T) {
	t.Parallel()
	one := func(y *yard) { y.pool.Size, y.stuck = 1, make(chan struct{}) }
	for _, length := range []int{100, 3 << 20} {
		onYard(t, one, func(y *yard) {
			stays, goes := y.lodger("bob"), y.lodger("alice")
			y.hold(commands(smb2.CommandRead, smb2.CommandWrite))
			goes.serve(smb2.CommandRead, read(uint32(length)))
			goes.serve(smb2.CommandWrite, write(make([]byte, length)))
			synctest.Wait()
			y.hold(nil)
			began := time.Now()
			gone := make(chan time.Duration)
			go func() {
				goes.leave()
				gone <- time.Since(began)
			}()
			time.Sleep(time.Minute)
			stays.works()
			if d := <-gone; d > 2*time.Minute {
				t.Errorf("it took %v", d)
			}
			for range 2 {
				if got := goes.front.next(t); got.status() != smb2.StatusNetworkNameDeleted && got.status() != smb2.StatusConnectionDisconnected {
					t.Errorf("%v: %v", got.r.Header().Command(), got.status())
				}
			}
			if n := y.pool.Worn(); n != 1 {
				t.Errorf("%d connections are worn", n)
			}
			close(y.stuck)
			synctest.Wait()
			stays.works()
			stays.leave()
			if n := goes.front.arena.InUse(); n != 0 {
				t.Errorf("%d messages of the client are in use", n)
			}
			y.load(0, 0)
			if n := len(y.links); n != 1 {
				t.Errorf("%d connections were made", n)
			}
		})
	}
}

// A connection that dies takes its sessions with it, and no others; who comes again
// gets another one.
func TestPoolConnectionDies(t *testing.T) {
	t.Parallel()
	onYard(t, nil, func(y *yard) {
		stays, falls := y.lodger("bob"), y.lodger("alice")
		y.hold(commands(smb2.CommandRead))
		falls.serve(smb2.CommandRead, read(9))
		synctest.Wait()
		y.hold(nil)
		y.link().(*mem.Conn).Break()
		if got := falls.front.next(t); got.status() != smb2.StatusNetworkNameDeleted {
			t.Errorf("read: %v", got.status())
		}
		if got := falls.do(smb2.CommandCreate, openOf("x", 7)); got.status() != smb2.StatusNetworkNameDeleted {
			t.Errorf("create: %v", got.status())
		}
		y.load(1, 1)
		old := falls.share
		if err := falls.connect(); err != nil {
			t.Fatal(err)
		}
		old.Server.Close()
		falls.works()
		y.load(2, 2)
		y.mu.Lock()
		y.fail = errors.New("no route")
		y.mu.Unlock()
		third := y.lodger("carol") // where there is room
		third.works()
		y.load(2, 3)
		for _, l := range []*lodger{stays, falls, third} {
			l.works()
			l.leave()
		}
		y.pool.Retire()
		if st := told(y.visitor("dave").connect()); st != smb2.StatusServerUnavailable {
			t.Errorf("without a backend: %v", st)
		}
	})
}

// Whom the server takes for a guest does not get in, and costs nobody anything.
func TestPoolGuest(t *testing.T) {
	t.Parallel()
	one := func(y *yard) { y.pool.Size = 1 }
	onYard(t, one, func(y *yard) {
		stays := y.lodger("bob")
		if st := told(y.visitor("guest").connect()); st != smb2.StatusAccessDenied {
			t.Errorf("told %v", st)
		}
		y.load(1, 1)
		stays.works()
		stays.leave()
	})
}

// Many come at once, and go.
func TestPoolCrowd(t *testing.T) {
	t.Parallel()
	onYard(t, nil, func(y *yard) {
		var wg, all sync.WaitGroup
		all.Add(100)
		for range 100 {
			l := y.visitor("alice")
			wg.Go(func() {
				err := l.connect()
				all.Done()
				if err != nil {
					t.Error(err)
					return
				}
				all.Wait() // who leaves early makes room for others
				l.works()
				l.leave()
			})
		}
		wg.Wait()
		if n := len(y.links); n != back.DefaultConnections {
			t.Errorf("%d connections were made", n)
		}
	})
}

// What waits is the server's to bound: one session's waiting ends where it takes
// away the room of the others.
func TestWaiting(t *testing.T) {
	t.Parallel()
	one := func(y *yard) { y.pool.Size = 1 }
	onYard(t, one, func(y *yard) {
		greedy, stays := y.lodger("mallory"), y.lodger("bob")
		first := func(l *lodger) {
			q := smb2.LockRequest{FileID: l.open("locked")}
			list := []smb2.Lock{{Length: 1, Flags: smb2.LockExclusive}}
			l.serve(smb2.CommandLock, func(b []byte) []byte { return q.Append(b, list) })
		}
		first(stays)
		stays.front.next(t)
		q := smb2.LockRequest{FileID: greedy.open("locked")}
		list := []smb2.Lock{{Length: 1, Flags: smb2.LockExclusive}}
		const asked = 400
		for range asked {
			greedy.serve(smb2.CommandLock, func(b []byte) []byte { return q.Append(b, list) })
		}
		synctest.Wait()
		refused := 0
		for len(greedy.front.replies) > 0 {
			if got := greedy.front.next(t); got.status() != smb2.StatusInsufficientResources {
				t.Fatalf("lock: %v", got.status())
			}
			refused++
		}
		if refused < asked/4 || refused > asked/2 {
			t.Errorf("%d of %d were refused", refused, asked)
		}
		stays.works()
		greedy.leave()
		stays.leave()
	})
}

// A doorman says that there is no room where a password is wrong.
type doorman struct{ transports.Conn }

func (n doorman) Receive() (*transports.Message, error) {
	m, err := n.Conn.Receive()
	if err == nil {
		if h := smb2.Header(m.Bytes()); smb2.KindOf(h) == smb2.KindSMB2 && h.Status() == smb2.StatusLogonFailure {
			h.SetStatus(smb2.StatusInsufficientResources)
		}
	}
	return m, err
}

// A server that takes fewer sessions than it might is not asked for more until one
// ends, or for a while.
func TestPoolServerFull(t *testing.T) {
	t.Parallel()
	two := func(y *yard) {
		y.pool.Size = 2
		y.pool.Dial(back.Direct(func(ctx context.Context) (transports.Conn, error) {
			c, err := y.dial(ctx)
			return doorman{c}, err
		}), 0)
	}
	onYard(t, two, func(y *yard) {
		one, other := y.lodger("alice"), y.lodger("bob")
		late := y.visitor("carol")
		logIn := late.member.Initiator
		asked := 0
		late.member.Initiator = func(c *tree.Client) (auth.Initiator, error) {
			asked++
			who := &ntlm.Client{User: c.User.User, Hash: ntlm.Hash("wrong")}
			return who.NewInitiator(), nil
		}
		for range 2 {
			if st := told(late.connect()); st != smb2.StatusRequestNotAccepted {
				t.Errorf("told %v", st)
			}
		}
		if y.load(2, 2); asked != 4 { // the second time it is known
			t.Errorf("%d log-ins", asked)
		}
		late.member.Initiator = logIn
		one.leave()
		if err := late.connect(); err != nil {
			t.Errorf("when there is room: %v", err)
		}
		more := y.visitor("dave")
		if st := told(more.connect()); st != smb2.StatusRequestNotAccepted {
			t.Errorf("one more is told %v", st)
		}
		time.Sleep(2 * time.Minute)
		if err := more.connect(); err != nil {
			t.Errorf("when the server has not been asked for long: %v", err)
		}
		for _, l := range []*lodger{other, late, more} {
			l.works()
			l.leave()
		}
	})
}

// A connection that has ended is in nobody's way, while its clients are still being
// told.
func TestPoolReplacesEnded(t *testing.T) {
	t.Parallel()
	var telling chan struct{}
	one := func(y *yard) {
		y.pool.Size = 1
		telling = make(chan struct{})
		y.pool.Dial(func(ctx context.Context, open func(context.Context, back.Link) error) error {
			conn, err := y.dial(ctx)
			if err != nil {
				return err
			}
			return open(ctx, back.Link{Conn: conn, Lost: func(error) { <-telling }})
		}, 0)
	}
	onYard(t, one, func(y *yard) {
		alice := y.lodger("alice")
		y.link().Close()
		synctest.Wait()
		bob := y.visitor("bob")
		if err := bob.connect(); err != nil {
			t.Error(err)
		} else {
			bob.works()
		}
		close(telling)
		alice.leave()
		bob.leave()
		y.load(1, 0)
	})
}

// A tree that is shut takes back what it waits to send, while the server answers
// nothing.
func TestShut(t *testing.T) {
	t.Parallel()
	few := func(y *yard) { y.pool.Size, y.pool.Options.Requests = 1, 2 }
	onYard(t, few, func(y *yard) {
		l := y.lodger("alice")
		id := l.open("a")
		y.hold(commands(smb2.CommandRead))
		q := smb2.ReadRequest{FileID: id, Length: 4}
		ask := func() { l.serve(smb2.CommandRead, func(b []byte) []byte { return q.Append(b, nil) }) }
		ask()
		back := make(chan struct{})
		go func() { ask(); close(back) }()
		synctest.Wait()
		select {
		case <-back:
			t.Fatal("nothing waits")
		default:
		}
		l.share.Shut()
		<-back
		if got := l.front.next(t); got.status() != smb2.StatusNetworkNameDeleted {
			t.Errorf("read: %v", got.status())
		}
		l.leave()
	})
}
