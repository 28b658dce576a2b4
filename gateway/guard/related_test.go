package guard

import (
	"testing"

	"github.com/smbgw/smbgw/policy"
	"github.com/smbgw/smbgw/smb2"
)

// In a chain a request is about the file of the one before, as servers have it,
// whatever id is written in it.
func TestRelated(t *testing.T) {
	t.Parallel()
	w := newWorld(t, allow(policy.List), allow(policy.ReadWrite, "pub"))
	w.make(`pub\`, `pub\f`, "listed")
	f := w.guarded.open(opening(`pub\f`, toWrite))
	listed := opening("listed", smb2.AccessMaximumAllowed)
	for name, chain := range map[string][]part{
		"write":           {listed, writing(f), closing(f)},
		"read":            {listed, reading(f), closing(f)},
		"rename":          {listed, setting(f, smb2.FileRenameInfo, rename(`pub\g`)), closing(f)},
		"after a refusal": {listed, writing(smb2.NoFile), reading(f), closing(f)},
	} {
		t.Run(name, func(t *testing.T) {
			want := []smb2.Status{ok, denied, denied, denied}
			want[len(chain)-1] = ok
			w.guarded.do(chain, want...)
		})
	}
	w.guarded.do([]part{writing(f)}, ok) // it has not been closed
	d := w.guarded.open(listed)
	w.guarded.do([]part{writing(d), reading(f), closing(f)}, denied, denied, ok)
	w.guarded.do([]part{closing(d)}, smb2.StatusFileClosed)
	w.guarded.do([]part{closing(f)}, ok)
	if n := len(w.guard.opens); n != 0 {
		t.Errorf("%d opens are left", n)
	}
}
