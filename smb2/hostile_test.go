package smb2

import (
	"bytes"
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
