package gateway

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smbgw/smbgw/gateway/back"
	peer "github.com/smbgw/smbgw/gateway/client"
	"github.com/smbgw/smbgw/gateway/front"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// Whatever protects the client's leg, what it writes it reads, and beyond the
// threshold all of it crosses an SMB Direct leg by RDMA: that leg is the
// gateway's own, and nothing has asked it to sign.
func TestTerminate(t *testing.T) {
	t.Parallel()
	for _, leg := range []string{"plain", "direct"} {
		for _, mount := range []string{"plain", "direct"} {
			for protection, o := range map[string]back.Options{"clear": {}, "signed": {Sign: true}, "sealed": {Encrypt: true}} {
				t.Run(leg+"/"+mount+"/"+protection, func(t *testing.T) {
					t.Parallel()
					h := newHouse(t, Terms{})
					c := h.client(h.dial(leg), o)
					s := h.connect(c, "alice", mount)
					if s.Signs() != o.Sign || s.Seals() != o.Encrypt {
						t.Errorf("signs %v, seals %v", s.Signs(), s.Seals())
					}
					copied(t, s)
					if err := s.Close(); err != nil {
						t.Error(err)
					}
					checkPlaced(t, "client", c.Counts(), leg == "direct" && protection == "clear")
					c.Close()
					h.gw.stop(t)
					checkPlaced(t, "gateway", h.gw.moved(t), mount == "direct")
				})
			}
		}
	}
}

// A copy is 4 WRITEs and 4 READs above the threshold, the last of which is odd,
// and one of each below it.
const placedByCopy = 4

func copied(t testing.TB, s *peer.Share) {
	t.Helper()
	const size = 3<<20 + DefaultThreshold + 17
	p := peer.NewPattern(1)
	f, err := s.Create("copy")
	if err != nil {
		t.Fatal(err)
	}
	s.Unit = 1 << 20
	if err := f.Upload(size, p.Fill); err != nil {
		t.Errorf("upload: %v", err)
	}
	if err := f.Download(size, p.Check); err != nil {
		t.Errorf("download: %v", err)
	}
	small := bytes.Repeat([]byte("small"), 100)
	if n, err := f.WriteAt(small, 99); n != len(small) || err != nil {
		t.Errorf("small write: %d, %v", n, err)
	}
	got := make([]byte, len(small))
	if n, err := f.ReadAt(got, 99); n != len(small) || err != nil || !bytes.Equal(got, small) {
		t.Errorf("small read: %d, %v", n, err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

// checkPlaced looks at what became of a copy's READs and WRITEs.
func checkPlaced(t *testing.T, leg string, n back.Counts, placed bool) {
	t.Helper()
	want := uint64(0)
	if placed {
		want = placedByCopy
	}
	inline := uint64(0)
	for k := range maps.Values(n.Inline) {
		inline += k
	}
	if n.PlacedReads != want || n.PlacedWrites != want || inline != 2*(placedByCopy+1-want) {
		t.Errorf("%s: %+v, want %d placed of each", leg, n, want)
	}
	if placed && n.Inline["below_threshold"] != 2 {
		t.Errorf("%s: inline %v", leg, n.Inline)
	}
}

// moved is what became of the READs and WRITEs of the last backend connection.
func (s *stage) moved(t testing.TB) back.Counts {
	t.Helper()
	e := s.log.find("backend connection closed")
	n, ok := e["data"].Any().(back.Counts)
	if !ok {
		t.Fatalf("no counts in the log: %v", e)
	}
	return n
}

// Two users of one connection have sessions of their own on the backend too:
// what one has open does not exist for the other.
func TestHandlesApart(t *testing.T) {
	t.Parallel()
	h := newHouse(t, Terms{})
	c := h.client(h.dial("plain"), back.Options{})
	elsewhere := h.client(h.dial("plain"), back.Options{})
	for _, mount := range []string{"direct", "plain", "here"} {
		hers := h.connect(c, "alice", mount)
		f, err := hers.Create("hers")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteAt([]byte("private"), 0); err != nil {
			t.Fatal(err)
		}
		for where, his := range map[string]*peer.Share{
			"beside her": h.connect(c, "bob", mount), "on another connection": h.connect(elsewhere, "bob", mount),
		} {
			for command, body := range borrowed(f.ID) {
				if m, err := his.Do(command, body); !errors.Is(err, smb2.StatusFileClosed) {
					t.Errorf("%s, %s: %v of her file: %v, %v", mount, where, command, m, err)
				}
			}
			his.Close()
		}
		got := make([]byte, 7)
		if _, err := f.ReadAt(got, 0); err != nil || string(got) != "private" {
			t.Errorf("%s: she reads %q, %v", mount, got, err)
		}
		f.Close()
		hers.Close()
	}
}

// borrowed are requests with somebody else's file.
func borrowed(id smb2.FileID) map[smb2.Command]func([]byte) []byte {
	read := smb2.ReadRequest{FileID: id, Length: 7}
	write := smb2.WriteRequest{FileID: id}
	query := smb2.QueryInfoRequest{FileID: id, InfoType: smb2.InfoFile, Class: 5, OutputLength: 1024}
	shut := smb2.CloseRequest{FileID: id}
	return map[smb2.Command]func([]byte) []byte{
		smb2.CommandRead:      func(b []byte) []byte { return read.Append(b, nil) },
		smb2.CommandWrite:     func(b []byte) []byte { return write.Append(b, []byte("his")) },
		smb2.CommandQueryInfo: func(b []byte) []byte { return query.Append(b, nil) },
		smb2.CommandClose:     shut.AppendBody,
	}
}

// ids are a session and one of its trees.
type ids struct {
	session uint64
	tree    uint32
}

// A forger puts other ids into requests, while it has some, and its own back into
// the replies. Who uses it waits for each reply.
type forger struct {
	transports.Conn
	mu     sync.Mutex
	own    ids // of the last request
	forged *ids
	said   smb2.Status // of the last reply to a forged request
}

func (f *forger) Send(m *transports.Message) error {
	f.mu.Lock()
	h := smb2.Header(m.Bytes())
	f.own = ids{h.SessionID(), h.TreeID()}
	if f.forged != nil {
		h.SetSessionID(f.forged.session)
		h.SetTreeID(f.forged.tree)
	}
	f.mu.Unlock()
	return f.Conn.Send(m)
}

func (f *forger) Receive() (*transports.Message, error) {
	m, err := f.Conn.Receive()
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil && f.forged != nil {
		h := smb2.Header(m.Bytes())
		f.said = h.Status()
		h.SetSessionID(f.own.session)
		h.SetTreeID(f.own.tree)
	}
	return m, err
}

// forge makes what is sent from here on somebody else's, and is what was sent
// before.
func (f *forger) forge(i ids) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forged = &i
}

func (f *forger) last() (ids, smb2.Status) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.own, f.said
}

// One user's session and tree ids are worth nothing to another.
func TestIDsApart(t *testing.T) {
	t.Parallel()
	h := newHouse(t, Terms{})
	wire := &forger{Conn: h.dial("plain")}
	hers := h.connect(h.client(wire, back.Options{}), "alice", "direct")
	f, err := hers.Create("hers")
	if err != nil {
		t.Fatal(err)
	}
	her, _ := wire.last()
	for _, c := range []struct {
		what   string
		forged func(his ids) ids
		want   smb2.Status
	}{
		{"her session and tree", func(ids) ids { return her }, smb2.StatusUserSessionDeleted},
		{"her session, his tree", func(his ids) ids { return ids{her.session, his.tree} }, smb2.StatusUserSessionDeleted},
		{"his session, no tree of his", func(his ids) ids { return ids{his.session, his.tree + 1} }, smb2.StatusNetworkNameDeleted},
		{"his own", func(his ids) ids { return his }, smb2.StatusFileClosed},
	} {
		wire := &forger{Conn: h.dial("plain")}
		his := h.connect(h.client(wire, back.Options{}), "bob", "direct")
		if _, err := his.Create("his"); err != nil {
			t.Fatal(err)
		}
		own, _ := wire.last()
		wire.forge(c.forged(own))
		for command, body := range borrowed(f.ID) {
			if m, err := his.Do(command, body); err == nil {
				t.Errorf("%s: %v is answered % x", c.what, command, m.Bytes())
				m.Release()
			}
			if _, said := wire.last(); said != c.want {
				t.Errorf("%s: %v: %v, want %v", c.what, command, said, c.want)
			}
		}
	}
	if n, err := f.WriteAt([]byte("x"), 0); n != 1 || err != nil {
		t.Errorf("she: %v", err)
	}
}

// A wrong password gets nowhere, at the gateway and behind it, and the password
// is in no log.
func TestWrongPassword(t *testing.T) {
	t.Parallel()
	h := newHouse(t, Terms{})
	c := h.client(h.dial("plain"), back.Options{})
	if _, err := c.Connect(t.Context(), as("alice", "guess"), "direct"); !errors.Is(err, smb2.StatusLogonFailure) {
		t.Errorf("at the gateway: %v", err)
	}
	if _, err := c.Connect(t.Context(), as("mallory", "mallory"), "direct"); !errors.Is(err, smb2.StatusLogonFailure) {
		t.Errorf("an unknown user: %v", err)
	}
	if e := h.gw.log.find("backend connection"); e != nil {
		t.Errorf("the backend was asked: %v", e)
	}
	if _, err := c.Connect(t.Context(), as("alice", "alice"), "locked"); err == nil {
		t.Error("the gateway's own wrong password is taken")
	}
	if e := h.gw.log.find("mount failed"); e["mount"].String() != "locked" || e["user"].String() != "alice" {
		t.Errorf("log: %v", e)
	}
	copied(t, h.connect(c, "alice", "plain"))
	h.gw.stop(t)
	h.nas.stop(t)
	for _, s := range []*stage{h.gw, h.nas} {
		for _, e := range s.log.entries {
			if line := fmt.Sprint(e); strings.Contains(line, "guess") || strings.Contains(line, "not his word") {
				t.Errorf("a password in the log: %s", line)
			}
		}
	}
}

// A backend that is away costs its own mount alone.
func TestBackendAway(t *testing.T) {
	t.Parallel()
	h := newHouse(t, Terms{})
	c := h.client(h.dial("plain"), back.Options{})
	for range 2 {
		if _, err := c.Connect(t.Context(), as("alice", "alice"), "away"); !errors.Is(err, smb2.StatusServerUnavailable) {
			t.Errorf("away: %v", err)
		}
	}
	if e := h.gw.log.find("mount failed"); e["backend"].String() != "away" {
		t.Errorf("log: %v", e)
	}
	copied(t, h.connect(c, "alice", "direct"))
}

// A client that vanishes in the middle of a transfer leaves nothing: its file,
// which nobody else could open, is free.
func TestClientVanishes(t *testing.T) {
	t.Parallel()
	h := newHouse(t, Terms{})
	for _, mount := range []string{"direct", "plain", "here"} {
		c := h.client(h.dial("plain"), back.Options{})
		f, err := h.connect(c, "alice", mount).OpenAs("alone", alone)
		if err != nil {
			t.Fatal(err)
		}
		other := h.connect(h.client(h.dial("plain"), back.Options{}), "bob", mount)
		if _, err := other.OpenAs("alone", alone); !errors.Is(err, smb2.StatusSharingViolation) {
			t.Errorf("%s: opened twice: %v", mount, err)
		}
		p := peer.NewPattern(1)
		err = f.Upload(64<<20, func(b []byte, off int64) {
			if p.Fill(b, off); off >= 8<<20 {
				c.Hangup()
			}
		})
		if err == nil {
			t.Errorf("%s: all was written", mount)
		}
		eventually(t, mount+": the file is free", func() bool {
			f, err := other.OpenAs("alone", alone)
			if err == nil {
				f.Close()
			}
			return err == nil
		})
	}
}

// alone wants a file that nobody else has.
var alone = smb2.CreateRequest{
	Access: smb2.AccessReadData | smb2.AccessWriteData, Disposition: smb2.DispositionOpenIf,
}

func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !f(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within 10 s", what)
		}
	}
}

// When a backend dies in the middle of a transfer every request is answered, and
// the client's other mounts live on. When it is back, so is the mount.
func TestBackendDies(t *testing.T) {
	t.Parallel()
	for _, mount := range []string{"direct", "plain"} {
		t.Run(mount, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, Terms{})
			c := h.client(h.dial("plain"), back.Options{})
			here, there := h.connect(c, "alice", "here"), h.connect(c, "alice", mount)
			f, err := there.Create("cut")
			if err != nil {
				t.Fatal(err)
			}
			p, once := peer.NewPattern(1), sync.Once{}
			err = f.Upload(64<<20, func(b []byte, off int64) {
				if p.Fill(b, off); off >= 8<<20 {
					once.Do(func() { h.nas.stop(t) })
				}
			})
			if !errors.Is(err, smb2.StatusConnectionDisconnected) && !errors.Is(err, smb2.StatusNetworkNameDeleted) {
				t.Errorf("upload: %v", err)
			}
			if _, err := f.ReadAt(make([]byte, 1), 0); err == nil || err == io.EOF {
				t.Errorf("read of a dead backend: %v", err)
			}
			copied(t, here)
			there.Close()
			h.serve()
			again := h.connect(c, "alice", mount)
			copied(t, again)
			again.Close()
			here.Close()
		})
	}
}

// What a listener demands its clients do without having been asked.
func TestTerms(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		terms        Terms
		signs, seals bool
	}{
		"signed": {Terms{Sign: true}, true, false},
		"sealed": {Terms{Encryption: front.EncryptionRequired}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, c.terms)
			s := h.connect(h.client(h.dial("plain"), back.Options{}), "alice", "direct")
			if s.Signs() != c.signs || s.Seals() != c.seals {
				t.Errorf("signs %v, seals %v", s.Signs(), s.Seals())
			}
			copied(t, s)
			h.gw.stop(t)
			checkPlaced(t, "gateway", h.gw.moved(t), true)
		})
	}
}
