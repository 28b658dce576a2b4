package back_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smbgw/smbgw/gateway/back"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/smb2test"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/mem"
)

// silent leaves requests of these commands unanswered.
func (r *rig) silent(list ...smb2.Command) {
	r.server.Script = func(q *smb2test.Request) smb2test.Action {
		for _, c := range list {
			if q.Command() == c {
				return smb2test.Action{Silent: true}
			}
		}
		return smb2test.Action{}
	}
}

// A link that breaks answers everything: what may have been done as unknown,
// the rest as failed. Placed data is given back.
func TestBroken(t *testing.T) {
	t.Parallel()
	for command, x := range map[smb2.Command]struct {
		body func([]byte) []byte
		want smb2.Status
	}{
		smb2.CommandRead:   {read(5000), smb2.StatusNetworkNameDeleted},
		smb2.CommandWrite:  {write(make([]byte, 5000)), smb2.StatusConnectionDisconnected},
		smb2.CommandCreate: {create, smb2.StatusConnectionDisconnected},
		smb2.CommandLock:   {lock, smb2.StatusConnectionDisconnected},
		smb2.CommandFlush:  {new(smb2.FlushRequest).AppendBody, smb2.StatusNetworkNameDeleted},
	} {
		r := placing(newRig(t, gmac))
		r.silent(command)
		r.mustConnect()
		for range 3 {
			r.serve(command, x.body)
		}
		r.link.(*mem.PlacerConn).Break()
		for range 3 {
			if got := r.front.next(t); got.status() != x.want {
				t.Errorf("%v: %v", command, got.status())
			}
		}
		if got := r.do(command, x.body); got.status() != smb2.StatusNetworkNameDeleted {
			t.Errorf("%v afterwards: %v", command, got.status())
		}
		r.end(nil)
	}
}

// Close says goodbye in order: the server answers what is outstanding when the
// tree ends, or else when it is cancelled.
func TestCloseInOrder(t *testing.T) {
	t.Parallel()
	for answers, want := range map[smb2.Command][]smb2.Command{
		smb2.CommandTreeDisconnect: {smb2.CommandFlush, smb2.CommandTreeDisconnect, smb2.CommandLogoff},
		smb2.CommandCancel:         {smb2.CommandFlush, smb2.CommandTreeDisconnect, smb2.CommandCancel, smb2.CommandLogoff},
	} {
		synctest.Test(t, func(t *testing.T) { closesInOrder(t, answers, want) })
	}
}

func closesInOrder(t *testing.T, answers smb2.Command, want []smb2.Command) {
	r := newRig(t, gmac)
	var order []smb2.Command
	var flush smb2.Header
	r.server.Script = func(q *smb2test.Request) smb2test.Action {
		order = append(order, q.Command())
		switch q.Command() {
		case smb2.CommandFlush:
			flush = slices.Clone(q.Header)
			return smb2test.Action{Silent: true}
		case answers:
			if err := r.server.Say(cancelled(flush)); err != nil {
				t.Error(err)
			}
		}
		return smb2test.Action{}
	}
	r.mustConnect()
	r.serve(smb2.CommandFlush, new(smb2.FlushRequest).AppendBody)
	r.end(nil)
	if got := r.front.next(t); got.status() != smb2.StatusCancelled {
		t.Errorf("flush: %v", got.status())
	}
	if n := len(want); len(order) < n || !slices.Equal(order[len(order)-n:], want) {
		t.Errorf("the server saw %v", order)
	}
}

// A LOGOFF ends what is outstanding, or else a CANCEL does, whether the server
// has it wait for that or not.
func TestLogoffOutstanding(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		answers smb2.Command
		waits   bool
		cancels int
	}{
		{smb2.CommandLogoff, false, 0},
		{smb2.CommandCancel, false, 1},
		{smb2.CommandCancel, true, 1},
	} {
		synctest.Test(t, func(t *testing.T) { logsOff(t, x.answers, x.waits, x.cancels) })
	}
}

func logsOff(t *testing.T, answers smb2.Command, waits bool, cancels int) {
	r := newRig(t, gmac)
	r.space.Options.Encrypt = true // what comes too late for the keys is a violation
	var flush, logoff smb2.Header
	say := func(h smb2.Header) {
		reply := smb2.NewHeader(h.Command(), h.MessageID())
		reply.SetSessionID(h.SessionID())
		if err := r.server.SaySealed(smb2.AppendErrorReply(nil, reply, smb2.StatusCancelled, 1)); err != nil {
			t.Error(err)
		}
	}
	r.server.Script = func(q *smb2test.Request) smb2test.Action {
		switch q.Command() {
		case smb2.CommandFlush:
			flush = slices.Clone(q.Header)
		case smb2.CommandLogoff:
			logoff = slices.Clone(q.Header)
		}
		if q.Command() == answers {
			say(flush)
			if waits {
				say(logoff)
			}
		}
		return smb2test.Action{Silent: q.Command() == smb2.CommandFlush || waits && q.Command() == smb2.CommandLogoff}
	}
	r.mustConnect()
	r.serve(smb2.CommandFlush, new(smb2.FlushRequest).AppendBody)
	began := time.Now()
	r.space.Logoff(r.client)
	if d := time.Since(began); d > 2*time.Second {
		t.Errorf("LOGOFF took %v", d)
	}
	if got := r.front.next(t); got.status() != smb2.StatusCancelled {
		t.Errorf("flush: %v", got.status())
	}
	r.end(nil)
	if n := r.server.Books.Requests; n[smb2.CommandCancel] != cancels || n[smb2.CommandTreeDisconnect] != 0 {
		t.Errorf("the server saw %v", n)
	}
}

// Abandon says nothing: durable opens stay the backend's to keep.
func TestAbandon(t *testing.T) {
	t.Parallel()
	r := newRig(t, gmac)
	r.silent(smb2.CommandFlush)
	r.mustConnect()
	r.serve(smb2.CommandFlush, new(smb2.FlushRequest).AppendBody)
	r.space.Abandon(r.client)
	if got := r.front.next(t); got.status() != smb2.StatusNetworkNameDeleted {
		t.Errorf("flush: %v", got.status())
	}
	r.end(nil)
	if n := r.server.Books.Requests; n[smb2.CommandLogoff]+n[smb2.CommandTreeDisconnect] != 0 {
		t.Errorf("the server saw %v", n)
	}
}

// A second tree uses the session, another client's session the connection, and
// after the last of them the next one makes a new connection.
func TestSpace(t *testing.T) {
	t.Parallel()
	r := newRig(t, gmac).mustConnect()
	second, err := r.space.Connect(context.Background(), r.client, "more")
	if err != nil {
		t.Fatal(err)
	}
	if n := r.server.Books.Requests[smb2.CommandSessionSetup]; n != 2 {
		t.Errorf("%d SESSION_SETUPs for two trees", n)
	}
	r.share.Server.Close()
	if err := r.space.Conn().Err(); err != nil {
		t.Errorf("one tree's end ends the connection: %v", err)
	}
	second.Server.Close()
	<-r.served
	if err := r.space.Conn().Err(); !errors.Is(err, back.ErrClosed) {
		t.Errorf("without trees the connection is kept: %v", err)
	}
	*r.server = smb2test.Keyed{Suite: gmac, Key: testKey}
	r.mustConnect()
	r.do(smb2.CommandLock, lock)
	r.end(nil)
}

// Credits are waited for, and what lets others go on has a reserve.
func TestBackPressure(t *testing.T) {
	t.Parallel()
	r := newRig(t, gmac)
	r.server.Credits = 0
	release := make(chan struct{})
	r.server.Script = func(q *smb2test.Request) smb2test.Action {
		if q.Command() == smb2.CommandCreate {
			return smb2test.Action{Edit: func(b []byte) []byte { <-release; return b }}
		}
		return smb2test.Action{}
	}
	r.mustConnect()
	sent := make(chan int, 1)
	go func() {
		n := 0
		for ; n < 600; n++ {
			r.serve(smb2.CommandCreate, create)
		}
		sent <- n
	}()
	select {
	case n := <-sent:
		t.Errorf("%d requests were sent on the server's credits", n)
	case <-time.After(20 * time.Millisecond):
	}
	close(release)
	for range 600 {
		if got := r.front.next(t); got.status() != 0 {
			t.Fatalf("create: %v", got.status())
		}
	}
	<-sent
	r.end(nil)
}

// A silent server is asked for a sign of life, and given up without one.
func TestKeepalive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, gmac).mustConnect()
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if err := r.space.Conn().Err(); err != nil {
			t.Errorf("the connection ended: %v", err)
		}
		if n := r.server.Books.Requests[smb2.CommandEcho]; n < 3 {
			t.Errorf("%d ECHOs in five minutes", n)
		}
		r.silent(smb2.CommandEcho, smb2.CommandFlush)
		r.serve(smb2.CommandFlush, new(smb2.FlushRequest).AppendBody)
		time.Sleep(2 * time.Minute)
		if got := r.front.next(t); got.status() != smb2.StatusNetworkNameDeleted {
			t.Errorf("flush: %v", got.status())
		}
		if err := r.space.Conn().Err(); !errors.Is(err, back.ErrSilent) {
			t.Errorf("the connection ended: %v", err)
		}
		r.end(nil)
	})
}

// Reauthentication keeps session and keys.
func TestReauthenticate(t *testing.T) {
	t.Parallel()
	r := newRig(t, gmac)
	a, b := r.net.Pipe()
	r.server.Conn = b
	go func() { r.served <- r.server.Serve() }()
	c := back.New(a, back.Options{Arena: &r.back, Sign: true})
	ran := make(chan error, 1)
	go func() { ran <- c.Run(context.Background()) }()
	ctx := context.Background()
	if err := c.Negotiate(ctx); err != nil {
		t.Fatal(err)
	}
	s, err := c.Login(ctx, proof(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Reauthenticate(ctx, proof()); err != nil {
		t.Fatal(err)
	}
	if err := s.Reauthenticate(ctx, &talker{last: "wrong"}); err == nil {
		t.Error("a wrong proof is as good")
	}
	share, err := s.Connect(ctx, r.client, "data")
	if err != nil {
		t.Fatal(err)
	}
	share.Server.Close()
	if err := s.Logoff(ctx); err != nil {
		t.Error(err)
	}
	c.Close()
	if err := <-ran; !errors.Is(err, back.ErrClosed) {
		t.Errorf("Run: %v", err)
	}
	<-r.served
	b.Close()
	if n := r.back.InUse() + r.net.Arena.InUse(); n != 0 {
		t.Errorf("%d messages in use", n)
	}
}

// A backend that cannot be reached is no backend.
func TestNoBackend(t *testing.T) {
	t.Parallel()
	r := newRig(t, gmac)
	r.space.Dial = back.Direct(func(context.Context) (transports.Conn, error) { return nil, errors.New("no route") })
	if st, ok := errors.AsType[smb2.Status](r.connect()); !ok || st != smb2.StatusServerUnavailable {
		t.Errorf("told %v", st)
	}
	r.end(nil)
}

// A server that grants little is asked for the credits of a large request, and
// one that never grants enough costs that request alone.
func TestGrow(t *testing.T) {
	t.Parallel()
	for _, generous := range []bool{true, false} {
		r := newRig(t, cmac) // whose NEGOTIATE is not hashed
		r.server.File = make([]byte, 1<<20)
		r.server.Script = func(q *smb2test.Request) smb2test.Action {
			return smb2test.Action{Edit: func(b []byte) []byte {
				smb2.Header(b).SetCredits(1)
				if q.Command() == smb2.CommandEcho && generous {
					smb2.Header(b).SetCredits(10)
				}
				return b
			}}
		}
		r.mustConnect()
		want := smb2.StatusInsuffServerResources
		if generous {
			want = smb2.StatusNotSupported // its own answer
		}
		q := smb2.QueryDirectoryRequest{OutputLength: 1 << 20}
		if got := r.do(smb2.CommandQueryDirectory, func(b []byte) []byte { return q.Append(b, nil) }); got.status() != want {
			t.Errorf("generous %v: %v", generous, got.status())
		}
		if got := r.do(smb2.CommandRead, read(1<<20)); len(got.data(t)) != 1<<20 {
			t.Errorf("generous %v, in parts if need be: %v", generous, got.status())
		}
		if got := r.do(smb2.CommandLock, lock); got.status() != smb2.StatusSuccess {
			t.Errorf("afterwards: %v", got.status())
		}
		r.end(nil)
	}
}
