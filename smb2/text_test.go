package smb2

import (
	"bytes"
	"testing"
	"time"
)

func TestUTF16(t *testing.T) {
	t.Parallel()
	for s, hex := range map[string]string{
		"": "", "a": "6100", "é": "e900", "☃": "0326", "😀": "3dd800de", "\\\\h\\s": "5c005c0068005c007300", "\x00": "0000", "\U0010ffff": "ffdbffdf",
	} {
		b := AppendUTF16([]byte("room"), s)
		if !bytes.Equal(b[4:], unhex(t, hex)) {
			t.Errorf("%q is %x", s, b[4:])
		}
		if got, ok := DecodeUTF16(b[4:]); !ok || got != s {
			t.Errorf("%q came back as %q, %v", s, got, ok)
		}
	}
	for _, hex := range []string{"61", "610062", "3dd8", "3dd86100", "00de", "00de3dd8", "3dd83dd8", "3dd800"} {
		if s, ok := DecodeUTF16(unhex(t, hex)); ok {
			t.Errorf("%s is %q", hex, s)
		}
	}
}

func TestFileTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		t time.Time
		f FileTime
	}{
		{time.Unix(0, 0), 116444736000000000},
		{time.Unix(0, 100), 116444736000000001},
		{time.Unix(-1, 999_999_900), 116444735999999999},
		{time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC), 0},
		{time.Date(2023, 11, 14, 22, 13, 20, 0, time.UTC), 133444736000000000},
	} {
		if got := NewFileTime(c.t); got != c.f {
			t.Errorf("%v is %d, not %d", c.t, got, c.f)
		}
		if got := c.f.Time(); !got.Equal(c.t) {
			t.Errorf("%d is %v, not %v", c.f, got, c.t)
		}
	}
	if got := NewFileTime(time.Date(1500, 1, 1, 0, 0, 0, 0, time.UTC)); got != 0 {
		t.Errorf("1500 is %d", got)
	}
}
