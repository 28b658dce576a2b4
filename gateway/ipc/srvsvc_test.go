package ipc

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
)

// table is the interface of a server with some shares, the last one IPC$.
func table(shares ...Share) *srvsvc {
	return &srvsvc{
		server: "GW", comment: "c", now: func() time.Time { return time.Unix(1700000000, 0) },
		shares: func() []Share { return append(slices.Clone(shares), own) },
	}
}

// stubOf is what a captured PDU has behind the body's head.
func stubOf(pdu []byte) []byte { return pdu[headerSize+bodySize:] }

// numbered makes an answer's pointers begin where another's first one does.
func numbered(e *encoder, answer []byte, at int) {
	e.pointers = (binary.LittleEndian.Uint32(answer[at:]) - 0x00020000) / 4
}

// Shares as smbd lists them, byte for byte.
func TestListsLikeSamba(t *testing.T) {
	t.Parallel()
	const comment = "IPC Service (Samba 4.25.1-Debian-4.25.1+dfsg-1)"
	four := []Share{{Name: "share"}, {Name: "share2"}, {Name: "ro"}, {Name: "IPC$", Comment: comment, pipes: true}}
	for _, c := range []struct {
		name   string
		shares []Share
		sticky bool
	}{
		{"samba-shareenum1", four, false},
		{"samba-sticky0", []Share{{Name: "share"}, own}, true},
		{"samba-sticky501", []Share{{Name: "share"}}, false}, // smbd has 501 there too
	} {
		s := table()
		s.shares = func() []Share { return slices.Clone(c.shares) }
		want := stubOf(golden(t, c.name+"-response"))
		d := decoder{b: stubOf(golden(t, c.name+"-request")), ok: true}
		var e encoder
		numbered(&e, want, 8)
		if !s.shareEnum(&d, &e, c.sticky) {
			t.Errorf("%s: the arguments are not understood", c.name)
		}
		if !bytes.Equal(e.b, want) {
			t.Errorf("%s: got\n% x, want\n% x", c.name, e.b, want)
		}
	}
}

// One share as smbd describes it, and one that there is not.
func TestShareInfoLikeSamba(t *testing.T) {
	t.Parallel()
	want := stubOf(golden(t, "samba-shareinfo1-response"))
	d := decoder{b: stubOf(golden(t, "samba-shareinfo1-request")), ok: true}
	var e encoder
	numbered(&e, want, 4)
	if s := table(Share{Name: "SHARE"}, Share{Name: "share"}); !s.shareGetInfo(&d, &e) {
		t.Error("the arguments are not understood")
	}
	got := bytes.ReplaceAll(e.b, []byte("S\x00H\x00A\x00R\x00E\x00"), []byte("s\x00h\x00a\x00r\x00e\x00"))
	if !bytes.Equal(got, want) {
		t.Errorf("got\n% x, want\n% x", got, want)
	}
	d = decoder{b: stubOf(golden(t, "samba-shareinfo-none-request")), ok: true}
	e = encoder{}
	table(Share{Name: "share"}).shareGetInfo(&d, &e)
	if want := []byte{1, 0, 0, 0, 0, 0, 0, 0, 6, 9, 0, 0}; !bytes.Equal(e.b, want) {
		t.Errorf("of no share: % x", e.b)
	}
}

// The server as smbd describes itself, but for what this one says otherwise.
func TestServerInfoLikeSamba(t *testing.T) {
	t.Parallel()
	s := table()
	s.server, s.comment = "LABSMBD", "Samba 4.24.7-Debian-4.24.7+dfsg-1~bpo13+1"
	for name, otherwise := range map[string]map[int]uint32{
		"samba-server101": {16: versionMajor, 20: versionMinor, 24: serverType},
		"samba-server102": {16: versionMajor, 20: versionMinor, 24: serverType, 36: neverLogOff, 52: 0},
	} {
		want := stubOf(golden(t, name+"-response"))
		for at, v := range otherwise {
			binary.LittleEndian.PutUint32(want[at:], v)
		}
		if strings.HasSuffix(name, "102") { // smbd's users have C:\ as their folder's path, here it is empty
			want = append(want[:len(want)-24], 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
		}
		d := decoder{b: stubOf(golden(t, name+"-request")), ok: true}
		var e encoder
		numbered(&e, want, 4)
		if !s.serverGetInfo(&d, &e) {
			t.Errorf("%s: the arguments are not understood", name)
		}
		if !bytes.Equal(e.b, want) {
			t.Errorf("%s: got\n% x, want\n% x", name, e.b, want)
		}
	}
}

// The time as smbd has it.
func TestTimeLikeSamba(t *testing.T) {
	t.Parallel()
	want := stubOf(golden(t, "samba-tod-response"))
	now := time.Unix(int64(binary.LittleEndian.Uint32(want[4:])), 0)
	binary.LittleEndian.PutUint32(want[8:], uint32(now.UnixMilli()))
	binary.LittleEndian.PutUint32(want[28:], 0xffffffff) // UTC, which smbd calls 0
	binary.LittleEndian.PutUint32(want[32:], 310)
	s := table()
	s.now = func() time.Time { return now }
	d := decoder{b: stubOf(golden(t, "samba-tod-request")), ok: true}
	var e encoder
	numbered(&e, want, 0)
	if !s.remoteTOD(&d, &e) || !bytes.Equal(e.b, want) {
		t.Errorf("got\n% x, want\n% x", e.b, want)
	}
}

// enum does NetrShareEnum and returns the names, and what stands behind them.
func enum(t *testing.T, s *srvsvc, r shareEnum) (names []string, total, resume uint32, status win32) {
	t.Helper()
	r.fields, r.resumes = shareInfo[r.level], true
	stub, code := s.call(opShareEnum, decoder{b: r.append(), ok: true})
	if code != noFault {
		t.Fatalf("fault %#x", code)
	}
	d := decoder{b: stub, ok: true}
	d.u32()
	if d.u32() != r.level {
		t.Fatal("the answer is of another level")
	}
	d.u32()
	n := d.u32()
	d.u32()
	if d.u32() != n {
		t.Fatal("the list is not as long as it says")
	}
	var leads []field
	for range n {
		for _, f := range r.fields {
			if d.u32() != 0 && f.isPointer() {
				leads = append(leads, f)
			}
		}
	}
	for _, f := range leads {
		if text := d.text(); f == fieldName {
			names = append(names, text)
		}
	}
	total = d.u32()
	d.u32()
	resume, status = d.u32(), win32(d.u32())
	if !d.ok || len(d.rest()) != 0 {
		t.Fatalf("level %d: the answer has another length: % x", r.level, stub)
	}
	return names, total, resume, status
}

// A list that does not fit comes in pieces, each of which says how much is
// left.
func TestResume(t *testing.T) {
	t.Parallel()
	s := table(Share{Name: "a", Comment: "first"}, Share{Name: "b"}, Share{Name: "c"})
	for level, fields := range shareInfo {
		most := uint32((&Share{Name: "a", Comment: "first"}).size(fields) + (&Share{Name: "b"}).size(fields))
		names, total, resume, status := enum(t, s, shareEnum{level: level, most: most})
		if !slices.Equal(names, []string{"a", "b"}) || total != 4 || resume != 2 || status != errorMoreData {
			t.Errorf("level %d: %v of %d, then %d, %#x", level, names, total, resume, status)
		}
		names, total, resume, status = enum(t, s, shareEnum{level: level, most: 0xffffffff, resume: resume})
		if !slices.Equal(names, []string{"c", "IPC$"}) || total != 2 || resume != 0 || status != errorSuccess {
			t.Errorf("level %d: %v of %d, then %d, %#x", level, names, total, resume, status)
		}
		names, total, resume, status = enum(t, s, shareEnum{level: level, most: most/2 - 10, resume: 1})
		if level != 0 && (len(names) != 0 || total != 3 || resume != 1 || status != nerrBufTooSmall) {
			t.Errorf("level %d: %v of %d, then %d, %#x", level, names, total, resume, status)
		}
		if names, total, _, status = enum(t, s, shareEnum{level: level, most: most, resume: 0xffffffff}); len(names) != 0 || total != 0 || status != errorSuccess {
			t.Errorf("level %d: behind the end are %v of %d, %#x", level, names, total, status)
		}
	}
}

// However much a client takes, maxList is what it gets.
func TestListLimit(t *testing.T) {
	t.Parallel()
	many := make([]Share, 20000)
	for i := range many {
		many[i] = Share{Name: "a share with a name", Comment: "and a comment"}
	}
	names, total, resume, status := enum(t, table(many...), shareEnum{level: 1, most: 0xffffffff})
	if status != errorMoreData || int(resume) != len(names) || total != 20001 || len(names)*many[0].size(shareInfo[1]) > maxList {
		t.Errorf("%d of %d, then %d, %#x", len(names), total, resume, status)
	}
}

// A level that is not answered is an error of the operation, not of the call. If
// the union has the level, a null pointer stands in its place.
func TestUnknownLevels(t *testing.T) {
	t.Parallel()
	get := func(name string) func(uint32) []byte {
		return func(level uint32) []byte {
			var e encoder
			e.null()
			if name != "" {
				e.text(name)
			}
			e.u32(level)
			return e.b
		}
	}
	list := func(level uint32) []byte { return (&shareEnum{level: level}).append() }
	known := func(level uint32) []byte { return (&shareEnum{level: level, fields: shareInfo[level]}).append() }
	for _, c := range []struct {
		opnum uint16
		build func(uint32) []byte
		level uint32
		want  int // bytes of nothing between level and status
	}{
		{opShareEnum, list, 503, 4 + 4 + 8}, {opShareEnum, list, 7, 4 + 8}, {opEnumSticky, known, 501, 4 + 4 + 8},
		{opShareGetInfo, get("IPC$"), 1005, 4}, {opShareGetInfo, get("IPC$"), 503, 4}, {opShareGetInfo, get("IPC$"), 7, 0},
		{opServerGetInfo, get(""), 103, 4}, {opServerGetInfo, get(""), 502, 4}, {opServerGetInfo, get(""), 1556, 4},
		{opServerGetInfo, get(""), 104, 0}, {opServerGetInfo, get(""), 1557, 0},
	} {
		stub, code := table().call(c.opnum, decoder{b: c.build(c.level), ok: true})
		want := append(le32(nil, c.level), make([]byte, c.want)...)
		if c.opnum == opShareEnum || c.opnum == opEnumSticky {
			want = le32(want[:4], c.level)
			want = append(want, make([]byte, c.want-4)...)
		}
		if want = append(want, 0x7c, 0, 0, 0); code != noFault || !bytes.Equal(stub, want) {
			t.Errorf("operation %d, level %d: fault %#x, % x, want % x", c.opnum, c.level, code, stub, want)
		}
	}
	if _, code := table().call(14, decoder{ok: true}); code != faultOpnum {
		t.Errorf("operation 14: fault %#x", code)
	}
}

// A hidden share is told of to who names it, and not in lists.
func TestHidden(t *testing.T) {
	t.Parallel()
	s := table(Share{Name: "open"}, Share{Name: "secret", Hidden: true})
	for opnum, args := range map[uint16][]byte{
		opShareEnum:    (&shareEnum{level: 1, fields: shareInfo[1], most: 0xffffffff}).append(),
		opEnumSticky:   (&shareEnum{level: 2, fields: shareInfo[2], most: 0xffffffff}).append(),
		opShareGetInfo: append((&encoder{b: make([]byte, 4)}).name("secret"), 1, 0, 0, 0),
	} {
		stub, code := s.call(opnum, decoder{b: args, ok: true})
		secret, open := bytes.Contains(stub, smb2.AppendUTF16(nil, "secret")), bytes.Contains(stub, smb2.AppendUTF16(nil, "open"))
		if named := opnum == opShareGetInfo; code != noFault || secret != named || open == named {
			t.Errorf("operation %d: fault %#x, % x", opnum, code, stub)
		}
	}
}

// The anonymous are told of no share.
func TestAnonymous(t *testing.T) {
	t.Parallel()
	service := New(Config{})
	for _, anonymous := range []bool{false, true} {
		s := service.srvsvc(&tree.Client{User: auth.Identity{Anonymous: anonymous}}, func() []Share { return []Share{{Name: "secret"}} })
		for opnum, args := range map[uint16][]byte{
			opShareEnum:    (&shareEnum{level: 1, fields: shareInfo[1], most: 0xffffffff}).append(),
			opEnumSticky:   (&shareEnum{level: 2, fields: shareInfo[2], most: 0xffffffff}).append(),
			opShareGetInfo: append((&encoder{b: make([]byte, 4)}).name("secret"), 1, 0, 0, 0),
		} {
			stub, code := s.call(opnum, decoder{b: args, ok: true})
			told := bytes.Contains(stub, smb2.AppendUTF16(nil, "secret"))
			status := binary.LittleEndian.Uint32(stub[len(stub)-4:])
			if code != noFault || told == anonymous || (win32(status) == errorAccessDenied) != anonymous {
				t.Errorf("anonymous %v, operation %d: fault %#x, % x", anonymous, opnum, code, stub)
			}
		}
	}
}

// name is an argument that is a text, padded for what follows.
func (e *encoder) name(s string) []byte {
	e.text(s)
	e.align()
	return e.b
}

// Arguments that are cut off anywhere are bad stub data.
func TestTruncatedArguments(t *testing.T) {
	t.Parallel()
	s := table()
	for opnum, name := range map[uint16]string{
		opShareEnum: "shareenum1", opEnumSticky: "sticky0", opShareGetInfo: "shareinfo1",
		opServerGetInfo: "server101", opRemoteTOD: "tod",
	} {
		whole := stubOf(golden(t, "samba-"+name+"-request"))
		if _, code := s.call(opnum, decoder{b: whole, ok: true}); code != noFault {
			t.Errorf("%s: fault %#x", name, code)
		}
		for n := range len(whole) - 3 { // what pads a text is not missed
			if _, code := s.call(opnum, decoder{b: whole[:n], ok: true}); code != faultBadStub {
				t.Errorf("%s, %d bytes of it: fault %#x", name, n, code)
			}
		}
	}
}

// A list that a client sends along is passed over, and one that is not as long
// as it says refused.
func TestListInArguments(t *testing.T) {
	t.Parallel()
	for level, fields := range shareInfo {
		build := func(n uint32) []byte {
			var e encoder
			e.null()
			e.u32(level)
			e.u32(level)
			e.pointer()
			putShares(&e, []Share{{Name: "x", Comment: "y"}, own}, fields)
			binary.LittleEndian.PutUint32(e.b[16:], n)
			e.u32(0xffffffff)
			e.null()
			return e.b
		}
		if _, code := table().call(opShareEnum, decoder{b: build(2), ok: true}); code != noFault {
			t.Errorf("level %d: fault %#x", level, code)
		}
		if _, code := table().call(opShareEnum, decoder{b: build(1 << 31), ok: true}); code != faultBadStub {
			t.Errorf("level %d, too long: fault %#x", level, code)
		}
	}
}
