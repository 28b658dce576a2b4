package smb2

import (
	"strings"
	"testing"
)

// Every status of the table prints a name of its own, and has the severity that
// its number says.
func TestStatusNames(t *testing.T) {
	t.Parallel()
	seen := map[string]Status{}
	for s, name := range statusNames {
		if other, ok := seen[name]; ok {
			t.Errorf("%#x and %#x are %s", uint32(s), uint32(other), name)
		}
		seen[name] = s
		if s.String() != name || !strings.HasPrefix(name, "STATUS_") && !strings.HasPrefix(name, "SEC_E_") {
			t.Errorf("%#x is %q", uint32(s), name)
		}
		if s.IsError() != (s >= 0xc0000000 || name[:6] == "SEC_E_") {
			t.Errorf("%v: error is %v", s, s.IsError())
		}
	}
}
