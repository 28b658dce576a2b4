package guard

import (
	"slices"
	"strings"
	"testing"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/policy"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/fscc"
	"github.com/smbgw/smbgw/transports"
)

const (
	ok     = smb2.StatusSuccess
	denied = smb2.StatusAccessDenied
)

func allow(a policy.Access, paths ...string) policy.Rule { return rule(policy.Allow, a, paths) }
func deny(a policy.Access, paths ...string) policy.Rule  { return rule(policy.Deny, a, paths) }

func rule(v policy.Verb, a policy.Access, paths []string) policy.Rule {
	r := policy.Rule{Verb: v, Access: a}
	for _, p := range paths {
		r.Paths = append(r.Paths, strings.Split(p, `\`))
	}
	return r
}

func rename(to string) []byte {
	return (&fscc.Rename{Name: smb2.AppendUTF16(nil, to)}).AppendBody(nil)
}

// make makes a file, or a directory that ends in \.
func (w *world) make(names ...string) {
	w.t.Helper()
	for _, n := range names {
		p := making(n)
		if d, is := strings.CutSuffix(n, `\`); is {
			p = directory(d)
		}
		w.free.do([]part{closing(w.free.open(p))}, ok)
	}
}

// Each access lets through what it includes and no more, and the file is as it
// was. A denial is one line of the log, whatever follows.
func TestAccess(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		access                           policy.Access
		list, read, write, set, make, io smb2.Status
		maximal                          smb2.Access
	}{
		{policy.List, ok, denied, denied, denied, denied, denied, accessToList | smb2.AccessReadData},
		{policy.ReadOnly, ok, ok, denied, denied, denied, ok, accessToRead | accessToList},
		{policy.ReadWrite, ok, ok, ok, ok, ok, ok, 0x1f01ff},
	} {
		t.Run(c.access.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, allow(c.access))
			w.make("f")
			if w.share.MaximalAccess&^0xe0000000 != c.maximal&0x1f01ff {
				t.Errorf("maximal access %#x, want %#x", w.share.MaximalAccess, c.maximal)
			}
			all := opening("f", smb2.AccessMaximumAllowed) // whoever may list may try
			f := w.guarded.open(all)
			for name, x := range map[string]struct {
				part part
				want smb2.Status
			}{
				"list":        {opening("f", smb2.AccessReadAttributes), c.list},
				"read":        {opening("f", toRead), c.read},
				"write":       {opening("f", toWrite), c.write},
				"make":        {making("g"), c.make},
				"read by id":  {reading(f), map[bool]smb2.Status{true: smb2.StatusEndOfFile, false: denied}[c.read == ok]},
				"resume key":  {controlling(f, smb2.FsctlRequestResumeKey), c.io},
				"write by id": {writing(f), c.write},
				"create":      {creating("h", smb2.CreateRequest{Access: toRead, Disposition: smb2.DispositionCreate}), c.make},
			} {
				if name == "write by id" && c.access == policy.ReadWrite {
					continue // in its place below, so that the order does not matter
				}
				if got := w.guarded.try(x.part); got != x.want {
					t.Errorf("%s: %v, want %v", name, got, x.want)
				}
			}
			w.guarded.do([]part{writing(f)}, c.write)
			w.guarded.do([]part{setting(f, smb2.FileRenameInfo, rename("i"))}, c.set)
			w.guarded.do([]part{closing(f)}, ok)
			n := w.log.count("level=INFO", "denied", `reason="policy \"p\": denied: allow at f:1 gives`)
			if want := min(1, int(policy.ReadWrite-c.access)); n != want {
				t.Errorf("%d lines say that something is denied, want %d:\n%s", n, want, w.log.all)
			}
		})
	}
}

// Of a chain what is denied is left out, and the rest is done.
func TestChain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, allow(policy.ReadOnly))
	w.make("f")
	none, read, write := smb2.NoFile, opening("f", toRead), opening("f", toWrite)
	w.guarded.do([]part{read, setting(none, smb2.FileRenameInfo, rename("g")), closing(none)}, ok, denied, ok)
	w.guarded.do([]part{write, reading(none), closing(none)}, denied, denied, denied)
	w.guarded.do([]part{write, closing(none), read, closing(none)}, denied, denied, ok, ok)
	w.guarded.do([]part{read, closing(none), write, reading(none), closing(none)}, ok, ok, denied, denied, denied)
	f := w.guarded.open(read)
	var first smb2.Header
	w.guard.next = &spy{w.guard.next, func(r *tree.Request) { first = slices.Clone(r.Header()) }}
	w.guarded.do([]part{writing(f), closing(none)}, denied, ok)
	if first.Has(smb2.FlagRelated) {
		t.Error("the first request of a chain is related to one before it")
	}
	f = w.guarded.open(read)
	w.guarded.do([]part{writing(f), writing(none), closing(none)}, denied, denied, ok)
	w.guarded.do([]part{closing(f)}, smb2.StatusFileClosed)
	// Nothing is open any more.
	w.free.do([]part{closing(w.free.open(creatingAlone("f")))}, ok)
}

// creatingAlone opens a file that nobody else has open.
func creatingAlone(name string) part {
	p := opening(name, toWrite)
	return part{p.command, func(b []byte) []byte {
		e := p.put(b)
		e[smb2.HeaderSize+32] = 0 // [MS-SMB2] 2.2.13: ShareAccess
		return e
	}}
}

// Where rules have paths, each open is what its path says, wherever it came by it.
func TestPaths(t *testing.T) {
	t.Parallel()
	w := newWorld(t, allow(policy.List), allow(policy.ReadWrite, "pub"), allow(policy.ReadOnly, `doc`), deny(0, `pub\x\secret`))
	w.make(`pub\`, `pub\x\`, `pub\x\secret\`, `pub\f`, `doc\`, `doc\f`, `other\`, `other\f`, `pub\x\secret\f`)
	none := smb2.NoFile
	for name, want := range map[string]smb2.Status{
		`pub\f`: ok, `PUB\f`: ok, `doc\f`: denied, `other\f`: denied, `pub\x\secret\f`: denied, `pub\x\SECRET\f`: denied, `pub\x\..\f`: denied, `pub`: ok,
	} {
		if got := w.guarded.try(opening(name, toWrite)); got != want {
			t.Errorf("write %s: %v, want %v", name, got, want)
		}
	}
	f, d := w.guarded.open(opening(`pub\f`, toWrite)), w.guarded.open(opening(`doc\f`, smb2.AccessMaximumAllowed))
	w.guarded.do([]part{writing(f)}, ok)
	w.guarded.do([]part{writing(d)}, denied)
	w.guarded.do([]part{reading(d)}, smb2.StatusEndOfFile)
	w.guarded.do([]part{opening(`doc\f`, toRead), reading(none), writing(none), closing(none)}, ok, smb2.StatusEndOfFile, denied, ok)

	// A rename needs both ends.
	for to, want := range map[string]smb2.Status{`doc\g`: denied, `g`: denied, `pub\x\secret\g`: denied, `pub\x\g`: ok} {
		w.guarded.do([]part{setting(f, smb2.FileRenameInfo, rename(to))}, want)
	}
	w.guarded.do([]part{setting(f, smb2.FileLinkInfo, rename(`other\g`))}, denied)
	w.guarded.do([]part{setting(d, smb2.FileLinkInfo, rename(`pub\g`))}, denied)
	w.guarded.do([]part{setting(f, smb2.FileRenameInfo, nil)}, denied)
	w.guarded.do([]part{setting(f, smb2.FileRenameInfo, (&fscc.Rename{Root: 1, Name: smb2.AppendUTF16(nil, `pub\g`)}).AppendBody(nil))}, denied)
	if got := w.guarded.try(setting(f, smb2.FileRenameInfo, rename(":stream"))); got == denied {
		t.Error("a stream of a file that may be written cannot be renamed")
	}
	if got := w.guard.opens[f].path; got != `pub\x\g` {
		t.Errorf("after a rename the file is %q", got)
	}

	// What would move a rule's path is denied; what is beside it is not.
	x := w.guarded.open(opening(`pub\x`, toWrite))
	w.guarded.do([]part{setting(x, smb2.FileRenameInfo, rename(`pub\y`))}, denied)
	w.guarded.do([]part{controlling(f, smb2.FsctlSetReparsePoint)}, denied)
	w.guarded.do([]part{controlling(f, fsctlSetReparsePointEx)}, denied)
	if got := w.guarded.try(controlling(none, smb2.FsctlDFSGetReferrals)); got == denied {
		t.Error("what is about the share is denied for a file's sake")
	}
	w.guarded.do([]part{closing(x)}, ok)
	w.guarded.do([]part{closing(f)}, ok)
	w.guarded.do([]part{closing(d)}, ok)
	if w.log.count("INFO", "above a path in rules") != 1 || w.log.count("INFO", "reparse point") != 1 {
		t.Errorf("the log: %s", w.log.all)
	}
}

// A directory that is renamed takes the opens below it along.
func TestRenamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, allow(policy.ReadWrite, "a", "b"), deny(policy.ReadWrite, `b\d\no`), deny(policy.ReadWrite, `b\dd`))
	w.make(`a\`, `b\`, `a\d\`, `a\d\no`, `a\dd`)
	no, beside, dir := w.guarded.open(opening(`a\d\no`, toWrite)), w.guarded.open(opening(`a\dd`, toWrite)), w.guarded.open(opening(`a\d`, toWrite))
	w.guarded.do([]part{writing(no)}, ok)
	w.guard.renamed(`a\d`, `b\d`) // as after a rename, which the store refuses while there are opens
	w.guarded.do([]part{writing(no)}, denied)
	w.guarded.do([]part{writing(beside)}, ok)
	for _, f := range []smb2.FileID{no, beside, dir} {
		w.guarded.do([]part{closing(f)}, ok)
	}
}

// Opens are forgotten with their CLOSE, also with one in the same chain, and with
// one that fails.
func TestForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, allow(policy.ReadWrite, "f"), allow(policy.List))
	w.make("f")
	none := smb2.NoFile
	f := w.guarded.open(opening("f", toRead))
	g := w.guarded.open(opening("f", toRead))
	if len(w.guard.opens) != 2 {
		t.Errorf("%d opens are known, want 2", len(w.guard.opens))
	}
	w.guarded.do([]part{closing(f)}, ok)
	w.guarded.do([]part{reading(g), closing(none)}, smb2.StatusEndOfFile, ok)
	w.guarded.do([]part{opening("f", toRead), closing(none)}, ok, ok)
	w.guarded.do([]part{opening("g", toRead), closing(none)}, denied, denied)
	w.guarded.do([]part{closing(f)}, smb2.StatusFileClosed)
	if n := len(w.guard.opens); n != 0 {
		t.Errorf("%d opens are left", n)
	}
}

// What was opened on another tree is not this one's, whoever would let it pass: a
// server may know it by its session. There are as many opens as there may be.
func TestForeign(t *testing.T) {
	t.Parallel()
	for name, rules := range map[string][]policy.Rule{
		"whole": {allow(policy.ReadWrite)},
		"paths": {allow(policy.ReadWrite), deny(0, "x")},
	} {
		w := newWorld(t, rules...)
		w.make("f")
		foreign := w.free.open(opening("f", toWrite))
		asked := 0
		w.guard.next = &spy{w.guard.next, func(r *tree.Request) {
			if r.Header().Command() != smb2.CommandClose {
				asked++
			}
		}}
		const gone = smb2.StatusFileClosed
		w.guarded.do([]part{writing(foreign)}, gone)
		w.guarded.do([]part{reading(foreign), writing(smb2.NoFile), closing(smb2.NoFile)}, gone, gone, gone)
		w.guarded.do([]part{setting(foreign, smb2.FileRenameInfo, rename("g"))}, gone)
		w.guarded.do([]part{closing(foreign)}, gone) // says the server
		if asked != 0 {
			t.Errorf("%s: the server is asked %d times", name, asked)
		}
		w.free.do([]part{closing(foreign)}, ok)
		for i := range maxOpens {
			w.guard.opens[smb2.FileID{0: byte(i), 1: byte(i >> 8), 15: 1}] = new(open)
		}
		const many = smb2.StatusTooManyOpenedFiles
		w.guarded.do([]part{opening("f", toRead), reading(smb2.NoFile), closing(smb2.NoFile)}, many, many, many)
		if asked != 0 {
			t.Errorf("%s: the server is asked for an open too many", name)
		}
	}
}

// Extents are taken of files of the tree that may be read: to list one is not
// enough, and one of another tree is none.
func TestClone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, allow(policy.List), allow(policy.ReadWrite, "pub"))
	w.make(`pub\`, `pub\to`, `pub\from`, "secret")
	to, from := w.guarded.open(opening(`pub\to`, toWrite)), w.guarded.open(opening(`pub\from`, toRead))
	secret := w.guarded.open(opening("secret", smb2.AccessMaximumAllowed))
	foreign := w.free.open(opening(`pub\from`, toRead))
	asked := false
	w.guard.next = &spy{w.guard.next, func(r *tree.Request) { asked = true }}
	for code, input := range map[smb2.FSCTL]func(smb2.FileID) []byte{
		smb2.FsctlDuplicateExtents:   func(f smb2.FileID) []byte { return append(f[:], make([]byte, 24)...) },
		smb2.FsctlDuplicateExtentsEx: func(f smb2.FileID) []byte { return append(append(make([]byte, 8), f[:]...), make([]byte, 32)...) },
	} {
		for name, x := range map[string]struct {
			input []byte
			want  bool
		}{
			"of a file that may be read": {input(from), true},
			"of one that may be listed":  {input(secret), false},
			"of another tree":            {input(foreign), false},
			"of nothing":                 {nil, false},
			"of half an id":              {input(from)[:12], false},
		} {
			asked = false
			q := smb2.IoctlRequest{Code: code, FileID: to, Flags: smb2.IoctlIsFSCTL}
			status := w.guarded.try(part{smb2.CommandIoctl, func(b []byte) []byte { return q.Append(b, x.input) }})
			if asked != x.want || !x.want && status != denied {
				t.Errorf("%v %s: the server is asked: %v; %v", code, name, asked, status)
			}
		}
	}
	for _, f := range []smb2.FileID{to, from, secret} {
		w.guarded.do([]part{closing(f)}, ok)
	}
	w.free.do([]part{closing(foreign)}, ok)
}

// A directory above a path in rules is watched without what is below it.
func TestNotify(t *testing.T) {
	t.Parallel()
	for name, below := range map[string]bool{"": false, "a": false, "b": true} {
		w := newWorld(t, allow(policy.ReadWrite), deny(0, `a\x`))
		w.make(`a\`, `b\`)
		var got []byte
		w.guard.next = &spy{w.guard.next, func(r *tree.Request) {
			if r.Header().Command() == smb2.CommandChangeNotify {
				got = slices.Clone(r.Element)
			}
		}}
		f := w.guarded.open(opening(name, toRead))
		r := smb2.ChangeNotifyRequest{Flags: smb2.ChangeNotifyTree, OutputLength: 100, FileID: f, Filter: smb2.NotifyFileName}
		waiting := w.guarded.send(part{smb2.CommandChangeNotify, r.AppendBody})[0]
		w.guarded.do([]part{closing(f)}, ok)
		w.guarded.wait(waiting)
		q, err := smb2.ParseChangeNotifyRequest(got)
		if err != nil || q.Flags == smb2.ChangeNotifyTree != below {
			t.Errorf("%q: flags %d, %v", name, q.Flags, err)
		}
	}
}

// A spy sees requests.
type spy struct {
	tree.Server
	see func(*tree.Request)
}

func (s *spy) Serve(chain []*tree.Request) {
	for _, r := range chain {
		s.see(r)
	}
	s.Server.Serve(chain)
}

// In IPC$ pipes are what rules of operations are about, and writing to them is
// reading.
func TestPipes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, allow(policy.ReadOnly))
	w.guard.class = policy.ClassPipe
	w.guard.whole = w.guard.decideAll("", false)
	w.make("f")
	f := w.guarded.open(opening("f", toWrite))
	w.guarded.do([]part{writing(f), closing(smb2.NoFile)}, ok, ok)

	w = newWorld(t, allow(policy.ReadWrite), policy.Rule{Verb: policy.Deny, Operations: []policy.OperationMatch{{Class: policy.ClassPipe}}})
	w.make("f")
	w.guarded.do([]part{opening("f", toRead), closing(smb2.NoFile)}, ok, ok)
	w.guard.class = policy.ClassPipe
	w.guard.whole = w.guard.decideAll("", false)
	w.guarded.do([]part{opening("f", toRead)}, denied)
}

// READ and WRITE cost no memory, whether or not paths matter.
func TestAlloc(t *testing.T) {
	for name, rules := range map[string][]policy.Rule{
		"whole": {allow(policy.ReadWrite)},
		"paths": {allow(policy.ReadWrite), deny(0, "x")},
	} {
		w := newWorld(t, rules...)
		w.make("f")
		f := w.guarded.open(opening("f", toWrite))
		next := w.guard.next
		w.guard.next = nowhere{next}
		for _, p := range []part{reading(f), writing(f)} {
			element := p.put(smb2.NewHeader(p.command, 1))
			chain := []*tree.Request{{Message: new(transports.Message), Element: element}}
			if n := testing.AllocsPerRun(100, func() { w.guard.Serve(chain) }); n != 0 {
				t.Errorf("%s: %v: %v allocations", name, p.command, n)
			}
		}
		w.guard.next = next
		w.guarded.do([]part{closing(f)}, ok)
	}
}

// A nowhere serves nothing.
type nowhere struct{ tree.Server }

func (nowhere) Serve([]*tree.Request) {}
