package store

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/fscc"
)

const (
	ok       = smb2.StatusSuccess
	notFound = smb2.StatusObjectNameNotFound
	denied0  = smb2.StatusAccessDenied
	invalid  = smb2.StatusInvalidParameter
)

// What is written is read, in any case of the name, by any client.
func TestReadWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Config{})
	a, b := w.connect(), w.connect()
	a.directory("Dir")
	f := a.file(`dir\File`)
	a.write(ok, f, 0, "hello")
	a.write(ok, f, 70000, "far")
	g := b.create(ok, wish{name: `DIR\FILE`, disposition: smb2.DispositionOpen})
	if got := b.read(ok, g, 3, 10); got != "lo"+strings.Repeat("\x00", 8) {
		t.Errorf("read %q", got)
	}
	if got := b.read(ok, g, 69999, 100); got != "\x00far" {
		t.Errorf("read %q", got)
	}
	b.read(smb2.StatusEndOfFile, g, 70003, 1)
	if got := b.read(ok, g, 1<<40, 0); got != "" {
		t.Errorf("read %q", got)
	}
	r := b.close(g)
	if r.EndOfFile != 70003 || r.AllocationSize != 3*clusterSize || !r.Attributes.Has(smb2.AttributeArchive) {
		t.Errorf("%+v", r)
	}
	b.read(smb2.StatusFileClosed, g, 0, 1)
	if r := a.close(f); r.EndOfFile != 70003 {
		t.Errorf("%+v", r)
	}
}

// Every disposition, where the file is and where it is not, [MS-SMB2] 2.2.13.
func TestDispositions(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		disposition smb2.Disposition
		there       smb2.Status
		action      smb2.CreateAction
		size        uint64
		absent      smb2.Status
	}{
		{smb2.DispositionSupersede, ok, smb2.ActionSuperseded, 0, ok},
		{smb2.DispositionOpen, ok, smb2.ActionOpened, 3, notFound},
		{smb2.DispositionCreate, smb2.StatusObjectNameCollision, 0, 0, ok},
		{smb2.DispositionOpenIf, ok, smb2.ActionOpened, 3, ok},
		{smb2.DispositionOverwrite, ok, smb2.ActionOverwritten, 0, notFound},
		{smb2.DispositionOverwriteIf, ok, smb2.ActionOverwritten, 0, ok},
		{6, invalid, 0, 0, invalid},
	} {
		c := newWorld(t, Config{}).connect()
		f := c.file("there")
		c.write(ok, f, 0, "abc")
		c.close(f)
		b := c.do(x.there, wish{name: "there", disposition: x.disposition}.part())
		if x.there == ok {
			if r := c.created(b); r.Action != x.action || r.EndOfFile != x.size || r.OplockLevel != smb2.OplockNone {
				t.Errorf("%v: %+v", x.disposition, r)
			}
		}
		b = c.do(x.absent, wish{name: "absent", disposition: x.disposition}.part())
		if x.absent == ok {
			if r := c.created(b); r.Action != smb2.ActionCreated {
				t.Errorf("%v: %+v", x.disposition, r)
			}
		}
	}
}

// What a CREATE is refused for.
func TestCreateRefusals(t *testing.T) {
	t.Parallel()
	c := newWorld(t, Config{}).connect()
	c.close(c.directory("d"))
	c.close(c.file("f"))
	f := c.create(ok, wish{name: "ro", disposition: openIf, attributes: smb2.AttributeReadOnly})
	c.close(f)
	c.close(c.create(ok, wish{name: "hidden", disposition: openIf, attributes: smb2.AttributeHidden}))
	long := strings.Repeat("x", 256)
	const open = smb2.DispositionOpen
	for _, x := range []struct {
		wish wish
		want smb2.Status
	}{
		{wish{name: `\f`, disposition: open}, invalid},
		{wish{name: `..\f`, disposition: open}, smb2.StatusObjectNameInvalid},
		{wish{name: `d\..\..\f`, disposition: open}, smb2.StatusObjectNameInvalid},
		{wish{name: `d\.`, disposition: open}, smb2.StatusObjectNameInvalid},
		{wish{name: `d/f`, disposition: openIf}, smb2.StatusObjectNameInvalid},
		{wish{name: `d\\f`, disposition: openIf}, smb2.StatusObjectNameInvalid},
		{wish{name: "a\x00b", disposition: openIf}, smb2.StatusObjectNameInvalid},
		{wish{name: "a*", disposition: openIf}, smb2.StatusObjectNameInvalid},
		{wish{name: long, disposition: openIf}, smb2.StatusObjectNameInvalid},
		{wish{name: "f:" + long, disposition: openIf}, smb2.StatusObjectNameInvalid},
		{wish{name: "f:s:$INDEX_ALLOCATION", disposition: openIf}, smb2.StatusObjectNameInvalid},
		{wish{name: "f:", disposition: openIf}, smb2.StatusObjectNameInvalid},
		{wish{name: `x\f`, disposition: openIf}, smb2.StatusObjectPathNotFound},
		{wish{name: `f\f`, disposition: openIf}, smb2.StatusObjectPathNotFound},
		{wish{name: "d", disposition: open, options: smb2.OptionNonDirectory}, smb2.StatusFileIsADirectory},
		{wish{name: "f", disposition: open, options: mkdir}, smb2.StatusNotADirectory},
		{wish{name: "f", disposition: open, options: mkdir | smb2.OptionNonDirectory}, invalid},
		{wish{name: "d", disposition: smb2.DispositionOverwrite}, smb2.StatusObjectNameCollision},
		{wish{name: "d", disposition: smb2.DispositionOverwrite, options: mkdir}, invalid},
		{wish{name: "f", disposition: open, access: 1 << 22}, denied0},
		{wish{name: "f", disposition: open, access: smb2.AccessSystemSecurity}, denied0},
		{wish{name: "f", disposition: open, options: smb2.OptionOpenByFileID}, smb2.StatusNotSupported},
		{wish{name: "f", disposition: open, access: smb2.AccessReadData, options: smb2.OptionDeleteOnClose}, denied0},
		{wish{name: "ro", disposition: open, access: smb2.AccessWriteData}, denied0},
		{wish{name: "ro", disposition: open, access: smb2.AccessDelete, options: smb2.OptionDeleteOnClose}, smb2.StatusCannotDelete},
		{wish{name: "ro", disposition: smb2.DispositionOverwrite, access: smb2.AccessReadData}, denied0},
		{wish{name: "new", disposition: openIf, attributes: smb2.AttributeReadOnly, options: smb2.OptionDeleteOnClose}, smb2.StatusCannotDelete},
		{wish{name: "hidden", disposition: smb2.DispositionOverwrite}, denied0},
		{wish{name: "", disposition: open, options: smb2.OptionDeleteOnClose}, smb2.StatusCannotDelete},
		{wish{name: "f:s", disposition: open}, notFound},
		{wish{name: "f", disposition: open, contexts: []smb2.CreateContext{{Tag: []byte(smb2.TagLease), Data: make([]byte, 31)}}}, invalid},
		{wish{name: "f", disposition: open, contexts: []smb2.CreateContext{{Tag: []byte(smb2.TagMaximalAccess), Data: make([]byte, 3)}}}, invalid},
		{wish{name: "f", disposition: open, contexts: []smb2.CreateContext{{Tag: []byte(smb2.TagTimewarp), Data: make([]byte, 8)}}}, notFound},
		{wish{name: "f", disposition: open, contexts: []smb2.CreateContext{{Tag: []byte(smb2.TagDurableReconn), Data: make([]byte, 16)}}}, notFound},
		{wish{name: "f", disposition: open, contexts: []smb2.CreateContext{{Tag: []byte(smb2.TagEA), Data: make([]byte, 16)}}}, smb2.StatusEAsNotSupported},
		{wish{name: "big", disposition: openIf, contexts: []smb2.CreateContext{{Tag: []byte(smb2.TagAllocationSize), Data: le64(1 << 62)}}}, smb2.StatusNoSpace},
	} {
		if status, _ := c.wait(c.send(x.wish.part())[0]); status != x.want {
			t.Errorf("%+v: %v, want %v", x.wish, status, x.want)
		}
	}
	c.create(notFound, wish{name: "new", disposition: open})
	c.create(notFound, wish{name: "big", disposition: open})
}

// The contexts that are answered.
func TestCreateContexts(t *testing.T) {
	t.Parallel()
	c := newWorld(t, Config{}).connect()
	b := c.do(ok, wish{name: "f", disposition: openIf, contexts: []smb2.CreateContext{
		{Tag: []byte(smb2.TagMaximalAccess)}, {Tag: []byte(smb2.TagDiskID)}, {Tag: []byte("what")},
		{Tag: []byte(smb2.TagLease), Data: make([]byte, smb2.LeaseV2Size)},
	}}.part())
	r := c.created(b)
	list, err := r.Contexts(b)
	if err != nil {
		t.Fatal(err)
	}
	contexts, err := smb2.ParseCreateContexts(nil, list)
	if err != nil || len(contexts) != 2 {
		t.Fatalf("%v, %v", contexts, err)
	}
	m, err := smb2.ParseMaximalAccessResponse(smb2.FindCreateContext(contexts, smb2.TagMaximalAccess).Data)
	if err != nil || m.Access != allAccess {
		t.Errorf("%+v, %v", m, err)
	}
	d, err := smb2.ParseDiskID(smb2.FindCreateContext(contexts, smb2.TagDiskID).Data)
	id := c.query(ok, r.FileID, smb2.InfoFile, smb2.FileInternalInfo, 8)
	if err != nil || d.File != binary.LittleEndian.Uint64(id) || d.Volume == 0 {
		t.Errorf("%+v, %v", d, err)
	}
}

// Two opens of a file go together when each shares what the other does,
// [MS-FSA] 2.1.5.1.2.2.
func TestShareModes(t *testing.T) {
	t.Parallel()
	c := newWorld(t, Config{}).connect()
	c.close(c.file("f"))
	open := func(access smb2.Access, share smb2.ShareAccess) wish {
		return wish{name: "f", access: access, share: share, noShare: true, disposition: smb2.DispositionOpen}
	}
	const r, w, d, attributes = smb2.AccessReadData, smb2.AccessWriteData, smb2.AccessDelete, smb2.AccessReadAttributes
	for _, x := range []struct {
		first, second wish
		want          smb2.Status
	}{
		{open(r, 1), open(r, 1), ok},
		{open(r, 1), open(w, 3), smb2.StatusSharingViolation},
		{open(r, 3), open(w, 1), ok},
		{open(w, 3), open(r, 1), smb2.StatusSharingViolation},
		{open(r, 0), open(attributes, 0), ok},
		{open(attributes, 0), open(r, 0), ok},
		{open(r, 3), open(d, 7), smb2.StatusSharingViolation},
		{open(r, 7), open(d, 7), ok},
		{open(d, 7), open(r, 3), smb2.StatusSharingViolation},
		{open(r, 1), wish{name: "f", access: r, disposition: smb2.DispositionOverwrite}, smb2.StatusSharingViolation},
		{open(r, 1), open(smb2.AccessMaximumAllowed, 7), smb2.StatusSharingViolation},
	} {
		f := c.create(ok, x.first)
		status, b := c.wait(c.send(x.second.part())[0])
		if status != x.want {
			t.Errorf("%+v, %+v: %v, want %v", x.first, x.second, status, x.want)
		}
		if status == ok {
			c.close(c.created(b).FileID)
		}
		c.close(f)
	}
}

// A file goes with its last open, and until then nobody else gets at it.
func TestDelete(t *testing.T) {
	t.Parallel()
	c := newWorld(t, Config{}).connect()
	f, g := c.file("f"), c.file("f")
	c.set(ok, f, smb2.FileDispositionInfo, fscc.Disposition(true))
	c.close(f)
	c.create(smb2.StatusDeletePending, wish{name: "f", disposition: openIf})
	c.write(ok, g, 0, "still there")
	c.close(g)
	c.create(notFound, wish{name: "f", disposition: smb2.DispositionOpen})

	f = c.file("kept")
	c.set(ok, f, smb2.FileDispositionInfo, fscc.Disposition(true))
	c.set(ok, f, smb2.FileDispositionInfo, fscc.Disposition(false))
	c.close(f)
	c.close(c.create(ok, wish{name: "kept", disposition: smb2.DispositionOpen, options: smb2.OptionDeleteOnClose}))
	c.create(notFound, wish{name: "kept", disposition: smb2.DispositionOpen})

	d := c.directory("d")
	c.close(c.file(`d\f`))
	c.set(smb2.StatusDirectoryNotEmpty, d, smb2.FileDispositionInfo, fscc.Disposition(true))
	c.close(d)
	c.close(c.create(ok, wish{name: `d\f`, disposition: openIf, options: smb2.OptionDeleteOnClose}))
	d = c.directory("d")
	c.set(ok, d, smb2.FileDispositionInfo, fscc.Disposition(true))
	c.create(smb2.StatusDeletePending, wish{name: `d\g`, disposition: openIf})
	c.close(d)
	c.create(notFound, wish{name: "d", disposition: smb2.DispositionOpen})

	root := c.create(ok, wish{disposition: smb2.DispositionOpen})
	c.set(smb2.StatusCannotDelete, root, smb2.FileDispositionInfo, fscc.Disposition(true))
	if v := c.world.store.volumes["STORE"]; v.used != 0 || v.nodes != 1 {
		t.Errorf("%d bytes and %d files are left", v.used, v.nodes)
	}
}

// The rules of [MS-FSA] 2.1.5.14.11.
func TestRename(t *testing.T) {
	t.Parallel()
	c := newWorld(t, Config{}).connect()
	rename := func(want smb2.Status, f smb2.FileID, name string, replace bool) {
		t.Helper()
		c.set(want, f, smb2.FileRenameInfo, &fscc.Rename{Replace: replace, Name: wire(name)})
	}
	f := c.file("f")
	c.write(ok, f, 0, "f")
	c.directory("d")
	c.close(c.file("taken"))
	held := c.file("held")

	rename(smb2.StatusObjectNameCollision, f, "taken", false)
	rename(denied0, f, "held", true)
	rename(denied0, f, "d", true)
	rename(smb2.StatusObjectPathNotFound, f, `no\f`, false)
	rename(smb2.StatusObjectNameInvalid, f, `d\..\f`, false)
	rename(smb2.StatusNotSupported, f, "f:s", false)
	rename(ok, f, "F", false)
	rename(ok, f, "taken", true)
	rename(ok, f, `d\g`, false)
	c.set(invalid, f, smb2.FileRenameInfo, &fscc.Rename{Root: 1, Name: wire("x")})
	c.create(notFound, wish{name: "f", disposition: smb2.DispositionOpen})
	name, err := fscc.ParseName(c.query(ok, f, smb2.InfoFile, smb2.FileNormalizedNameInfo, 100))
	if got, _ := smb2.DecodeUTF16(name.Name); err != nil || got != `d\g` {
		t.Errorf("%q, %v", got, err)
	}

	d := c.create(ok, wish{name: "d", disposition: smb2.DispositionOpen})
	rename(smb2.StatusSharingViolation, d, `d\d`, false)
	rename(denied0, d, "e", false) // f is open in it
	c.close(f)
	rename(ok, d, "e", false)
	g := c.create(ok, wish{name: `e\G`, disposition: smb2.DispositionOpen})
	if got := c.read(ok, g, 0, 9); got != "f" {
		t.Errorf("read %q", got)
	}
	reader := c.create(ok, wish{name: `e\g`, access: smb2.AccessReadData, disposition: smb2.DispositionOpen})
	rename(denied0, reader, "x", false)
	c.close(held)
}

// Named streams are files of their own that go with their file.
func TestStreams(t *testing.T) {
	t.Parallel()
	c := newWorld(t, Config{}).connect()
	f := c.file("f")
	s := c.file("f:Zone:$DATA")
	c.write(ok, s, 0, "stream")
	c.write(ok, f, 0, "main")
	if got := c.read(ok, c.file("F:ZONE"), 0, 100); got != "stream" {
		t.Errorf("read %q", got)
	}
	if got := c.read(ok, c.file("f::$DATA"), 0, 100); got != "main" {
		t.Errorf("read %q", got)
	}
	list, err := fscc.ParseStreams(nil, c.query(ok, f, smb2.InfoFile, smb2.FileStreamInfo, 1000))
	if err != nil || len(list) != 2 || string(list[1].Name) != string(wire(":Zone:$DATA")) || list[1].Size != 6 {
		t.Errorf("%+v, %v", list, err)
	}
	c.close(c.create(ok, wish{name: "f:gone", disposition: openIf, options: smb2.OptionDeleteOnClose}))
	c.create(notFound, wish{name: "f:gone", disposition: smb2.DispositionOpen})
	c.create(smb2.StatusSharingViolation, wish{name: "f", disposition: smb2.DispositionOverwrite})
	c.server.Close()
	c = c.world.connect()
	c.close(c.create(ok, wish{name: "f", disposition: smb2.DispositionOverwrite}))
	c.create(notFound, wish{name: "f:zone", disposition: smb2.DispositionOpen})
	d := c.directory("d")
	if b := c.query(ok, d, smb2.InfoFile, smb2.FileStreamInfo, 1000); len(b) != 0 {
		t.Errorf("%x", b)
	}
}
