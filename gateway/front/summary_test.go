package front

import (
	"bytes"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/smb2test"
)

// end is the client's, and returns what this end has counted.
func (p *peer) end() Summary {
	p.t.Helper()
	p.Conn.Close()
	must(p.t, <-p.ended)
	p.ended <- nil
	return p.used
}

// What was placed, and why the rest was not.
func TestSummaryPlaced(t *testing.T) {
	t.Parallel()
	p := newRig(t, placing).user("alice")
	how := smb2test.Placing{Channel: smb2.ChannelV1}
	data := make([]byte, 100000)
	read := func(n uint32) {
		if s := p.status(p.ReadRequest(0, n)); s != 0 {
			t.Fatal(s)
		}
	}
	read(5000) // signed
	p.sign, p.seal = false, true
	read(5000)
	p.seal = false
	read(4095)
	read(4096)
	if got := statuses(t, p.ask(chain(false, p.ReadRequest(0, 5000), p.WriteRequest(0, data[:5000])))); got[0] != 0 || got[1] != 0 {
		t.Fatal(got)
	}
	before := p.Next
	if n, s, err := p.WritePlaced(10, data, how); err != nil || s != 0 || int(n) != len(data) {
		t.Fatal(n, s, err)
	}
	if got, s, err := p.ReadPlaced(10, uint32(len(data)), how); err != nil || s != 0 || len(got) != len(data) {
		t.Fatal(s, err)
	}
	if before == p.Next {
		t.Fatal("nothing was sent")
	}
	got := p.end()
	want := map[string]uint64{"signed": 1, "encrypted": 1, "below_threshold": 1, "unasked": 1, "compound": 2}
	if got.PlacedReads != 1 || got.PlacedWrites != 1 || !maps.Equal(got.Inline, want) {
		t.Errorf("%+v", got)
	}
	if got.BytesIn < 105000 || got.BytesIn > 110000 || got.BytesOut < 124000 || got.BytesOut > 130000 {
		t.Errorf("%d bytes in, %d out", got.BytesIn, got.BytesOut)
	}
}

// Who it was, and how protected; nothing of an attempt that failed.
func TestSummary(t *testing.T) {
	t.Parallel()
	p := newRig(t, nil).dial()
	p.negotiate(p.negotiateRequest(smb2.Dialect311))
	p.login("bob", "wrong", 0)
	if s := p.login("ALICE", "opensesame", 0); s != 0 {
		t.Fatal(s)
	}
	p.sign = true
	p.connect()
	for range 3 {
		p.ask(p.ReadRequest(0, 1))
	}
	p.sign, p.seal = false, true
	p.ask(p.WriteRequest(0, []byte("x")))
	p.seal = false
	p.ask(p.echo())
	got := p.end()
	if !slices.Equal(got.Users, []string{"alice"}) || got.Dialect != smb2.Dialect311 || got.Cipher != p.suite.Cipher ||
		got.Signing != p.suite.Signing || got.Requests != 1+2+2+1+3+1+1 || got.Signed != 4 || got.Sealed != 1 {
		t.Errorf("%+v", got)
	}
	if !maps.Equal(got.Inline, map[string]uint64{"no_placement": 4}) {
		t.Errorf("inline %v", got.Inline)
	}
	var b bytes.Buffer
	slog.New(slog.NewTextHandler(&b, nil)).Info("connection closed", slog.Any("", got))
	for _, want := range []string{" users=[alice] dialect=3.1.1 cipher=AES-128-GCM signing=AES-GMAC requests=11 ", " inline_no_placement=4\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in %q", want, b.String())
		}
	}
}

// Of a connection that has come to nothing.
func TestSummaryOfNothing(t *testing.T) {
	t.Parallel()
	p := newRig(t, nil).dial()
	got := p.end()
	if got.Users != nil || got.Dialect != 0 || got.Requests != 0 || got.BytesIn != 0 || got.BytesOut != 0 || len(got.Inline) != 0 {
		t.Errorf("%+v", got)
	}
}
