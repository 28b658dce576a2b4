package store

import (
	"fmt"
	"slices"
	"testing"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/fscc"
)

func listing(f smb2.FileID, class smb2.FileClass, flags smb2.QueryDirectoryFlags, pattern string, most uint32) part {
	r := smb2.QueryDirectoryRequest{Class: class, Flags: flags, FileID: f, OutputLength: most}
	return part{smb2.CommandQueryDirectory, func(b []byte) []byte { return r.Append(b, wire(pattern)) }}
}

// entries are those of a reply.
func (c *client) entries(b []byte, class smb2.FileClass) []fscc.Entry {
	c.t.Helper()
	r, err := smb2.ParseQueryDirectoryResponse(b)
	if err != nil {
		c.t.Fatal(err)
	}
	out, err := r.Output(b)
	if err != nil {
		c.t.Fatal(err)
	}
	list, err := fscc.ParseDirectory(nil, out, class)
	if err != nil {
		c.t.Fatal(err)
	}
	return list
}

// list reads a directory to its end, most bytes at a time.
func (c *client) list(f smb2.FileID, class smb2.FileClass, flags smb2.QueryDirectoryFlags, pattern string, most uint32) (names []string) {
	c.t.Helper()
	for {
		status, b := c.wait(c.send(listing(f, class, flags, pattern, most))[0])
		if status != ok {
			return append(names, status.String())
		}
		for _, e := range c.entries(b, class) {
			name, _ := smb2.DecodeUTF16(e.Name)
			names = append(names, name)
		}
		flags &^= smb2.QueryDirectoryRestart | smb2.QueryDirectoryReopen
	}
}

func TestQueryDirectory(t *testing.T) {
	t.Parallel()
	c := newWorld(t, Config{}).connect()
	d := c.directory("d")
	want := []string{".", ".."}
	for i := range 40 {
		name := fmt.Sprintf("File%02d.txt", i)
		f := c.file(`d\` + name)
		c.write(ok, f, 0, name[:i%8])
		c.close(f)
		want = append(want, name)
	}
	want = append(want, "STATUS_NO_MORE_FILES")
	const restart, single, reopen = smb2.QueryDirectoryRestart, smb2.QueryDirectorySingle, smb2.QueryDirectoryReopen
	for _, class := range []smb2.FileClass{1, 2, 3, 12, 37, 38, 60} {
		for _, most := range []uint32{150, 500, 1 << 16} {
			if got := c.list(d, class, reopen, "*", most); !slices.Equal(got, want) {
				t.Errorf("%v in %d: %q", class, most, got)
			}
		}
	}
	if got := c.list(d, 3, restart|single, "", 1<<16); !slices.Equal(got, want) {
		t.Errorf("one by one: %q", got)
	}
	if got := c.list(d, 37, reopen, "fILE1?.*", 1<<16); len(got) != 11 || got[0] != "File10.txt" {
		t.Errorf("%q", got)
	}
	if got := c.list(d, 37, restart, "", 1<<16); len(got) != 11 {
		t.Errorf("the pattern has gone: %q", got)
	}
	if got := c.list(d, 37, reopen, "absent", 1<<16); !slices.Equal(got, []string{"STATUS_NO_SUCH_FILE"}) {
		t.Errorf("%q", got)
	}
	e := c.entries(c.do(ok, listing(d, 37, reopen|single, "file05.TXT", 1000)), 37)[0]
	if e.EndOfFile != 5 || e.AllocationSize != clusterSize || e.ID == 0 || e.Times.Creation == 0 || e.Attributes != smb2.AttributeArchive {
		t.Errorf("%+v", e)
	}
	// Changes while it is read: what is there all the time is seen once.
	first := c.entries(c.do(ok, listing(d, 12, reopen, "*", 200)), 12)
	c.close(c.create(ok, wish{name: `d\file03.txt`, disposition: openIf, options: smb2.OptionDeleteOnClose}))
	if got := c.list(d, 12, 0, "", 1<<16); len(first)+len(got) < len(want)-1 || len(first)+len(got) > len(want) {
		t.Errorf("%d and then %q", len(first), got)
	}
}

func TestBadQueryDirectory(t *testing.T) {
	t.Parallel()
	c := newWorld(t, Config{}).connect()
	d := c.directory("d")
	c.do(invalid, listing(c.file("f"), 37, 0, "*", 1000))
	c.do(smb2.StatusInvalidInfoClass, listing(d, 4, 0, "*", 1000))
	c.do(smb2.StatusInfoLengthMismatch, listing(d, 37, 0, "*", 103))
	c.do(smb2.StatusBufferOverflow, listing(d, 37, 0, "*", 104))
	c.do(ok, listing(d, 37, 0, "*", 106)) // nothing has been skipped
	c.do(invalid, listing(d, 37, 0, "*", maxTransfer+1))
	c.do(smb2.StatusObjectNameInvalid, listing(d, 37, 0, string(make([]byte, 256)), 1000))
	c.do(denied0, listing(c.create(ok, wish{name: "d", access: smb2.AccessDelete, disposition: openIf, options: mkdir}), 37, 0, "*", 100))
}

// [MS-FSA] 2.1.4.4.
func TestPatterns(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		pattern string
		yes, no []string
	}{
		{"*", []string{"", "a", "a.b"}, nil},
		{"*.*", []string{"a.b", ".", "a."}, []string{"a"}},
		{"<.*", []string{"a.b"}, []string{"a"}},
		{"a?c", []string{"abc", "A.C"}, []string{"ac", "abbc"}},
		{"a>>", []string{"a", "ab", "abc"}, []string{"abcd", "b"}},
		{"a>.txt", []string{"a.txt", "ab.txt"}, []string{"abc.txt"}},
		{`a"`, []string{"a", "a."}, []string{"ab", "a.b"}},
		{`<"*`, []string{"a", "a.b", "a.b.c"}, nil},
		{"<.txt", []string{"a.txt", "a.b.txt"}, []string{"a.txt.c"}},
		{"*a*b*", []string{"ab", "xaxbx"}, []string{"ba"}},
		{"", []string{""}, []string{"a"}},
		{"\u00e4*", []string{"\u00c4b"}, []string{"ab"}},
	} {
		p := newPattern(x.pattern)
		for want, names := range map[bool][]string{true: x.yes, false: x.no} {
			for _, name := range names {
				if got := p.match(newNode(1, name, false, 0).key); got != want {
					t.Errorf("%q, %q: %v", x.pattern, name, got)
				}
			}
		}
	}
}
