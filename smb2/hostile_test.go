package smb2

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
)

// Every buffer that an offset and a length name is behind the fixed part and
// inside the element, however their sum comes out.
func TestParts(t *testing.T) {
	t.Parallel()
	element := make([]byte, 400)
	type get func(off, n uint32) ([]byte, error)
	for _, c := range []struct {
		name  string
		start uint32 // where the buffer begins
		most  uint32 // that the fields can say
		get   get
	}{
		{"NEGOTIATE response", 128, 0xffff, func(off, n uint32) ([]byte, error) {
			return (&NegotiateResponse{SecurityOffset: uint16(off), SecurityLength: uint16(n)}).Security(element)
		}},
		{"SESSION_SETUP request", 88, 0xffff, func(off, n uint32) ([]byte, error) {
			return (&SessionSetupRequest{SecurityOffset: uint16(off), SecurityLength: uint16(n)}).Security(element)
		}},
		{"SESSION_SETUP response", 72, 0xffff, func(off, n uint32) ([]byte, error) {
			return (&SessionSetupResponse{SecurityOffset: uint16(off), SecurityLength: uint16(n)}).Security(element)
		}},
		{"TREE_CONNECT request", 72, 0xfffe, func(off, n uint32) ([]byte, error) {
			return (&TreeConnectRequest{PathOffset: uint16(off), PathLength: uint16(n)}).Path(element)
		}},
		{"TREE_CONNECT with extension", 88, 0xfffe, func(off, n uint32) ([]byte, error) {
			return (&TreeConnectRequest{Flags: TreeConnectExtension, PathOffset: uint16(off), PathLength: uint16(n)}).Path(element)
		}},
		{"CREATE name", 120, 0xfffe, func(off, n uint32) ([]byte, error) {
			return (&CreateRequest{NameOffset: uint16(off), NameLength: uint16(n)}).Name(element)
		}},
		{"CREATE contexts", 120, 0xfffffff8, func(off, n uint32) ([]byte, error) {
			return (&CreateRequest{ContextsOffset: off, ContextsLength: n}).Contexts(element)
		}},
		{"CREATE response contexts", 152, 0xfffffff8, func(off, n uint32) ([]byte, error) {
			return (&CreateResponse{ContextsOffset: off, ContextsLength: n}).Contexts(element)
		}},
		{"IOCTL input", 120, 0xfffffff8, func(off, n uint32) ([]byte, error) {
			return (&IoctlRequest{InputOffset: off, InputCount: n}).Input(element)
		}},
		{"IOCTL response input", 112, 0xffffffff, func(off, n uint32) ([]byte, error) {
			return (&IoctlResponse{InputOffset: off, InputCount: n}).Input(element)
		}},
		{"IOCTL output", 112, 0xffffffff, func(off, n uint32) ([]byte, error) {
			return (&IoctlResponse{OutputOffset: off, OutputCount: n}).Output(element)
		}},
		{"QUERY_DIRECTORY pattern", 96, 0xffff, func(off, n uint32) ([]byte, error) {
			return (&QueryDirectoryRequest{NameOffset: uint16(off), NameLength: uint16(n)}).Name(element)
		}},
		{"QUERY_DIRECTORY output", 72, 0xffff, func(off, n uint32) ([]byte, error) {
			return (&QueryDirectoryResponse{uint16(off), n}).Output(element)
		}},
		{"CHANGE_NOTIFY output", 72, 0xffff, func(off, n uint32) ([]byte, error) {
			return (&ChangeNotifyResponse{uint16(off), n}).Output(element)
		}},
		{"QUERY_INFO input", 104, 0xffff, func(off, n uint32) ([]byte, error) {
			return (&QueryInfoRequest{InputOffset: uint16(off), InputLength: n}).Input(element)
		}},
		{"QUERY_INFO output", 72, 0xffff, func(off, n uint32) ([]byte, error) {
			return (&QueryInfoResponse{uint16(off), n}).Output(element)
		}},
		{"SET_INFO data", 96, 0xffff, func(off, n uint32) ([]byte, error) {
			return (&SetInfoRequest{BufferOffset: uint16(off), BufferLength: n}).Data(element)
		}},
	} {
		last := uint32(len(element)) - 8
		for _, at := range []struct {
			off, n uint32
			ok     bool
		}{
			{c.start, uint32(len(element)) - c.start, true}, {last, 8, true}, {0, 0, true}, {c.most, 0, true},
			{c.start - 8, 8, false}, {0, 8, false}, {c.start, uint32(len(element)) - c.start + 2, false}, {last, 10, false},
			{uint32(len(element)), 2, false}, {c.most, 2, false}, {c.start, c.most, false}, {c.most, c.most, false},
		} {
			b, err := c.get(at.off, at.n)
			if (err == nil) != at.ok || len(b) > 0 && (&b[0] != &element[at.off] || len(b) != int(at.n) || cap(b) != len(b)) {
				t.Errorf("%s at %d, %d bytes: %d bytes, %v", c.name, at.off, at.n, len(b), err)
			}
			if err != nil && !strings.Contains(err.Error(), "[MS-SMB2] 2.2.") {
				t.Errorf("%s: %v", c.name, err)
			}
		}
	}
}

// Offsets that have to be aligned, lengths that have to be even.
func TestAlignment(t *testing.T) {
	t.Parallel()
	element := make([]byte, 400)
	if _, err := (&CreateRequest{NameOffset: 120, NameLength: 3}).Name(element); err == nil {
		t.Error("a name of three bytes")
	}
	if _, err := (&TreeConnectRequest{PathOffset: 72, PathLength: 3}).Path(element); err == nil {
		t.Error("a path of three bytes")
	}
	for off, ok := range map[uint32]bool{160: true, 161: false, 164: false, 168: true} {
		_, a := (&CreateRequest{ContextsOffset: off, ContextsLength: 16}).Contexts(element)
		_, b := (&CreateResponse{ContextsOffset: off, ContextsLength: 16}).Contexts(element)
		_, c := (&IoctlRequest{InputOffset: off, InputCount: 16}).Input(element)
		if (a == nil) != ok || (b == nil) != ok || (c == nil) != ok {
			t.Errorf("offset %d: %v, %v, %v", off, a, b, c)
		}
	}
}

func TestCreateContexts(t *testing.T) {
	t.Parallel()
	context := func(next uint32, nameOff, nameLen, dataOff uint16, dataLen uint32, size int) []byte {
		b := le32(le16(le16(le16(le16(le32(nil, next), nameOff), nameLen), 0), dataOff), dataLen)
		return append(b, make([]byte, size-len(b))...)
	}
	two := func(next uint32) []byte {
		return append(context(next, 16, 4, 0, 0, 24), context(0, 16, 4, 24, 8, 32)...)
	}
	for _, c := range []struct {
		name string
		b    []byte
		want int // contexts, 0 for an error
	}{
		{"one", context(0, 16, 4, 24, 8, 32), 1},
		{"two", two(24), 2},
		{"without data the offset is nothing", context(0, 16, 4, 0xffff, 0, 20), 1},
		{"data in front of the name", context(0, 24, 4, 16, 8, 32), 1},
		{"a tag of 16 bytes", context(0, 16, 16, 32, 8, 40), 1},
		{"Next 8 overlaps", two(8), 0},
		{"Next not a multiple of 8", two(20), 0},
		{"Next not a multiple of 8, all else right", append(context(28, 16, 4, 20, 8, 28), context(0, 16, 4, 24, 8, 32)...), 0},
		{"Next past the end", two(56), 0},
		{"Next far past the end", two(0xfffffff8), 0},
		{"Next smaller than its own data", append(context(24, 16, 4, 20, 8, 24), context(0, 16, 4, 0, 0, 24)...), 0},
		{"NameOffset 0", context(0, 0, 4, 24, 8, 32), 0},
		{"NameOffset in the fixed part", context(0, 15, 4, 24, 8, 32), 0},
		{"NameOffset past the end", context(0, 29, 4, 24, 8, 32), 0},
		{"NameLength 2", context(0, 16, 2, 24, 8, 32), 0},
		{"NameLength 0", context(0, 16, 0, 24, 8, 32), 0},
		{"DataOffset 0", context(0, 16, 4, 0, 8, 32), 0},
		{"DataOffset past the end", context(0, 16, 4, 0xffff, 8, 32), 0},
		{"DataLength past the end", context(0, 16, 4, 24, 9, 32), 0},
		{"DataLength far past the end", context(0, 16, 4, 24, 0xffffffff, 32), 0},
		{"15 bytes", context(0, 16, 4, 24, 8, 32)[:15], 0},
	} {
		list, err := ParseCreateContexts(nil, c.b)
		if (err == nil) != (c.want > 0) || err == nil && len(list) != c.want {
			t.Errorf("%s: %d contexts, %v", c.name, len(list), err)
		}
	}
	if list, err := ParseCreateContexts(nil, nil); err != nil || len(list) != 0 {
		t.Errorf("no list: %v, %v", list, err)
	}
	for n, ok := range map[int]bool{MaxCreateContexts: true, MaxCreateContexts + 1: false} {
		full := make([]CreateContext, n)
		for i := range full {
			full[i].Tag = []byte(TagDiskID)
		}
		if list, err := ParseCreateContexts(nil, AppendCreateContexts(nil, full)); (err == nil) != ok {
			t.Errorf("%d contexts: %d, %v", n, len(list), err)
		}
	}
}

func TestFindCreateContext(t *testing.T) {
	t.Parallel()
	r, err := ParseCreateRequest(named(t, "linux-smb311-signed/42"))
	if err != nil {
		t.Fatal(err)
	}
	list, err := createContexts(r.Contexts(named(t, "linux-smb311-signed/42")))
	if err != nil || len(list) != 3 {
		t.Fatalf("%+v, %v", list, err)
	}
	if x := FindCreateContext(list, TagDurable); x != &list[1] {
		t.Errorf("DHnQ is %+v", x)
	}
	if x := FindCreateContext(list, TagSVHDX); x != nil {
		t.Errorf("SVHDX is %+v", x)
	}
}

func TestNegotiateContexts(t *testing.T) {
	t.Parallel()
	base := NegotiateRequest{Dialects: []Dialect{Dialect302, Dialect311}}
	posix := NegotiateContext{ContextPOSIX, []byte(TagPOSIX)}
	list := []NegotiateContext{{ContextNetName, []byte("a\x00b\x00c\x00")}, {ContextTransport, nil}, posix, {0xabcd, []byte{1}}}
	good := base.Append(NewHeader(CommandNegotiate, 0), list)
	parse := func(b []byte) ([]NegotiateContext, error) {
		r, err := ParseNegotiateRequest(b)
		if err != nil {
			return nil, err
		}
		return r.Contexts(nil, b)
	}
	got, err := parse(good)
	if err != nil || fmt.Sprint(got) != fmt.Sprint(list) {
		t.Fatalf("%v, %v, want %v", got, err, list)
	}
	const offset, count = HeaderSize + 28, HeaderSize + 32
	for _, c := range []struct {
		name string
		at   int
		v    uint16
		ok   bool
	}{
		{"as it is", count, 4, true},
		{"fewer", count, 3, true},
		{"none", count, 0, true},
		{"more than there are", count, 5, false},
		{"more than MaxNegotiateContexts", count, MaxNegotiateContexts + 1, false},
		{"offset in the dialects", offset, 96, false},
		{"offset in the header", offset, 8, false},
		{"offset not a multiple of 8", offset, 108, false},
		{"offset past the end", offset, 0xfff8, false},
		{"offset far past the end", offset + 2, 0xffff, false},
		{"DataLength past the end", 104 + 2, 0xffff, false},
	} {
		b := bytes.Clone(good)
		binary.LittleEndian.PutUint16(b[c.at:], c.v)
		if _, err := parse(b); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	old := NegotiateRequest{Dialects: []Dialect{Dialect302}, ContextOffset: 0x12345678, ContextCount: 0xffff} // a time
	if list, err := old.Contexts(nil, good); err != nil || len(list) != 0 {
		t.Errorf("contexts of 3.0.2: %v, %v", list, err)
	}
	if list, err := (&NegotiateResponse{Dialect: Dialect302, ContextOffset: 3, ContextCount: 3}).Contexts(nil, good); err != nil || len(list) != 0 {
		t.Errorf("contexts of 3.0.2: %v, %v", list, err)
	}
}

// A list of algorithms has at least one, and not more than the data holds.
func TestAlgorithms(t *testing.T) {
	t.Parallel()
	for n := range 200 {
		data := make([]byte, 2+2*MaxAlgorithms+50)
		binary.LittleEndian.PutUint16(data, uint16(n))
		_, a := ParseEncryptionContext(data)
		_, b := ParseSigningContext(data)
		_, c := ParseEncryptionContext(data[:min(len(data), 2+2*n)])
		if ok := n > 0 && n <= MaxAlgorithms; (a == nil) != ok || (b == nil) != ok || (c == nil) != ok {
			t.Errorf("%d algorithms: %v, %v, %v", n, a, b, c)
		}
	}
	// What a Linux client sends: one algorithm, padded.
	x, err := ParseSigningContext([]byte{1, 0, 1, 0, 0, 0, 0, 0})
	if err != nil || len(x.Algorithms) != 1 || x.Algorithms[0] != SigningAESCMAC {
		t.Errorf("%+v, %v", x, err)
	}
}

func TestLocks(t *testing.T) {
	t.Parallel()
	for n, ok := range map[int]bool{0: false, 1: true, 2: true, MaxLocks: true, MaxLocks + 1: false} {
		locks := make([]Lock, n)
		for i := range locks {
			locks[i] = Lock{uint64(i), 1 << 40, LockExclusive | LockFailImmediately}
		}
		b := (&LockRequest{Sequence: 0x1234}).Append(NewHeader(CommandLock, 1), locks)
		r, err := ParseLockRequest(b)
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Locks(nil, b)
		if (err == nil) != ok || ok && fmt.Sprint(got) != fmt.Sprint(locks) {
			t.Errorf("%d locks: %d, %v", n, len(got), err)
		}
		if _, err := r.Locks(nil, b[:len(b)-1]); err == nil {
			t.Errorf("%d locks, less a byte", n)
		}
	}
}

func TestErrorContexts(t *testing.T) {
	t.Parallel()
	link := (&Symlink{Unparsed: 4, Substitute: AppendUTF16(nil, "a"), Print: AppendUTF16(nil, "bc")}).AppendBody(nil)
	list := []ErrorContext{{ErrorDefault, link}, {ErrorShareRedirect, []byte{1, 2, 3}}}
	data := AppendErrorContexts(nil, list)
	b := (&ErrorResponse{ContextCount: 2}).Append(NewHeader(CommandCreate, 1), data)
	r, err := ParseErrorResponse(b)
	if err != nil || r.ContextCount != 2 || int(r.ByteCount) != len(data) {
		t.Fatalf("%+v, %v", r, err)
	}
	got, err := r.Data(b)
	if err != nil {
		t.Fatal(err)
	}
	all, err := ParseErrorContexts(nil, got, r.ContextCount)
	if err != nil || fmt.Sprint(all) != fmt.Sprint(list) {
		t.Errorf("%v, %v", all, err)
	}
	if s, err := ParseSymlink(all[0].Data); err != nil || s.Unparsed != 4 {
		t.Errorf("%+v, %v", s, err)
	}
	for n := range data {
		if _, err := ParseErrorContexts(nil, data[:n:n], 2); err == nil {
			t.Errorf("two contexts in %d bytes", n)
		}
	}
	if _, err := ParseErrorContexts(nil, make([]byte, 8*255), 255); err == nil {
		t.Error("more than MaxErrorContexts")
	}
	if b = (&ErrorResponse{ContextCount: 2}).Append(nil, nil); !bytes.Equal(b, []byte{9, 0, 0, 0, 0, 0, 0, 0, 0}) {
		t.Errorf("an error without data is %x", b)
	}
}

// Each field of a symbolic link that can lie.
func TestSymlinkLies(t *testing.T) {
	t.Parallel()
	good := (&Symlink{Substitute: []byte("a\x00"), Print: []byte("b\x00")}).AppendBody(nil)
	for name, patch := range map[string]func(b []byte){
		"SymLinkLength beyond":     func(b []byte) { b[0]++ },
		"SymLinkLength huge":       func(b []byte) { binary.LittleEndian.PutUint32(b, 0xffffffff) },
		"SymLinkLength small":      func(b []byte) { binary.LittleEndian.PutUint32(b, 23) },
		"SymLinkErrorTag":          func(b []byte) { b[4]++ },
		"ReparseTag":               func(b []byte) { b[8]++ },
		"SubstituteNameOffset":     func(b []byte) { b[16] = 3 },
		"SubstituteNameLength":     func(b []byte) { b[18] = 5 },
		"SubstituteNameLength max": func(b []byte) { b[18], b[19] = 0xff, 0xff },
		"PrintNameOffset":          func(b []byte) { b[20] = 3 },
		"PrintNameLength":          func(b []byte) { b[22] = 3 },
	} {
		b := bytes.Clone(good)
		patch(b)
		if s, err := ParseSymlink(b); err == nil {
			t.Errorf("%s: %+v", name, s)
		}
	}
	if _, err := ParseSymlink(good); err != nil {
		t.Error(err)
	}
}

func TestTransformLies(t *testing.T) {
	t.Parallel()
	good := append(AppendTransform(nil, make([]byte, 40), 3, 5), 1, 2, 3)
	if s, err := ParseTransform(good); err != nil || s.SessionID() != 5 || len(s.Message()) != 3 {
		t.Fatalf("%x, %v", s, err)
	}
	for at, name := range map[int]string{0: "ProtocolId", 36: "OriginalMessageSize", 39: "OriginalMessageSize", 42: "Flags", 43: "Flags"} {
		b := bytes.Clone(good)
		b[at]++
		if _, err := ParseTransform(b); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ParseTransform(AppendTransform(nil, nil, 0, 5)); err == nil {
		t.Error("nothing is encrypted")
	}
}

func TestMultiProtocolLies(t *testing.T) {
	t.Parallel()
	good := AppendMultiProtocol(nil, "NT LM 0.12", DialectStringWild)
	for name, patch := range map[string]func(b []byte){
		"Command":     func(b []byte) { b[4]++ },
		"WordCount":   func(b []byte) { b[32]++ },
		"ByteCount +": func(b []byte) { b[33]++ },
		"ByteCount -": func(b []byte) { b[33]-- }, // the last NUL is gone
		"ByteCount 1": func(b []byte) { b[33] = 1 },
		"dialect":     func(b []byte) { b[35]++ },
		"ProtocolId":  func(b []byte) { b[0]-- },
	} {
		b := bytes.Clone(good)
		patch(b)
		if m, err := ParseMultiProtocol(b); err == nil {
			t.Errorf("%s: %+v", name, m)
		}
	}
	if m, err := ParseMultiProtocol(good); err != nil || !m.Has(DialectStringWild) || m.Has("") {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestNotification(t *testing.T) {
	t.Parallel()
	b := (&Notification{Type: 0x04030201}).AppendBody(NewHeader(CommandServerToClient, Unsolicited))
	if !bytes.Equal(b[HeaderSize:], []byte{12, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0}) {
		t.Errorf("%x", b[HeaderSize:])
	}
	b[HeaderSize] = 0x12 // as the specification's sample has it
	if n, err := ParseNotification(b); err != nil || n.Type != 0x04030201 {
		t.Errorf("%+v, %v", n, err)
	}
	for n := range HeaderSize + 8 {
		if _, err := ParseNotification(b[:n:n]); err == nil {
			t.Errorf("parsed from %d bytes", n)
		}
	}
}

func TestBreakOf(t *testing.T) {
	t.Parallel()
	for size, want := range map[uint16]BreakKind{24: BreakOplock, 44: BreakLease, 36: BreakLeaseAck, 0: BreakUnknown, 25: BreakUnknown} {
		if got := BreakOf(le16(NewHeader(CommandOplockBreak, 1), size)); got != want {
			t.Errorf("StructureSize %d is %d", size, got)
		}
	}
	if BreakOf(make([]byte, 63)) != BreakUnknown || BreakOf(make([]byte, 65)) != BreakUnknown {
		t.Error("a break without StructureSize")
	}
}

// Append takes the offsets of its own body, whatever the fixed part had.
func TestAppendOverrides(t *testing.T) {
	t.Parallel()
	path := AppendUTF16(nil, `\\h\s`)
	b := (&TreeConnectRequest{Flags: TreeConnectExtension | TreeConnectRedirectToOwner, PathOffset: 1, PathLength: 2}).Append(NewHeader(CommandTreeConnect, 1), path)
	r, err := ParseTreeConnectRequest(b)
	if got, _ := r.Path(b); err != nil || r.Flags != TreeConnectRedirectToOwner || !bytes.Equal(got, path) {
		t.Errorf("%+v, %q, %v", r, got, err)
	}
	placed := WriteRequest{Channel: ChannelV1, RemainingBytes: 5, ChannelInfoOffset: 1, ChannelInfoLength: 2, DataOffset: 3, Length: 4}
	b = placed.Append(NewHeader(CommandWrite, 1), path)
	w, err := ParseWriteRequest(b)
	if got, _ := w.Data(b); err != nil || w.Channel != ChannelNone || w.ChannelInfoOffset != 0 || w.ChannelInfoLength != 0 || !bytes.Equal(got, path) {
		t.Errorf("%+v, %q, %v", w, got, err)
	}
	b = placed.AppendPlaced(NewHeader(CommandWrite, 1), make([]byte, DescriptorSize))
	w, err = ParseWriteRequest(b)
	if got, _ := w.ChannelInfo(b); err != nil || w.Channel != ChannelV1 || w.DataOffset != 0 || w.Length != 0 || len(got) != DescriptorSize {
		t.Errorf("%+v, %x, %v", w, got, err)
	}
}
