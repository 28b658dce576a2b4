package store

import (
	"slices"
	"strings"
	"testing"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/fscc"
)

func watching(f smb2.FileID, filter smb2.NotifyFilter, flags uint16, most uint32) part {
	r := smb2.ChangeNotifyRequest{Flags: flags, OutputLength: most, FileID: f, Filter: filter}
	return part{smb2.CommandChangeNotify, r.AppendBody}
}

const (
	names = smb2.NotifyFileName | smb2.NotifyDirName
	all   = names | smb2.NotifyAttributes | smb2.NotifySize | smb2.NotifyLastWrite | smb2.NotifyStreamName
)

// changes is what a reply tells.
func (c *client) changes(s *sent) (list []string) {
	c.t.Helper()
	status, b := c.wait(s)
	if status != ok {
		return []string{status.String()}
	}
	r, err := smb2.ParseChangeNotifyResponse(b)
	if err != nil {
		c.t.Fatal(err)
	}
	out, err := r.Output(b)
	if err != nil {
		c.t.Fatal(err)
	}
	entries, err := fscc.ParseNotifications(nil, out)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, e := range entries {
		name, _ := smb2.DecodeUTF16(e.Name)
		list = append(list, e.Action.String()+" "+name)
	}
	return list
}

func TestNotify(t *testing.T) {
	t.Parallel()
	c := newWorld(t, Config{}).connect()
	d := c.directory("d")
	watch := func(f smb2.FileID, filter smb2.NotifyFilter, flags uint16) *sent {
		t.Helper()
		return c.waits(watching(f, filter, flags, 1000))
	}
	tells := func(s *sent, want ...string) {
		t.Helper()
		if got := c.changes(s); !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
	}
	s := watch(d, names, 0)
	f := c.file(`d\f`)
	tells(s, "added f")

	// What happens in between is kept; the filter stays.
	c.write(ok, f, 0, "not told")
	c.set(ok, f, smb2.FileRenameInfo, &fscc.Rename{Name: wire(`d\g`)})
	c.close(c.directory(`d\sub`))
	c.close(c.file(`d\sub\deep`))
	tells(c.send(watching(d, all, 1, 1000))[0], "renamed from f", "renamed to g", "added sub")

	// All below, whatever it is.
	root := c.create(ok, wish{disposition: smb2.DispositionOpen})
	s = watch(root, all, smb2.ChangeNotifyTree)
	c.write(ok, f, 0, "told")
	tells(s, `modified d\g`)
	s = watch(root, 1, 0)
	c.set(ok, f, smb2.FileRenameInfo, &fscc.Rename{Name: wire("h")})
	tells(s, `removed d\g`)
	tells(c.send(watching(root, all, 0, 1000))[0], "added h")
	s = watch(root, 1, 0)
	c.close(c.file("h:s"))
	tells(s, "stream added h:s:$DATA")

	// Too much for the client, and too much to keep.
	c.close(c.file("a name that is too long"))
	tells(c.send(watching(root, all, 0, 20))[0], "STATUS_NOTIFY_ENUM_DIR")
	for range 1 + maxChanges/256 {
		c.close(c.create(ok, wish{name: strings.Repeat("n", 200), disposition: openIf, options: smb2.OptionDeleteOnClose}))
	}
	tells(c.send(watching(root, all, 0, 1<<20))[0], "STATUS_NOTIFY_ENUM_DIR")

	// The ends of waiting.
	s = watch(root, all, 0)
	c.server.Cancel(s.request)
	tells(s, "STATUS_CANCELLED")
	s = watch(root, all, 0)
	c.close(root)
	tells(s, "STATUS_NOTIFY_CLEANUP")
	e := c.directory("e")
	s = watch(e, all, 0)
	c.set(ok, e, smb2.FileDispositionInfo, fscc.Disposition(true))
	tells(s, smb2.StatusDeletePending.String())
	c.do(smb2.StatusDeletePending, watching(e, all, 0, 100))
	s = watch(c.directory("d"), all, 0)
	c.server.Close()
	tells(s, "STATUS_NOTIFY_CLEANUP")
}

func TestBadNotify(t *testing.T) {
	t.Parallel()
	c := newWorld(t, Config{}).connect()
	d := c.directory("d")
	c.do(invalid, watching(c.file("f"), all, 0, 100))
	c.do(invalid, watching(d, 0, 0, 100))
	c.do(invalid, watching(d, all, 0, maxTransfer+1))
	c.do(denied0, watching(c.create(ok, wish{name: "d", access: smb2.AccessDelete, disposition: openIf, options: mkdir}), all, 0, 100))
}
