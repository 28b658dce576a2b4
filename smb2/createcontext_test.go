package smb2

import (
	"testing"
)

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
