package store

import (
	"context"
	"sync"
	"testing"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
)

// A chain's later elements are about the file of the earlier ones,
// [MS-SMB2] 3.3.5.2.7.2.
func TestChain(t *testing.T) {
	t.Parallel()
	c := newWorld(t, Config{}).connect()
	want := func(all []*sent, statuses ...smb2.Status) (last []byte) {
		t.Helper()
		for i, s := range all {
			status, b := c.wait(s)
			if status != statuses[i] {
				t.Errorf("element %d: %v, want %v", i, status, statuses[i])
			}
			last = b
		}
		return last
	}
	any := smb2.NoFile
	create := wish{name: "f", disposition: openIf}.part()
	want(c.send(create, writing(any, 0, []byte("x")), querying(any, smb2.InfoFile, smb2.FileAllInfo, 200), closing(any)), ok, ok, ok, ok)
	want(c.send(wish{name: "absent", disposition: smb2.DispositionOpen}.part(), querying(any, 1, 5, 100), closing(any)), notFound, notFound, notFound)
	want(c.send(create, reading(any, 9, 9), closing(any), closing(any)), ok, smb2.StatusEndOfFile, ok, smb2.StatusFileClosed)
	f := c.file("f")
	want(c.send(reading(f, 0, 1), reading(any, 0, 1), closing(any)), ok, ok, ok)
	want(c.send(closing(f), closing(any)), smb2.StatusFileClosed, smb2.StatusFileClosed)
	echo := part{smb2.CommandEcho, func(b []byte) []byte { return append(b, 4, 0, 0, 0) }}
	want(c.send(echo, closing(any)), invalid, smb2.StatusInvalidHandle)
	d := c.directory("d")
	want(c.send(listing(d, 37, 0, "absent", 1000), listing(any, 37, 0, "", 1000), closing(any)), smb2.StatusNoSuchFile, smb2.StatusNoSuchFile, ok)
}

// An id is good in its own tree, whole, and until it is closed.
func TestIDs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Config{})
	a, b := w.connect(), w.connect()
	f := a.file("f")
	a.write(ok, f, 0, "secret")
	b.read(smb2.StatusFileClosed, f, 0, 6)
	b.do(smb2.StatusFileClosed, closing(f))
	for i := range f {
		g := f
		g[i] ^= 1
		a.read(smb2.StatusFileClosed, g, 0, 6)
	}
	a.read(smb2.StatusFileClosed, smb2.NoFile, 0, 6)
	a.read(smb2.StatusFileClosed, smb2.FileID{}, 0, 6)
	if got := a.read(ok, f, 0, 6); got != "secret" {
		t.Errorf("%q", got)
	}
	if _, err := w.store.Connect(context.Background(), &tree.Client{}, "other"); err != smb2.StatusBadNetworkName {
		t.Errorf("%v", err)
	}
}

// Close closes all opens: those that delete on close do, and the tree serves
// nothing more.
func TestClose(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Config{})
	a, b := w.connect(), w.connect()
	f := a.create(ok, wish{name: "f", disposition: openIf, options: smb2.OptionDeleteOnClose, noShare: true})
	b.create(smb2.StatusSharingViolation, wish{name: "f", disposition: openIf})
	a.server.Close()
	b.create(notFound, wish{name: "f", disposition: smb2.DispositionOpen})
	a.read(smb2.StatusNetworkNameDeleted, f, 0, 1)
}

// Limits say no, and what was refused has left nothing behind.
func TestLimits(t *testing.T) {
	t.Parallel()
	c := newWorld(t, Config{Bytes: 3 * clusterSize, Files: 3}).connect()
	f := c.file("f")
	c.write(ok, f, 0, string(make([]byte, 2*clusterSize)))
	c.write(smb2.StatusNoSpace, f, 4*pageSize, string(make([]byte, 2*clusterSize)))
	c.write(smb2.StatusNoSpace, f, maxFile, "x")
	c.write(invalid, f, 1<<63-1, "x")
	c.write(invalid, f, 1<<63, "x")
	c.close(c.file("g"))
	c.create(smb2.StatusNoSpace, wish{name: "h", disposition: openIf})
	if r := c.close(f); r.EndOfFile != 2*clusterSize || r.AllocationSize != 2*clusterSize {
		t.Errorf("%+v", r)
	}
	c.close(c.create(ok, wish{name: "f", disposition: smb2.DispositionOpen, options: smb2.OptionDeleteOnClose}))
	f = c.file("h")
	c.write(ok, f, 0, string(make([]byte, 3*clusterSize)))
}

// Where WRITE goes that may only append, and READ with a wish for more.
func TestOffsets(t *testing.T) {
	t.Parallel()
	c := newWorld(t, Config{}).connect()
	f := c.file("f")
	c.write(ok, f, 0, "abc")
	c.write(ok, f, appendOffset, "def")
	a := c.create(ok, wish{name: "f", access: smb2.AccessAppendData, disposition: openIf})
	c.write(ok, a, 0, "ghi")
	c.read(denied0, a, 0, 1)
	if got := c.read(ok, f, 0, 100); got != "abcdefghi" {
		t.Errorf("%q", got)
	}
	c.read(invalid, f, 1<<63, 1)
	c.read(invalid, f, 0, maxTransfer+1)
	r := smb2.ReadRequest{FileID: f, Length: 100, MinimumCount: 10}
	c.do(smb2.StatusEndOfFile, part{smb2.CommandRead, func(b []byte) []byte { return r.Append(b, nil) }})
	w := smb2.WriteRequest{FileID: f, DataOffset: 0x101, Length: 1}
	c.do(invalid, part{smb2.CommandWrite, func(b []byte) []byte { return append(w.AppendBody(b), make([]byte, 400)...) }})
	w = smb2.WriteRequest{FileID: f, DataOffset: 0x70, Length: 2}
	c.do(invalid, part{smb2.CommandWrite, func(b []byte) []byte { return append(w.AppendBody(b), 0) }})
	d := c.directory("d")
	c.read(smb2.StatusInvalidDeviceRequest, d, 0, 1)
	c.write(smb2.StatusInvalidDeviceRequest, d, 0, "x")
	flush := smb2.FlushRequest{FileID: f}
	c.do(ok, part{smb2.CommandFlush, flush.AppendBody})
	o := smb2.OplockBreak{FileID: f}
	c.do(smb2.StatusInvalidDeviceState, part{smb2.CommandOplockBreak, o.AppendBody})
	l := smb2.LeaseBreakAck{}
	c.do(notFound, part{smb2.CommandOplockBreak, l.AppendBody})
}

// Clients at the same files at once: each request gets its one answer, and in
// the end nothing is left.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Config{})
	watcher := w.connect()
	root := watcher.create(ok, wish{disposition: smb2.DispositionOpen})
	var wg sync.WaitGroup
	for i := range 4 {
		c := w.connect()
		wg.Go(func() {
			for n := range 50 {
				name := string(rune('a' + (i+n)%3))
				status, b := c.wait(c.send(wish{name: name, disposition: openIf, options: smb2.OptionDeleteOnClose}.part())[0])
				if status != ok {
					continue // about to be deleted
				}
				f := c.created(b).FileID
				one := smb2.Lock{Length: 1, Flags: smb2.LockExclusive}
				lock := c.send(locking(f, one))[0]
				if n%3 == 0 {
					c.server.Cancel(lock.request)
				}
				c.send(writing(f, uint64(n), []byte("data")), reading(f, 0, 4))
				if n%5 != 0 {
					one.Flags = unlock
					c.send(locking(f, one))
				}
				c.send(closing(f))
				c.wait(lock)
			}
			c.server.Close()
		})
	}
	var told []*sent
	for range 20 {
		told = append(told, watcher.send(watching(root, all, 1, 4096))[0])
	}
	wg.Wait()
	watcher.server.Close()
	for _, s := range told {
		watcher.wait(s)
	}
	if v := w.store.volumes["STORE"]; v.nodes != 1 || v.used != 0 || v.watches != 0 || v.root.below != 0 || len(v.done) != 0 {
		t.Errorf("%d files, %d bytes, %d watches, %d opens are left", v.nodes, v.used, v.watches, v.root.below)
	}
}

// FuzzServe sends any bytes behind a header, as any command, about a file that
// is there. Each gets one answer that its header fits.
func FuzzServe(f *testing.F) {
	for command := range smb2.Command(0x14) {
		for _, n := range []int{0, 24, 48, 57, 200} {
			f.Add(uint16(command), make([]byte, n))
		}
	}
	for _, p := range []part{
		wish{name: "f:s", disposition: openIf}.part(), writing(smb2.FileID{}, 1, []byte("abc")), reading(smb2.FileID{}, 0, 9),
		listing(smb2.FileID{}, 37, 0, "*", 500), setting(smb2.FileID{}, smb2.FileRenameInfo, make([]byte, 30)),
		locking(smb2.FileID{}, smb2.Lock{Length: 1, Flags: exclusive}), controlling(smb2.FileID{}, smb2.FsctlCopyChunk, make([]byte, 60), 12),
	} {
		f.Add(uint16(p.command), p.put(nil))
	}
	f.Fuzz(func(t *testing.T, command uint16, b []byte) {
		c := newWorld(t, Config{Bytes: 1 << 20}).connect()
		file := c.file("f")
		c.write(ok, file, 0, "content")
		for _, id := range []smb2.FileID{file, c.directory("d")} {
			s := c.send(part{smb2.Command(command), func(h []byte) []byte {
				h = append(h, b...)
				if at := smb2.FileIDOf(h); at != nil {
					copy(at, id[:])
				}
				return h
			}})[0]
			select {
			case <-s.pending:
				c.server.Cancel(s.request)
			default:
			}
			if _, reply := c.wait(s); smb2.Header(reply).Command() != smb2.Command(command) {
				t.Fatalf("%x", reply)
			}
		}
	})
}
