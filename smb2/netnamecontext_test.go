package smb2

import (
	"bytes"
	"strings"
	"testing"
)

// A server's name is all of the data, unless that is too much or no text.
func TestNetName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "a", "files.example.com", "na\U0001f39b", strings.Repeat("x", MaxNetName/2)} {
		data := AppendUTF16(nil, name)
		x, err := ParseNetNameContext(data)
		if err != nil || x.Name != name {
			t.Errorf("%q: %+v, %v", name, x, err)
		}
		if again := x.AppendBody(nil); !bytes.Equal(again, data) {
			t.Errorf("%q: built % x, want % x", name, again, data)
		}
	}
	for what, data := range map[string][]byte{
		"an odd length":   {'a', 0, 'b'},
		"half a pair":     {0x3c, 0xd8},
		"too long a name": AppendUTF16(nil, strings.Repeat("x", MaxNetName/2+1)),
	} {
		if x, err := ParseNetNameContext(data); err == nil {
			t.Errorf("%s: %+v", what, x)
		}
	}
}
