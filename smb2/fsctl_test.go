package smb2

import "testing"

func TestFSCTLNamed(t *testing.T) {
	t.Parallel()
	names := FSCTLNames()
	if len(names) != len(fsctlNames) {
		t.Errorf("%d names of %d codes", len(names), len(fsctlNames))
	}
	for _, name := range names {
		if f, ok := FSCTLNamed(name); !ok || f.String() != name {
			t.Errorf("%s is %v, %v", name, f, ok)
		}
	}
	if f, ok := FSCTLNamed("set_sparse"); ok {
		t.Errorf("another case is %v", f)
	}
}
