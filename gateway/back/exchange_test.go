package back_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/smbgw/smbgw/gateway/back"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
	"github.com/smbgw/smbgw/smb2/smb2test"
)

// Every way of protection carries the same requests to the same replies.
func TestExchange(t *testing.T) {
	t.Parallel()
	plain := func(*rig) {}
	sign := func(r *rig) { r.space.Options.Sign = true }
	asked := func(r *rig) { r.server.Mode = smb2.SigningRequired }
	seal := func(r *rig) { r.space.Options.Encrypt = true }
	session := func(r *rig) { r.server.SessionFlags = smb2.SessionEncrypt }
	share := func(r *rig) { r.server.ShareFlags = smb2.ShareEncrypt }
	none := func(c int) bool { return c == 0 }
	some := func(c int) bool { return c > 5 }
	one := func(c int) bool { return c == 1 }
	for name, x := range map[string]struct {
		suite          crypt.Suite
		set            func(*rig)
		signed, sealed func(int) bool
	}{
		"3.1.1":                 {gmac, plain, one, none}, // TREE_CONNECT
		"3.1.1 signed GMAC":     {gmac, sign, some, none},
		"3.1.1 signing asked":   {gmac, asked, some, none},
		"3.1.1 signed HMAC":     {crypt.Suite{Dialect: smb2.Dialect311, Signing: crypt.HMACSHA256}, sign, some, none},
		"3.1.1 encrypted GCM":   {gmac, seal, none, some},
		"3.1.1 session sealed":  {gmac, session, none, some},
		"3.1.1 share sealed":    {gmac, share, one, some},
		"3.1.1 encrypted CCM":   {crypt.Suite{Dialect: smb2.Dialect311, Signing: crypt.AESCMAC, Cipher: crypt.AES256CCM}, seal, none, some},
		"3.0.2":                 {cmac, plain, func(c int) bool { return c == 2 }, none}, // and VALIDATE_NEGOTIATE_INFO
		"3.0.2 signed CMAC":     {cmac, sign, some, none},
		"3.0.2 encrypted":       {cmac, seal, none, some},
		"3.0 signed":            {crypt.Suite{Dialect: smb2.Dialect30, Signing: crypt.AESCMAC, Cipher: crypt.AES128CCM}, sign, some, none},
		"2.1 signed":            {crypt.Suite{Dialect: smb2.Dialect21}, sign, some, none},
		"2.1 as the only thing": {crypt.Suite{Dialect: smb2.Dialect21}, func(r *rig) { r.space.Options.Dialects = []smb2.Dialect{smb2.Dialect21} }, one, none},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, x.suite)
			x.set(r)
			r.mustConnect()
			if d := r.space.Conn().Dialect(); d != x.suite.Dialect {
				t.Errorf("dialect %v", d)
			}
			exchange(t, r)
			r.end(nil)
			if !x.signed(r.server.Signed) || !x.sealed(r.server.Sealed) {
				t.Errorf("%d signed, %d sealed", r.server.Signed, r.server.Sealed)
			}
			wants := x.suite.Dialect < smb2.Dialect311 && len(r.space.Options.Dialects) == 0
			if (r.server.Validated == 1) != wants {
				t.Errorf("negotiation validated %d times", r.server.Validated)
			}
		})
	}
}

func exchange(t *testing.T, r *rig) {
	data := bytes.Repeat([]byte("0123456789abcdef"), 20000)
	if got := r.do(smb2.CommandWrite, write(data)); got.status() != smb2.StatusSuccess {
		t.Fatalf("write: %v", got.status())
	}
	got := r.do(smb2.CommandRead, read(uint32(len(data))))
	if got.status() != smb2.StatusSuccess || !bytes.Equal(got.data(t), data) {
		t.Errorf("read: %v, %d bytes", got.status(), len(got.b))
	}
	for range 5 {
		r.do(smb2.CommandLock, lock)
	}
	if got := r.do(smb2.CommandSetInfo, func(b []byte) []byte { return new(smb2.SetInfoRequest).Append(b, []byte{1}) }); got.status() != smb2.StatusNotSupported {
		t.Errorf("an error came as %v", got.status())
	}
}

// A chain goes as a related compound and comes back as one reply each.
func TestCompound(t *testing.T) {
	t.Parallel()
	for _, seal := range []bool{false, true} {
		r := newRig(t, gmac)
		r.space.Options.Encrypt, r.space.Options.Sign = seal, !seal
		var related []bool
		r.server.Script = func(q *smb2test.Request) smb2test.Action {
			if !q.Alone {
				related = append(related, q.Has(smb2.FlagRelated))
			}
			return smb2test.Action{}
		}
		r.mustConnect()
		chain := []*tree.Request{
			r.front.request(smb2.CommandCreate, create),
			r.front.request(smb2.CommandRead, read(10)),
			r.front.request(smb2.CommandClose, new(smb2.CloseRequest).AppendBody),
		}
		r.share.Server.Serve(chain)
		for i, want := range []smb2.Status{0, smb2.StatusEndOfFile, 0} {
			got := r.front.next(t)
			if got.r != chain[i] || got.status() != want || smb2.Header(got.b).NextCommand() != 0 {
				t.Errorf("reply %d is %v %v", i, smb2.Header(got.b).Command(), got.status())
			}
		}
		r.end(nil)
		if len(related) != 3 || related[0] || !related[1] || !related[2] {
			t.Errorf("related: %v", related)
		}
	}
}

// Interim replies are told once; CANCEL names the request that it is about.
func TestPendingAndCancel(t *testing.T) {
	t.Parallel()
	for _, suite := range []crypt.Suite{gmac, cmac} {
		r := newRig(t, suite)
		r.space.Options.Sign = true
		var cancels []smb2.Header
		var locked smb2.Header
		r.server.Script = func(q *smb2test.Request) smb2test.Action {
			switch q.Command() {
			case smb2.CommandLock:
				locked = bytes.Clone(q.Header[:smb2.HeaderSize])
				return smb2test.Action{Async: true}
			case smb2.CommandFlush:
				return smb2test.Action{Silent: true}
			case smb2.CommandCancel:
				cancels = append(cancels, bytes.Clone(q.Header[:smb2.HeaderSize]))
				if err := r.server.Say(cancelled(q.Header)); err != nil {
					t.Error(err)
				}
			}
			return smb2test.Action{}
		}
		r.mustConnect()
		if got := r.do(smb2.CommandLock, lock); got.status() != 0 || got.pending != 1 {
			t.Errorf("lock: %v after %d interim replies", got.status(), got.pending)
		}
		q := r.serve(smb2.CommandFlush, new(smb2.FlushRequest).AppendBody)
		r.share.Server.Cancel(q)
		r.share.Server.Cancel(q) // is sent once
		if got := r.front.next(t); got.r != q || got.status() != smb2.StatusCancelled {
			t.Errorf("flush: %v", got.status())
		}
		r.end(nil)
		if len(cancels) != 1 || cancels[0].MessageID() <= locked.MessageID() {
			t.Errorf("%d CANCELs", len(cancels))
		}
	}
}

// cancelled is the end of the request that a CANCEL names, unsigned as ksmbd's.
func cancelled(cancel smb2.Header) []byte {
	h := smb2.NewHeader(smb2.CommandFlush, cancel.MessageID())
	h.SetSessionID(cancel.SessionID())
	return smb2.AppendErrorReply(nil, h, smb2.StatusCancelled, 1)
}

// Breaks go to the tree that holds what is broken, and to nobody else.
func TestBreak(t *testing.T) {
	t.Parallel()
	r := newRig(t, gmac)
	r.space.Options.Encrypt = true
	say := func(f smb2.FileID) {
		h := smb2.NewHeader(smb2.CommandOplockBreak, smb2.Unsolicited)
		h.Set(smb2.FlagReply)
		o := smb2.OplockBreak{Level: smb2.OplockII, FileID: f}
		if err := r.server.Say(o.AppendBody(h)); err != nil {
			t.Error(err)
		}
	}
	r.server.Script = func(q *smb2test.Request) smb2test.Action {
		if q.Command() != smb2.CommandLock {
			return smb2test.Action{}
		}
		return smb2test.Action{Then: func() {
			say(smb2.NewFileID(8, 9))
			say(smb2.NewFileID(1, 2))
		}}
	}
	r.mustConnect()
	r.do(smb2.CommandCreate, create)
	r.do(smb2.CommandLock, lock)
	o, err := smb2.ParseOplockBreak(<-r.front.breaks)
	if err != nil || o.FileID != smb2.NewFileID(1, 2) || o.Level != smb2.OplockII {
		t.Errorf("break of %v: %v", o.FileID, err)
	}
	r.do(smb2.CommandClose, (&smb2.CloseRequest{FileID: smb2.NewFileID(1, 2)}).AppendBody)
	r.do(smb2.CommandLock, lock)
	r.do(smb2.CommandFlush, new(smb2.FlushRequest).AppendBody) // behind the breaks
	r.end(nil)
	if n := len(r.front.breaks); n != 0 {
		t.Errorf("%d breaks of what is closed or another's", n)
	}
}

// A request larger than the server takes is not sent; one for more output than
// it gives asks for what it gives.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	r := newRig(t, gmac)
	r.server.MaxSize = 64 << 10
	var asked []uint32
	r.server.Script = func(q *smb2test.Request) smb2test.Action {
		if q.Command() == smb2.CommandQueryDirectory {
			d, err := smb2.ParseQueryDirectoryRequest(q.Header)
			if err != nil {
				t.Error(err)
			}
			asked = append(asked, d.OutputLength)
		}
		return smb2test.Action{}
	}
	r.mustConnect()
	if n := r.space.Conn().Limits(); n != (back.Limits{MaxTransact: 64 << 10, MaxRead: 64 << 10, MaxWrite: 64 << 10}) {
		t.Errorf("limits %+v", n)
	}
	q := smb2.QueryDirectoryRequest{OutputLength: 8 << 20}
	r.do(smb2.CommandQueryDirectory, func(b []byte) []byte { return q.Append(b, nil) })
	long := func(b []byte) []byte { return new(smb2.SetInfoRequest).Append(b, make([]byte, 64<<10+1)) }
	if got := r.do(smb2.CommandSetInfo, long); got.status() != smb2.StatusInvalidParameter {
		t.Errorf("set info: %v", got.status())
	}
	r.end(nil)
	if !slices.Equal(asked, []uint32{64 << 10}) {
		t.Errorf("the server is asked for %d bytes", asked)
	}
	if n := r.server.Books.Requests[smb2.CommandSetInfo]; n != 0 {
		t.Errorf("%d were sent", n)
	}
}
