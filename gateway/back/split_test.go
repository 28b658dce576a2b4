package back_test

import (
	"bytes"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/smb2test"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/mem"
)

const unit = 64 << 10

// pattern is a file that has no two parts alike.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i) ^ byte(i>>8) ^ byte(i>>16)
	}
	return b
}

// A transfer is what a server sees of a READ or WRITE.
type transfer struct {
	offset uint64
	length uint32
	flags  uint32
	least  uint32
	charge uint16
}

func seen(h smb2.Header) transfer {
	n := max(h.CreditCharge(), 1)
	if h.Command() == smb2.CommandRead {
		r, _ := smb2.ParseReadRequest(h)
		return transfer{r.Offset, r.Length, uint32(r.Flags), r.MinimumCount, n}
	}
	w, _ := smb2.ParseWriteRequest(h)
	return transfer{w.Offset, max(w.Length, w.RemainingBytes), w.Flags, 0, n}
}

// record lets do answer READs and WRITEs, and returns what there have been.
func (r *rig) record(do func(transfer) smb2test.Action) *[]transfer {
	list := new([]transfer)
	r.server.Script = func(q *smb2test.Request) smb2test.Action {
		if c := q.Command(); c != smb2.CommandRead && c != smb2.CommandWrite {
			return smb2test.Action{}
		}
		x := seen(q.Header)
		*list = append(*list, x)
		if do == nil {
			return smb2test.Action{}
		}
		return do(x)
	}
	return list
}

// What is larger than the server takes goes in parts, each with its credits,
// and comes back as one; with RDMA from and to one buffer.
func TestSplit(t *testing.T) {
	t.Parallel()
	data := pattern(3*unit + 1000)
	for name, x := range map[string]struct {
		set    func(*rig)
		placed int
	}{
		"inline":        {func(*rig) {}, 0},
		"sealed":        {func(r *rig) { r.space.Options.Encrypt = true }, 0},
		"signed":        {func(r *rig) { r.space.Options.Sign = true }, 0},
		"placed":        {func(r *rig) { placing(r) }, 6}, // the rest is below the threshold
		"small windows": {func(r *rig) { placing(r).net.MaxReadWrite, r.server.MaxSize = unit+1, 1<<20 }, 6},
	} {
		r := newRig(t, gmac)
		r.server.MaxSize = unit
		x.set(r)
		list := r.record(nil)
		r.mustConnect()
		w := smb2.WriteRequest{Offset: 10, Flags: 1}
		got := r.do(smb2.CommandWrite, func(b []byte) []byte { return w.Append(b, data) })
		if res, err := smb2.ParseWriteResponse(got.b); got.status() != 0 || err != nil || int(res.Count) != len(data) {
			t.Errorf("%s: write: %v, %d bytes, %v", name, got.status(), res.Count, err)
		}
		if !bytes.Equal(r.server.File[10:], data) {
			t.Errorf("%s: the server has something else", name)
		}
		q := smb2.ReadRequest{Offset: 10, Length: uint32(len(data)), MinimumCount: uint32(len(data)), Flags: 1}
		got = r.do(smb2.CommandRead, func(b []byte) []byte { return q.Append(b, nil) })
		if got.status() != 0 || !bytes.Equal(got.data(t), data) {
			t.Errorf("%s: read: %v", name, got.status())
		}
		n := r.space.Conn().Counts()
		r.end(nil)
		if want := []transfer{{10, unit, 1, 0, 1}, {10 + unit, unit, 1, 0, 1}, {10 + 2*unit, unit, 1, 0, 1}, {10 + 3*unit, 1000, 1, 0, 1}}; len(*list) != 8 {
			t.Errorf("%s: the server saw %v", name, *list)
		} else if [4]transfer((*list)[:4]) != [4]transfer(want) || [4]transfer((*list)[4:]) != [4]transfer(want) {
			t.Errorf("%s: the server saw %v", name, *list)
		}
		if r.server.Books.Placed != x.placed || n.PlacedReads+n.PlacedWrites != uint64(x.placed) || n.Split != 2 {
			t.Errorf("%s: %d placed, counted %+v", name, r.server.Books.Placed, n)
		}
	}
}

// The parts' answers come to what one would have been answered.
func TestSplitAnswers(t *testing.T) {
	t.Parallel()
	const size = 4 * unit
	short := func(at uint64, n uint32) func(transfer) smb2test.Action {
		return func(x transfer) smb2test.Action {
			if x.offset == at {
				return smb2test.Action{Short: n}
			}
			return smb2test.Action{}
		}
	}
	fails := func(st map[uint64]smb2.Status) func(transfer) smb2test.Action {
		return func(x transfer) smb2test.Action { return smb2test.Action{Status: st[x.offset]} }
	}
	ends := smb2.StatusEndOfFile
	conflict := smb2.StatusFileLockConflict
	for name, x := range map[string]struct {
		command smb2.Command
		file    int
		least   uint32
		do      func(transfer) smb2test.Action
		status  smb2.Status
		moved   int
	}{
		"short in the middle": {smb2.CommandRead, size, 0, short(unit, 100), 0, unit + 100},
		"end in a part":       {smb2.CommandRead, 2*unit + 5, 0, nil, 0, 2*unit + 5},
		"end between parts":   {smb2.CommandRead, 2 * unit, 0, nil, 0, 2 * unit},
		"nothing there":       {smb2.CommandRead, 0, 0, nil, ends, 0},
		"less than the least": {smb2.CommandRead, 2 * unit, 2*unit + 1, nil, ends, 0},
		"just the least":      {smb2.CommandRead, 2 * unit, 2 * unit, nil, 0, 2 * unit},
		"first part fails":    {smb2.CommandRead, size, 0, fails(map[uint64]smb2.Status{0: conflict, unit: ends}), conflict, 0},
		"another part fails":  {smb2.CommandRead, size, 0, fails(map[uint64]smb2.Status{unit: conflict, 2 * unit: smb2.StatusAccessDenied}), conflict, 0},
		"end before an error": {smb2.CommandRead, size, 0, fails(map[uint64]smb2.Status{unit: ends, 2 * unit: conflict}), 0, unit},
		"written short":       {smb2.CommandWrite, 0, 0, short(unit, 100), 0, unit + 100},
		"written not at all":  {smb2.CommandWrite, 0, 0, fails(map[uint64]smb2.Status{0: smb2.StatusNoSpace}), smb2.StatusNoSpace, 0},
		"written in part":     {smb2.CommandWrite, 0, 0, fails(map[uint64]smb2.Status{2 * unit: smb2.StatusNoSpace}), smb2.StatusNoSpace, 0},
		"written short and an error": {smb2.CommandWrite, 0, 0, func(x transfer) smb2test.Action {
			return smb2test.Action{Short: 7, Status: map[uint64]smb2.Status{unit: conflict}[x.offset]}
		}, 0, 7},
	} {
		for _, place := range []bool{false, true} {
			r := newRig(t, gmac)
			if place {
				placing(r)
			}
			r.server.MaxSize, r.server.File = unit, pattern(x.file)
			r.record(x.do)
			r.mustConnect()
			body := func(b []byte) []byte { return new(smb2.WriteRequest).Append(b, pattern(size)) }
			if x.command == smb2.CommandRead {
				q := smb2.ReadRequest{Length: size, MinimumCount: x.least}
				body = func(b []byte) []byte { return q.Append(b, nil) }
			}
			got := r.do(x.command, body)
			switch {
			case got.status() != x.status:
				t.Errorf("%s: %v", name, got.status())
			case x.status != 0:
				if _, err := smb2.ParseErrorResponse(got.b); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			case x.command == smb2.CommandRead:
				if !bytes.Equal(got.data(t), pattern(size)[:x.moved]) {
					t.Errorf("%s: %d bytes", name, len(got.data(t)))
				}
			default:
				if w, err := smb2.ParseWriteResponse(got.b); err != nil || int(w.Count) != x.moved {
					t.Errorf("%s: %d bytes, %v", name, w.Count, err)
				}
			}
			r.end(nil)
		}
	}
}

// All parts are on their way before the first is answered, if there are the
// credits, and the client is told to wait once.
func TestSplitPipelined(t *testing.T) {
	t.Parallel()
	r := newRig(t, gmac)
	r.server.MaxSize, r.server.File = unit, pattern(4*unit)
	n := 0
	all := make(chan bool)
	r.record(func(transfer) smb2test.Action {
		if n++; n == 4 {
			close(all)
		}
		return smb2test.Action{Async: true, Edit: func(b []byte) []byte { return b }}
	})
	r.mustConnect()
	got := r.do(smb2.CommandRead, read(4*unit))
	<-all
	if got.status() != 0 || got.pending != 1 {
		t.Errorf("%v after %d interim replies", got.status(), got.pending)
	}
	r.end(nil)
}

// A server that grants little gets parts as its credits come.
func TestSplitStarved(t *testing.T) {
	t.Parallel()
	data := pattern(20*unit + 1)
	for _, n := range []uint16{1, 2, 5, 20} {
		r := newRig(t, cmac)
		r.server.MaxSize = 4 * unit
		r.record(nil)
		r.starve(n)
		r.mustConnect()
		if got := r.do(smb2.CommandWrite, write(data)); got.status() != 0 || !bytes.Equal(r.server.File, data) {
			t.Errorf("%d credits: write: %v", n, got.status())
		}
		if got := r.do(smb2.CommandRead, read(uint32(len(data)))); got.status() != 0 || !bytes.Equal(got.data(t), data) {
			t.Errorf("%d credits: read: %v", n, got.status())
		}
		r.end(nil)
	}
}

// What cannot be asked in parts is refused.
func TestUnsplit(t *testing.T) {
	t.Parallel()
	read := func(offset uint64, n uint32) func([]byte) []byte {
		q := smb2.ReadRequest{Offset: offset, Length: n}
		return func(b []byte) []byte { return q.Append(b, nil) }
	}
	for name, x := range map[string]struct {
		share smb2.ShareType
		body  func([]byte) []byte
	}{
		"a pipe's":        {smb2.SharePipe, read(0, unit+1)},
		"more than 8 MiB": {smb2.ShareDisk, read(0, 8<<20+1)},
		"beyond the end":  {smb2.ShareDisk, read(math.MaxInt64-unit, unit+1)},
		"no offset":       {smb2.ShareDisk, read(math.MaxUint64, unit+1)},
		"with a channel": {smb2.ShareDisk, func(b []byte) []byte {
			q := smb2.ReadRequest{Length: unit + 1, Channel: smb2.ChannelV1}
			return q.Append(b, make([]byte, smb2.DescriptorSize))
		}},
	} {
		r := newRig(t, gmac)
		r.server.MaxSize, r.server.Share = unit, x.share
		r.mustConnect()
		if got := r.do(smb2.CommandRead, x.body); got.status() != smb2.StatusInvalidParameter {
			t.Errorf("%s: %v", name, got.status())
		}
		r.end(nil)
		if n := r.server.Books.Requests[smb2.CommandRead]; n != 0 {
			t.Errorf("%s: %d READs", name, n)
		}
	}
}

// CANCEL reaches the parts that have been sent, and none is sent after it.
func TestSplitCancelled(t *testing.T) {
	t.Parallel()
	r := newRig(t, cmac)
	r.server.MaxSize = unit
	sent := make(chan bool, 100)
	var ids, cancels []smb2.MessageID
	r.server.Script = func(q *smb2test.Request) smb2test.Action {
		switch q.Command() {
		case smb2.CommandRead:
			ids = append(ids, q.MessageID())
			sent <- true
			return smb2test.Action{Silent: true}
		case smb2.CommandCancel:
			cancels = append(cancels, q.MessageID())
			h := smb2.NewHeader(smb2.CommandRead, q.MessageID())
			h.SetSessionID(q.SessionID())
			if err := r.server.Say(smb2.AppendErrorReply(nil, h, smb2.StatusCancelled, 0)); err != nil {
				t.Error(err)
			}
		}
		return smb2test.Action{}
	}
	r.starve(8)
	r.mustConnect()
	q := r.front.request(smb2.CommandRead, read(100*unit))
	served := make(chan bool)
	go func() {
		r.share.Server.Serve([]*tree.Request{q})
		close(served)
	}()
	<-sent
	time.Sleep(time.Millisecond) // for more of them
	r.share.Server.Cancel(q)
	if got := r.front.next(t); got.r != q || got.status() != smb2.StatusCancelled {
		t.Errorf("read: %v", got.status())
	}
	<-served
	r.server.Script = nil
	r.end(errors.ErrUnsupported) // which knows nothing of silent READs' credits
	if len(ids) == 0 || len(ids) > 8 || len(cancels) != len(ids) {
		t.Errorf("%d READs, %d CANCELs", len(ids), len(cancels))
	}
}

// starve makes the server grant n credits with NEGOTIATE, which must not be
// hashed, and no more than it is paid for after that.
func (r *rig) starve(n uint16) {
	script := r.server.Script
	r.server.Script = func(q *smb2test.Request) smb2test.Action {
		a := smb2test.Action{}
		if script != nil {
			a = script(q)
		}
		grant := max(q.CreditCharge(), 1)
		if q.Command() == smb2.CommandNegotiate {
			grant = n
		}
		a.Edit = func(b []byte) []byte { smb2.Header(b).SetCredits(grant); return b }
		return a
	}
}

// A split ends with its connection, or its tree, whatever has been sent.
func TestSplitLost(t *testing.T) {
	t.Parallel()
	for _, command := range []smb2.Command{smb2.CommandRead, smb2.CommandWrite} {
		for _, closed := range []bool{false, true} {
			r := placing(newRig(t, cmac))
			r.server.MaxSize, r.server.File = unit, make([]byte, 30*unit)
			sent := make(chan bool, 100)
			answers := 1
			r.record(func(transfer) smb2test.Action {
				sent <- true
				answers--
				return smb2test.Action{Silent: answers < 0}
			})
			r.starve(4)
			r.mustConnect()
			body := read(30 * unit)
			if command == smb2.CommandWrite {
				body = write(make([]byte, 30*unit))
			}
			q := r.front.request(command, body)
			served := make(chan bool)
			go func() {
				r.share.Server.Serve([]*tree.Request{q})
				close(served)
			}()
			<-sent
			<-sent
			if closed {
				go r.space.Conn().Close() // as Close would after its time
				r.share.Server.Close()
				r.share = nil
			} else {
				r.link.(*mem.PlacerConn).Break()
			}
			want := smb2.StatusNetworkNameDeleted
			if command == smb2.CommandWrite {
				want = smb2.StatusConnectionDisconnected
			}
			if got := r.front.next(t); command == smb2.CommandWrite && got.status() != want || !got.status().IsError() {
				t.Errorf("%v: %v", command, got.status())
			}
			<-served
			r.end(errors.ErrUnsupported)
		}
	}
}

// A crowded leg exposes nothing.
type crowded struct {
	*mem.PlacerConn
	max int
}

func (c crowded) MaxSend() int    { return c.max }
func (c crowded) MaxReceive() int { return c.max }
func (c crowded) Expose([]byte, transports.Right) (transports.Exposure, error) {
	return nil, errors.New("full")
}

// What can be placed neither as one nor in parts goes in messages, as long as
// the server takes them and we do.
func TestSplitCrowded(t *testing.T) {
	t.Parallel()
	for _, sign := range []bool{false, true} {
		r := placing(newRig(t, gmac))
		r.space.Options.Sign = sign
		r.dial(func(c transports.Conn) transports.Conn { return crowded{c.(*mem.PlacerConn), 2*unit + 5000} })
		list := r.record(nil)
		r.mustConnect()
		data := pattern(5 * unit)
		if got := r.do(smb2.CommandWrite, write(data)); got.status() != 0 || !bytes.Equal(r.server.File, data) {
			t.Errorf("write: %v", got.status())
		}
		if got := r.do(smb2.CommandRead, read(5*unit)); got.status() != 0 || !bytes.Equal(got.data(t), data) {
			t.Errorf("read: %v", got.status())
		}
		n := r.space.Conn().Counts()
		r.end(nil)
		if len(*list) != 6 || (*list)[5] != (transfer{4 * unit, unit, 0, 0, 1}) || r.server.Books.Largest > 2*unit+5000 {
			t.Errorf("the server saw %v", *list)
		}
		why := "no_room"
		if sign {
			why = "signed"
		}
		if n.Inline[why] != 6 {
			t.Errorf("counted %+v", n)
		}
	}
}
