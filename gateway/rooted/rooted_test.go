package rooted

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/fscc"
)

// badNames are those that do not stay below, or might not at some server.
var badNames = map[string]smb2.Status{
	`..`: smb2.StatusObjectPathSyntaxBad, `.`: smb2.StatusObjectPathSyntaxBad, `...`: smb2.StatusObjectPathSyntaxBad,
	`..\b\f`: smb2.StatusObjectPathSyntaxBad, `x\..\..\b\f`: smb2.StatusObjectPathSyntaxBad, `x\..`: smb2.StatusObjectPathSyntaxBad,
	`.. \b\f`: smb2.StatusObjectPathSyntaxBad, `.. .\f`: smb2.StatusObjectPathSyntaxBad, ` \f`: smb2.StatusObjectPathSyntaxBad,
	"\uf029\uf029\\f": smb2.StatusObjectPathSyntaxBad, ".\uf028\\f": smb2.StatusObjectPathSyntaxBad, `..\`: smb2.StatusObjectPathSyntaxBad,
	`..:stream`: smb2.StatusObjectPathSyntaxBad, `..::$INDEX_ALLOCATION`: smb2.StatusObjectPathSyntaxBad,
	`..::$INDEX_ALLOCATION\b\f`: smb2.StatusObjectNameInvalid, `x::$INDEX_ALLOCATION\f`: smb2.StatusObjectNameInvalid,
	`../b/f`: smb2.StatusObjectNameInvalid, `x/../../b`: smb2.StatusObjectNameInvalid, `f:a/b`: smb2.StatusObjectNameInvalid,
	`x\\f`: smb2.StatusObjectNameInvalid, `x\:s`: smb2.StatusObjectNameInvalid, "f\x00x": smb2.StatusObjectNameInvalid,
	`\f`: smb2.StatusInvalidParameter, `\\other\f`: smb2.StatusInvalidParameter, `\??\C:\x`: smb2.StatusInvalidParameter,
}

// No name leads out, whatever it is used for, and none of them comes to the server.
func TestNames(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for name, want := range badNames {
		r.inner.took()
		for _, d := range []smb2.Disposition{smb2.DispositionOpen, smb2.DispositionOverwriteIf, smb2.DispositionCreate} {
			answers := r.do(r.below, creating(name, func(c *smb2.CreateRequest) { c.Disposition = d }), querying(smb2.FileBasicInfo, 100), closing)
			for _, a := range answers {
				if a.Status() != want {
					t.Errorf("%q, %v: %v is %v, want %v", name, d, a.Command(), a.Status(), want)
				}
			}
		}
		if names, commands := r.inner.took(); len(commands) != 0 {
			t.Errorf("%q: the server was asked %v for %q", name, commands, names)
		}
	}
	for _, c := range []struct {
		what     string
		edit     func(*smb2.CreateRequest)
		contexts []smb2.CreateContext
	}{
		{"a number", func(c *smb2.CreateRequest) { c.Options = smb2.OptionOpenByFileID }, nil},
		{"Apple's question", nil, []smb2.CreateContext{{Tag: []byte(smb2.TagApple), Data: []byte{2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}}}},
		{"half of it", nil, []smb2.CreateContext{{Tag: []byte(smb2.TagApple), Data: []byte{2, 0}}}},
	} {
		if got := r.do(r.below, creating("f", c.edit, c.contexts...))[0].Status(); got != smb2.StatusNotSupported {
			t.Errorf("%s: %v", c.what, got)
		}
	}
	if _, commands := r.inner.took(); len(commands) != 0 {
		t.Errorf("the server was asked %v", commands)
	}
}

// What is below is there, and can be read, written, made, renamed and deleted.
func TestBelow(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	make := func(c *smb2.CreateRequest) { c.Disposition = smb2.DispositionCreate }
	answers := r.ok(r.below, creating("f", nil), reading(100), closing)
	if q, err := smb2.ParseReadResponse(answers[1]); err != nil || q.DataLength != uint32(len(`dept\a`)) {
		t.Errorf("%+v, %v", q, err)
	}
	r.ok(r.below, creating("d", func(c *smb2.CreateRequest) { make(c); c.Options = smb2.OptionDirectory }), closing)
	r.ok(r.below, creating(`d\new`, make), writing("new"), closing)
	if got := r.content(`dept\a\d\new`); got != "new" {
		t.Errorf("written: %q", got)
	}
	r.ok(r.below, creating(`f:stream`, make), writing("s"), closing)
	if got := r.content(`dept\a\f:stream`); got != "s" {
		t.Errorf("stream: %q", got)
	}
	r.ok(r.below, creating(`d\new`, nil), setting(smb2.FileRenameInfo, renaming("moved", 0)), closing)
	if got := r.content(`dept\a\moved`); got != "new" {
		t.Errorf("renamed: %q", got)
	}
	id := r.opened(r.below, "moved", nil)
	if s := r.about(r.below, id, setting(smb2.FileRenameInfo, renaming(`d\again`, 0)))[0].Status(); s != 0 {
		t.Errorf("renamed alone: %v", s)
	}
	r.about(r.below, id, closing)
	r.ok(r.below, creating(`d\again`, func(c *smb2.CreateRequest) { c.Options = smb2.OptionDeleteOnClose }), closing)
	if got := r.content(`dept\a\d\again`); got != smb2.StatusObjectNameNotFound.String() {
		t.Errorf("deleted: %q", got)
	}
	r.ok(r.below, creating("", func(c *smb2.CreateRequest) { c.Options = smb2.OptionDirectory }), listing("*"), closing)
	r.ok(r.below, creating(`d\`, func(c *smb2.CreateRequest) { c.Options = smb2.OptionDirectory }), closing)
	if got := r.do(r.below, creating("absent", nil), closing); got[0].Status() != smb2.StatusObjectNameNotFound {
		t.Errorf("absent: %v", got[0].Status())
	}
}

// renaming is FileRenameInformation, or FileLinkInformation.
func renaming(name string, directory uint64) []byte {
	x := fscc.Rename{Name: smb2.AppendUTF16(nil, name), Root: directory}
	return x.AppendBody(nil)
}

// No new name leads out.
func TestNewNames(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.opened(r.below, "f", nil)
	for _, class := range []smb2.FileClass{smb2.FileRenameInfo, smb2.FileLinkInfo, smb2.FileRenameInfoEx, 72} {
		for name, want := range badNames {
			r.inner.took()
			if got := r.about(r.below, id, setting(class, renaming(name, 0)))[0].Status(); got != want {
				t.Errorf("%v to %q: %v, want %v", class, name, got, want)
			}
			if _, commands := r.inner.took(); len(commands) != 0 {
				t.Errorf("%v to %q: the server was asked %v", class, name, commands)
			}
		}
		for what, data := range map[string][]byte{
			"in a directory that is open": renaming("x", 1),
			"no name":                     renaming("", 0),
			"a name beyond the end":       append(renaming("x", 0)[:16], 0xff, 0, 0, 0, 'x', 0),
			"nothing":                     {1},
		} {
			if got := r.about(r.below, id, setting(class, data))[0].Status(); got != smb2.StatusInvalidParameter {
				t.Errorf("%v: %s: %v", class, what, got)
			}
		}
		for _, name := range []string{`link\g`, `up\g`} {
			if got := r.about(r.below, id, setting(class, renaming(name, 0)))[0].Status(); got != smb2.StatusAccessDenied {
				t.Errorf("%v over a link, %q: %v", class, name, got)
			}
		}
	}
	if got := r.about(r.below, id, setting(smb2.FileRenameInfo, renaming(`back\g`, 0)))[0].Status(); got != smb2.StatusObjectPathNotFound {
		t.Errorf("over a link that leads back, which the store does not know: %v", got)
	}
	r.about(r.below, id, closing)
	if got := r.content(`dept\a\f`); got != `dept\a` {
		t.Errorf("the file has become %q", got)
	}
}

// What the server follows by itself does not lead out, and nothing outside changes.
func TestLinks(t *testing.T) {
	t.Parallel()
	for _, lacks := range []map[smb2.FileClass]bool{nil, {smb2.FileNormalizedNameInfo: true}} {
		r := newRig(t)
		r.below.Close()
		share := &tree.Share{Server: r.inner.again(r), Type: smb2.ShareDisk}
		r.inner.lacks = lacks
		share, err := Connect(t.Context(), share, r.options(`dept\A`))
		if err != nil {
			t.Fatal(err)
		}
		r.below = share.Server
		for _, name := range []string{`link`, `link\f`, `up`, `up\b\f`, `up\b`} {
			for _, d := range []smb2.Disposition{smb2.DispositionOpen, smb2.DispositionOpenIf, smb2.DispositionOverwrite, smb2.DispositionOverwriteIf, smb2.DispositionSupersede, smb2.DispositionCreate} {
				edit := func(c *smb2.CreateRequest) { c.Disposition = d }
				for what, chain := range map[string][]body{
					"alone": {creating(name, edit)},
					"read":  {creating(name, edit), querying(smb2.FileBasicInfo, 100), closing},
					"write": {creating(name, edit), writing("x"), closing},
					"erase": {creating(name, edit), setting(smb2.FileDispositionInfo, []byte{1}), closing},
				} {
					for _, a := range r.do(r.below, chain...) {
						if a.Status() != smb2.StatusAccessDenied {
							t.Errorf("%s, %v, %s: %v is %v", name, d, what, a.Command(), a.Status())
						}
					}
				}
			}
			if got := r.do(r.below, creating(name, func(c *smb2.CreateRequest) { c.Options = smb2.OptionDeleteOnClose }))[0].Status(); got != smb2.StatusAccessDenied {
				t.Errorf("%s, to be deleted: %v", name, got)
			}
		}
		if got := r.do(r.below, creating(`link\new`, func(c *smb2.CreateRequest) { c.Disposition = smb2.DispositionCreate }))[0].Status(); got != smb2.StatusAccessDenied {
			t.Errorf("a new file: %v", got)
		}
		for name, want := range map[string]string{
			`other\f`: "other", `dept\b\f`: `dept\b`, `dept\a\f`: `dept\a`, `other\new`: smb2.StatusObjectNameNotFound.String(),
		} {
			if got := r.content(name); got != want {
				t.Errorf("%s has become %q", name, got)
			}
		}
		r.ok(r.below, creating(`back\f`, nil), reading(10), closing)
		if n := r.inner.opens(r); n != 0 {
			t.Errorf("%d files are open", n)
		}
	}
}

// again is another connect to the share of a follower.
func (f *follower) again(r *rig) tree.Server {
	f.Server = r.another()
	return f
}

func (r *rig) another() tree.Server { return &shared{r.whole} }

// shared is a tree that others use too.
type shared struct{ tree.Server }

func (*shared) Close() {}

// opens is how many files of the directory somebody has open: none can be deleted
// then by who wants it alone.
func (f *follower) opens(r *rig) (n int) {
	for _, name := range []string{`dept\a\f`, `dept\b\f`, `other\f`} {
		answers := r.do(r.whole, creating(name, func(c *smb2.CreateRequest) { c.Share = 0 }), closing)
		if answers[0].Status() != 0 {
			n++
		}
	}
	return n
}

// Names in answers are below the directory, whatever room the client has.
func TestReported(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	dir := func(c *smb2.CreateRequest) { c.Disposition, c.Options = smb2.DispositionOpenIf, smb2.OptionDirectory }
	r.ok(r.below, creating("sub", dir), closing)
	r.ok(r.below, creating(`sub\g`, func(c *smb2.CreateRequest) { c.Disposition = smb2.DispositionOpenIf }), closing)
	for name, want := range map[string]string{"": "", "f": "f", "F": "f", `sub\g`: `sub\g`, "sub": "sub"} {
		for _, class := range []smb2.FileClass{smb2.FileNormalizedNameInfo, smb2.FileNameInfo, smb2.FileAllInfo} {
			at, _ := nameAt(class)
			for _, room := range []int{at + 4, at + 6, at + 4 + 2*len(want), 4096} {
				reply := r.do(r.below, creating(name, func(c *smb2.CreateRequest) { c.Access = smb2.AccessReadAttributes }), querying(class, uint32(room)), closing)[1]
				q, err := smb2.ParseQueryInfoResponse(reply)
				if err != nil {
					t.Errorf("%q, %v, room %d: %v, %v", name, class, room, reply.Status(), err)
					continue
				}
				out, err := q.Output(reply)
				if err != nil || len(out) > room || len(out) < at+4 {
					t.Errorf("%q, %v, room %d: %d bytes, %v", name, class, room, len(out), err)
					continue
				}
				text, _ := smb2.DecodeUTF16(out[at+4:])
				full := int(binary.LittleEndian.Uint32(out[at:]))
				lead := strings.HasPrefix(text, `\`) || text == "" && full == 2*len(want)+2
				whole := want
				if lead {
					whole = `\` + want
				}
				status := smb2.StatusSuccess
				if at+4+2*len(whole) > room {
					status = smb2.StatusBufferOverflow
				}
				if full != 2*len(whole) || !strings.HasPrefix(whole, text) || reply.Status() != status {
					t.Errorf("%q, %v, room %d: %q of %d bytes, %v; want %q", name, class, room, text, full, reply.Status(), whole)
				}
			}
		}
		for _, class := range []smb2.FileClass{fileHardLinkInfo, fileNetworkPhysicalName} {
			if got := r.do(r.below, creating(name, nil), querying(class, 4096), closing)[1].Status(); got != smb2.StatusInvalidInfoClass {
				t.Errorf("%q, %v: %v", name, class, got)
			}
		}
	}
}

// The directory itself stays.
func TestRootStays(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	dir := func(c *smb2.CreateRequest) { c.Options = smb2.OptionDirectory }
	doom, move := setting(smb2.FileDispositionInfo, []byte{1}), setting(smb2.FileRenameInfo, renaming("x", 0))
	for _, name := range []string{"", `back`} {
		id := r.opened(r.below, name, dir)
		for _, x := range []body{doom, move, setting(smb2.FileDispositionInfoEx, []byte{1, 0, 0, 0}), setting(smb2.FileRenameInfoEx, renaming("x", 0))} {
			if got := r.about(r.below, id, x)[0].Status(); got != smb2.StatusAccessDenied {
				t.Errorf("%q: %v", name, got)
			}
		}
		r.about(r.below, id, closing)
		if n := len(r.below.(*Server).roots); n != 0 {
			t.Errorf("%q: %d opens of the directory are left", name, n)
		}
	}
	answers := r.do(r.below, creating("", dir), doom, closing)
	if answers[0].Status() != 0 || answers[1].Status() != smb2.StatusAccessDenied || answers[2].Status() != 0 {
		t.Errorf("in a chain: %v, %v, %v", answers[0].Status(), answers[1].Status(), answers[2].Status())
	}
	if got := r.do(r.below, creating("", func(c *smb2.CreateRequest) { c.Options = smb2.OptionDirectory | smb2.OptionDeleteOnClose }))[0].Status(); got != smb2.StatusAccessDenied {
		t.Errorf("on close: %v", got)
	}
	if got := r.content(`dept\a\f`); got != `dept\a` {
		t.Errorf("the file has become %q", got)
	}
}

// Where clients go by a link themselves.
func TestSymlinks(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, c := range []struct {
		what string
		link smb2.Symlink
		want smb2.Status
	}{
		{"relative", smb2.Symlink{Unparsed: 4, Flags: smb2.SymlinkRelative, Substitute: wire("sub")}, smb2.StatusStoppedOnSymlink},
		{"absolute", smb2.Symlink{Unparsed: 4, Substitute: wire(`\??\C:\other`)}, smb2.StatusAccessDenied},
		{"in the path to the directory", smb2.Symlink{Unparsed: 16, Flags: smb2.SymlinkRelative, Substitute: wire("b")}, smb2.StatusAccessDenied},
	} {
		r.inner.stops = &c.link
		for _, d := range []smb2.Disposition{smb2.DispositionOpen, smb2.DispositionOverwriteIf} {
			got := r.do(r.below, creating(`stop\x`, func(q *smb2.CreateRequest) { q.Disposition = d }))[0]
			if got.Status() != c.want {
				t.Errorf("%s, %v: %v, want %v", c.what, d, got.Status(), c.want)
			}
		}
	}
}

// reparse is a reparse point of a tag.
func reparse(tag, flags uint32, target string) []byte {
	name := wire(target)
	b := binary.LittleEndian.AppendUint32(nil, tag)
	b = binary.LittleEndian.AppendUint16(b, uint16(12+2*len(name)))
	b = append(b, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(name)))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(name)))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(name)))
	return append(append(binary.LittleEndian.AppendUint32(b, flags), name...), name...)
}

// Each FSCTL that there is passes or does not, as the table says, and unknown ones
// do not. Reparse points that a client sets lead nowhere but below.
func TestFSCTLs(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.opened(r.below, "f", nil)
	ask := func(code smb2.FSCTL, input []byte) (status smb2.Status, asked bool) {
		r.inner.took()
		status = r.about(r.below, id, controlling(code, input))[0].Status()
		_, commands := r.inner.took()
		return status, len(commands) > 0
	}
	for _, name := range smb2.FSCTLNames() {
		code, _ := smb2.FSCTLNamed(name)
		passes, ok := fsctls[code]
		if !ok {
			t.Errorf("%s is not in the table", name)
		}
		input := []byte(nil)
		if code == smb2.FsctlSetReparsePoint {
			input = reparse(0xa000000c, 1, "sub")
		}
		if status, asked := ask(code, input); asked != passes || !passes && status != smb2.StatusInvalidDeviceRequest {
			t.Errorf("%s: the server is asked: %v; %v", name, asked, status)
		}
	}
	if status, asked := ask(0x0009040c, reparse(0xa000000c, 1, "sub")); asked || status != smb2.StatusInvalidDeviceRequest {
		t.Errorf("an unknown one: %v", status)
	}
	for what, point := range map[string][]byte{
		"a mount point":       reparse(0xa0000003, 0, `\??\C:\other`),
		"a link of NFS":       reparse(0x80000014, 0, `other`),
		"an absolute link":    reparse(0xa000000c, 0, `\??\C:\other`),
		"a link up":           reparse(0xa000000c, 1, `..\b`),
		"a link up and down":  reparse(0xa000000c, 1, `x\..\..\b`),
		"a link of slashes":   reparse(0xa000000c, 1, `../b`),
		"a link to the share": reparse(0xa000000c, 1, `\other`),
		"a link to nothing":   reparse(0xa000000c, 1, ``),
		"half a link":         reparse(0xa000000c, 1, `sub`)[:25],
		"nothing":             {},
	} {
		if status, asked := ask(smb2.FsctlSetReparsePoint, point); asked || status != smb2.StatusAccessDenied {
			t.Errorf("%s: %v", what, status)
		}
	}
	r.about(r.below, id, closing)
}

// Patterns are no paths.
func TestPatterns(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, pattern := range []string{`..\*`, `../*`, `\`, "a\x00"} {
		answers := r.do(r.below, creating("", func(c *smb2.CreateRequest) { c.Options = smb2.OptionDirectory }), listing(pattern), closing)
		if answers[1].Status() != smb2.StatusObjectNameInvalid || answers[2].Status() != 0 {
			t.Errorf("%q: %v, CLOSE %v", pattern, answers[1].Status(), answers[2].Status())
		}
	}
	// What is refused first in a chain leaves its file to the others.
	id := r.opened(r.below, "", func(c *smb2.CreateRequest) { c.Options = smb2.OptionDirectory })
	answers := r.about(r.below, id, listing(`..\*`), querying(smb2.FileBasicInfo, 100), closing)
	if answers[0].Status() != smb2.StatusObjectNameInvalid || answers[1].Status() != 0 || answers[2].Status() != 0 {
		t.Errorf("%v, %v, %v", answers[0].Status(), answers[1].Status(), answers[2].Status())
	}
}

// Directories that are none, and servers that cannot be asked, are no shares.
func TestConnect(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for path, want := range map[string]smb2.Status{
		"dept": 0, `dept\b`: 0, "DEPT/A": 0, "absent": smb2.StatusBadNetworkName, "other/f": smb2.StatusBadNetworkName,
		"": smb2.StatusBadNetworkName, "/dept": smb2.StatusBadNetworkName, "dept/..": smb2.StatusBadNetworkName,
		"dept/": smb2.StatusBadNetworkName, "dept:x": smb2.StatusBadNetworkName, strings.Repeat("x/", 40000): smb2.StatusBadNetworkName,
	} {
		closed := 0
		share, err := Connect(t.Context(), &tree.Share{Server: &counting{r.another(), &closed}, Type: smb2.ShareDisk}, r.options(path))
		if !errors.Is(err, want) && (err != nil || want != 0) {
			t.Errorf("%q: %v, want %v", path, err, want)
		}
		if err == nil {
			share.Server.Close()
		}
		if closed != 1 {
			t.Errorf("%q: closed %d times", path, closed)
		}
	}
	mute := &follower{Server: r.another(), arena: r.arena, lacks: map[smb2.FileClass]bool{smb2.FileNormalizedNameInfo: true, smb2.FileAllInfo: true}}
	if _, err := Connect(t.Context(), &tree.Share{Server: mute, Type: smb2.ShareDisk}, r.options("dept")); !errors.Is(err, smb2.StatusBadNetworkName) {
		t.Errorf("a server that does not say: %v", err)
	}
	if _, err := Connect(t.Context(), &tree.Share{Server: mute, Type: smb2.SharePipe}, r.options("dept")); err == nil {
		t.Error("a share of pipes")
	}
}

// counting counts Close.
type counting struct {
	tree.Server
	closed *int
}

func (c *counting) Close() { *c.closed++ }

// READs and WRITEs pass without a look, a copy or an allocation.
func TestHotPath(t *testing.T) {
	r := newRig(t)
	seen := &catcher{}
	s := r.below.(*Server)
	inner := s.inner
	s.inner = seen
	q := reading(100).append(smb2.NewHeader(smb2.CommandRead, 1), smb2.FileID{1})
	chain := []*tree.Request{{Element: q}}
	if n := testing.AllocsPerRun(100, func() { s.Serve(chain) }); n != 0 || seen.last != chain[0] {
		t.Errorf("%v allocations, %p for %p", n, seen.last, chain[0])
	}
	s.inner = inner
}

type catcher struct {
	tree.Server
	last *tree.Request
}

func (c *catcher) Serve(chain []*tree.Request) { c.last = chain[0] }

// The end of a tree ends what is under way.
func TestCloseMeanwhile(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	answers := make(chan []byte, 100)
	for i := range 100 {
		b := creating(fmt.Sprint("new", i), func(c *smb2.CreateRequest) { c.Disposition = smb2.DispositionOpenIf }).append(smb2.NewHeader(smb2.CommandCreate, 0), smb2.NoFile)
		m := r.arena.New(len(b))
		copy(m.Bytes(), b)
		r.below.Serve([]*tree.Request{{Message: m, Element: m.Bytes(), Replier: &asker{answers}}})
	}
	r.below.Close()
	if len(answers) != 100 {
		t.Errorf("%d of 100 are answered", len(answers))
	}
	r.below = &shared{}
}

// Any name stays below or is refused; what it is below of is taken off again.
func FuzzName(f *testing.F) {
	for name := range badNames {
		f.Add(wire(name))
	}
	f.Add(wire(`a\b:c`))
	f.Fuzz(func(t *testing.T, name []byte) {
		if len(name) > 1<<12 || check(name) != 0 {
			return
		}
		root := prefix(wire(`dept\a`))
		whole := root.below(name)
		if rest, ok := root.after(whole); !ok || len(rest) > len(name)+2 {
			t.Fatalf("% x is not below", whole)
		}
		for part := range strings.SplitSeq(string(utf(whole)), `\`) {
			base, _, _ := strings.Cut(part, ":")
			if base != "" && strings.Trim(base, ". ") == "" {
				t.Fatalf("%q has a component %q", utf(whole), part)
			}
		}
		if p := parent(name); check(p) != 0 {
			t.Fatalf("parent %q of %q", utf(p), utf(name))
		}
	})
}

// utf is a name with a letter for each unit.
func utf(b []byte) []rune {
	var s []rune
	for i := range len(b) / 2 {
		s = append(s, rune(unit(b, i)))
	}
	return s
}

// Reparse points from anybody are read without harm.
func FuzzReparse(f *testing.F) {
	f.Add(reparse(0xa000000c, 1, "sub"))
	f.Add(reparse(0xa000000c, 1, `..\b`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if staysBelow(b) && strings.Contains(string(utf(b[20:])), `..\`) && len(b) < 200 {
			off, n := int(binary.LittleEndian.Uint16(b[8:])), int(binary.LittleEndian.Uint16(b[10:]))
			for part := range strings.SplitSeq(string(utf(b[20+off:][:n])), `\`) {
				if part == ".." {
					t.Fatalf("%q", utf(b[20:]))
				}
			}
		}
	})
}

// What is in a directory begins with all of its name.
func TestAfter(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		`dept\a`: "", `dept\a\f`: `\f`, `dept\a:s`: ":s", `dept\A\f`: "-", `dept\ab\f`: "-", `dept`: "-", "": "-", `other\dept\a`: "-",
	} {
		rest, ok := prefix(wire(`dept\a`)).after(wire(name))
		got := string(utf(rest))
		if !ok {
			got = "-"
		}
		if got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	if _, ok := prefix(wire("a")).after([]byte{'a', 0, 'x'}); ok {
		t.Error("half a letter")
	}
}
