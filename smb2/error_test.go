package smb2

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"
)

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
