package back_test

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"github.com/smbgw/smbgw/gateway/back"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
	"github.com/smbgw/smbgw/smb2/smb2test"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/mem"
)

func placing(r *rig) *rig {
	r.net.MaxReadWrite = 1 << 20
	r.server.Capabilities |= smb2.CapabilityLargeMTU
	return r
}

// READ and WRITE go by RDMA from the threshold on, where nothing protects them.
func TestPlaced(t *testing.T) {
	t.Parallel()
	for _, d := range []smb2.Dialect{smb2.Dialect311, smb2.Dialect302, smb2.Dialect30} {
		suite := crypt.Suite{Dialect: d, Signing: crypt.AESCMAC, Cipher: crypt.AES128CCM}
		r := placing(newRig(t, suite)).mustConnect()
		data := bytes.Repeat([]byte("0123456789abcdef"), 300)
		if got := r.do(smb2.CommandWrite, write(data)); got.status() != smb2.StatusSuccess {
			t.Fatalf("write: %v", got.status())
		}
		if !bytes.Equal(r.server.File, data) {
			t.Errorf("the server has %d other bytes", len(r.server.File))
		}
		if got := r.do(smb2.CommandRead, read(uint32(len(data)+10))); !bytes.Equal(got.data(t), data) {
			t.Errorf("read: %v, %d bytes", got.status(), len(got.b))
		}
		if got := r.do(smb2.CommandRead, read(4095)); !bytes.Equal(got.data(t), data[:4095]) {
			t.Errorf("small read: %v, %d bytes", got.status(), len(got.b))
		}
		c := r.space.Conn()
		r.end(nil)
		if r.server.Books.Placed != 2 || r.server.Books.Inline != 1 {
			t.Errorf("%v: %d placed and %d inline", d, r.server.Books.Placed, r.server.Books.Inline)
		}
		n := c.Counts()
		if n.PlacedReads != 1 || n.PlacedWrites != 1 || !maps.Equal(n.Inline, map[string]uint64{"below_threshold": 1}) {
			t.Errorf("%v: counted %+v", d, n)
		}
	}
}

// What stays inline is counted with its reason, and arrives all the same.
func TestInline(t *testing.T) {
	t.Parallel()
	for why, set := range map[string]func(*rig){
		"no_rdma":    func(r *rig) { r.net.MaxReadWrite = 0 },
		"turned_off": func(r *rig) { r.space.Options.NoPlacement = true },
		"signed":     func(r *rig) { r.space.Options.Sign = true },
		"encrypted":  func(r *rig) { r.space.Options.Encrypt = true },
		"dialect":    func(r *rig) { r.server.Suite = crypt.Suite{Dialect: smb2.Dialect21} },
		"pipe":       func(r *rig) { r.server.Share = smb2.SharePipe },
		"too_large":  func(r *rig) { r.net.MaxReadWrite = 5000 },
	} {
		r := newRig(t, gmac)
		r.net.MaxReadWrite = 1 << 20
		set(r)
		r.mustConnect()
		data := bytes.Repeat([]byte("x"), 6000)
		r.do(smb2.CommandWrite, write(data))
		if got := r.do(smb2.CommandRead, read(6000)); !bytes.Equal(got.data(t), data) {
			t.Errorf("%s: %v", why, got.status())
		}
		n := r.space.Conn().Counts()
		r.end(nil)
		if !maps.Equal(n.Inline, map[string]uint64{why: 2}) || r.server.Books.Placed != 0 {
			t.Errorf("%s: counted %+v", why, n)
		}
	}
}

func TestInlineCompound(t *testing.T) {
	t.Parallel()
	r := placing(newRig(t, gmac))
	r.server.File = make([]byte, 6000)
	r.mustConnect()
	r.share.Server.Serve([]*tree.Request{r.front.request(smb2.CommandCreate, create), r.front.request(smb2.CommandRead, read(6000))})
	r.front.next(t)
	if got := r.front.next(t); len(got.data(t)) != 6000 {
		t.Errorf("read: %v", got.status())
	}
	n := r.space.Conn().Counts()
	r.end(nil)
	if !maps.Equal(n.Inline, map[string]uint64{"compound": 1}) {
		t.Errorf("counted %+v", n)
	}
}

// The server is asked to invalidate where the dialect and the device that our
// memory is exposed with have that, [MS-SMB2] 3.2.4.6.
func TestPlacedChannel(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		dialect smb2.Dialect
		keeps   bool
		want    smb2.Channel
	}{
		{smb2.Dialect311, false, smb2.ChannelV1Invalidate},
		{smb2.Dialect302, false, smb2.ChannelV1Invalidate},
		{smb2.Dialect30, false, smb2.ChannelV1},
		{smb2.Dialect311, true, smb2.ChannelV1},
		{smb2.Dialect302, true, smb2.ChannelV1},
	} {
		r := newRig(t, crypt.Suite{Dialect: c.dialect, Signing: crypt.AESCMAC, Cipher: crypt.AES128CCM})
		r.net.NoInvalidation = c.keeps
		var asked []smb2.Channel
		r.server.Script = func(q *smb2test.Request) smb2test.Action {
			switch q.Command() {
			case smb2.CommandRead:
				if p, err := smb2.ParseReadRequest(q.Header); err == nil {
					asked = append(asked, p.Channel)
				}
			case smb2.CommandWrite:
				if p, err := smb2.ParseWriteRequest(q.Header); err == nil {
					asked = append(asked, p.Channel)
				}
			}
			return smb2test.Action{}
		}
		placing(r).mustConnect()
		data := make([]byte, 6000)
		if w, rd := r.do(smb2.CommandWrite, write(data)), r.do(smb2.CommandRead, read(6000)); w.status() != 0 || !bytes.Equal(rd.data(t), data) {
			t.Errorf("%+v: %v, %v", c, w.status(), rd.status())
		}
		r.end(nil)
		if !slices.Equal(asked, []smb2.Channel{c.want, c.want}) {
			t.Errorf("%+v: asked with channels %v", c, asked)
		}
	}
}

// Answers that are not what placement promises: errors and data beside it pass,
// lies end the connection. Nothing stays exposed or in use.
func TestPlacedAnswers(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		action smb2test.Action
		status smb2.Status
		n      int
	}{
		"inline after all": {smb2test.Action{Inline: true}, 0, 6000},
		"short":            {smb2test.Action{Short: 5000}, 0, 5000},
		"an error":         {smb2test.Action{Status: smb2.StatusFileLockConflict}, smb2.StatusFileLockConflict, 0},
		"overflow":         {smb2test.Action{Status: smb2.StatusBufferOverflow}, smb2.StatusBufferOverflow, 6000},
		"later":            {smb2test.Action{Async: true}, 0, 6000},
		"more than asked": {smb2test.Action{Edit: func(b []byte) []byte {
			r := smb2.ReadResponse{DataOffset: 80, DataRemaining: 6001}
			return r.AppendBody(b[:smb2.HeaderSize])
		}}, smb2.StatusNetworkNameDeleted, 0},
		"both ways": {smb2test.Action{Edit: func(b []byte) []byte {
			r := smb2.ReadResponse{DataRemaining: 10}
			return r.Append(b[:smb2.HeaderSize], []byte("x"))
		}}, smb2.StatusNetworkNameDeleted, 0},
		"transform": {smb2test.Action{Edit: func(b []byte) []byte {
			r := smb2.ReadResponse{DataOffset: 80, DataRemaining: 10, Flags: smb2.ReadResponseTransform}
			return r.AppendBody(b[:smb2.HeaderSize])
		}}, smb2.StatusNetworkNameDeleted, 0},
	} {
		r := placing(newRig(t, gmac))
		r.server.File = bytes.Repeat([]byte("y"), 7000)
		r.server.Script = func(q *smb2test.Request) smb2test.Action {
			if q.Command() == smb2.CommandRead {
				return x.action
			}
			return smb2test.Action{}
		}
		r.mustConnect()
		got := r.do(smb2.CommandRead, read(6000))
		if got.status() != x.status {
			t.Errorf("%s: %v", name, got.status())
		} else if got.status().HasData() && !bytes.Equal(got.data(t), r.server.File[:x.n]) {
			t.Errorf("%s: %d bytes", name, len(got.data(t)))
		}
		r.end(nil)
	}
}

// A narrow leg takes messages of a few bytes.
type narrow struct {
	*mem.PlacerConn
	max int
}

func (n narrow) MaxSend() int { return n.max }

// A WRITE that fits into no message is placed, or split, and neither costs the
// connection.
func TestNarrow(t *testing.T) {
	t.Parallel()
	for _, sign := range []bool{false, true} {
		r := placing(newRig(t, gmac))
		r.space.Options.Sign = sign
		r.dial(func(c transports.Conn) transports.Conn { return narrow{c.(*mem.PlacerConn), 70000} })
		r.mustConnect()
		want := uint32(1 << 20)
		if sign {
			want = 70000 - 52 - 112
		}
		if n := r.share.Server.(*back.Tree).Limits().MaxWrite; n != want {
			t.Errorf("signed %v: MaxWrite %d", sign, n)
		}
		if got := r.do(smb2.CommandWrite, write(make([]byte, 100000))); got.status() != smb2.StatusSuccess {
			t.Errorf("signed %v: %v", sign, got.status())
		}
		if got := r.do(smb2.CommandWrite, write(make([]byte, 69000))); got.status() != smb2.StatusSuccess {
			t.Errorf("signed %v, a shorter one: %v", sign, got.status())
		}
		r.end(nil)
	}
}
