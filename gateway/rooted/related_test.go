package rooted

import (
	"testing"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
)

// of is a request about the file of an id, whatever stands before it.
func (x body) of(id smb2.FileID) body {
	return body{x.command, func(b []byte, _ smb2.FileID) []byte { return x.append(b, id) }}
}

// The directory itself stays, wherever in a chain it was named and whatever id a
// related request has.
func TestRootStaysInChains(t *testing.T) {
	t.Parallel()
	dir := func(c *smb2.CreateRequest) { c.Options = smb2.OptionDirectory }
	ask := querying(smb2.FileBasicInfo, 100)
	for name, doom := range map[string]body{
		"dispose": setting(smb2.FileDispositionInfo, []byte{1}),
		"rename":  setting(smb2.FileRenameInfo, renaming("x", 0)),
	} {
		r := newRig(t)
		f := r.opened(r.below, "f", nil)
		root := r.opened(r.below, "", dir)
		if got := r.about(r.below, root, ask, doom)[1].Status(); got != smb2.StatusAccessDenied {
			t.Errorf("%s behind a question about the directory: %v", name, got)
		}
		if got := r.about(r.below, root, ask, doom.of(f))[1].Status(); got != smb2.StatusAccessDenied {
			t.Errorf("%s behind a question about the directory, with another's id: %v", name, got)
		}
		if got := r.do(r.below, creating("", dir), doom.of(f), closing)[1].Status(); got != smb2.StatusAccessDenied {
			t.Errorf("%s behind a CREATE, with another's id: %v", name, got)
		}
		if got := r.do(r.below, creating(`back`, dir), doom, closing)[1].Status(); got != smb2.StatusAccessDenied {
			t.Errorf("%s behind a CREATE that has been led to the directory: %v", name, got)
		}
		r.about(r.below, f, closing)
		r.about(r.below, root, closing)
	}
}

// An open of the directory itself is forgotten with a CLOSE in its chain, too.
func TestRootForgottenInChains(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	dir := func(c *smb2.CreateRequest) { c.Options = smb2.OptionDirectory }
	ask := querying(smb2.FileBasicInfo, 100)
	for name, chain := range map[string][]body{
		"at once":          {creating("", dir), closing},
		"after a question": {creating("", dir), ask, closing},
		"led there":        {creating("back", dir), ask, closing},
		"twice":            {creating("", dir), closing, creating("", dir), closing},
	} {
		r.ok(r.below, chain...)
		if n := len(r.below.(*Server).roots); n != 0 {
			t.Errorf("%s: %d opens of the directory are left", name, n)
		}
	}
	root := r.opened(r.below, "", dir)
	r.about(r.below, root, ask, closing)
	if n := len(r.below.(*Server).roots); n != 0 {
		t.Errorf("%d opens of the directory are left", n)
	}
}

// What is behind a refused request is about its file, and the first that the server
// sees is related to nothing.
func TestBehindRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	f, d := r.opened(r.below, "f", nil), r.opened(r.below, "g", func(c *smb2.CreateRequest) { c.Disposition = smb2.DispositionCreate })
	seen := &watcher{Server: r.below.(*Server).inner}
	r.below.(*Server).inner = seen
	answers := r.about(r.below, f, controlling(smb2.FsctlPipePeek, nil), writing("new").of(d), reading(3))
	if answers[0].Status() != smb2.StatusInvalidDeviceRequest || answers[1].Status() != 0 || answers[2].Status() != 0 {
		t.Errorf("%v, %v, %v", answers[0].Status(), answers[1].Status(), answers[2].Status())
	}
	if seen.related {
		t.Error("the first request of a chain is related to one before it")
	}
	r.about(r.below, f, closing)
	r.about(r.below, d, closing)
	if got := r.content(`dept\a\f`); got != `newt\a` {
		t.Errorf("the file has become %q", got)
	}
}

// A watcher sees whether a chain begins with a related request.
type watcher struct {
	tree.Server
	related bool
}

func (w *watcher) Serve(chain []*tree.Request) {
	w.related = w.related || chain[0].Header().Has(smb2.FlagRelated)
	w.Server.Serve(chain)
}
