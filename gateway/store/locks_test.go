package store

import (
	"math"
	"testing"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/fscc"
)

const (
	shared    = smb2.LockShared | smb2.LockFailImmediately
	exclusive = smb2.LockExclusive | smb2.LockFailImmediately
	unlock    = smb2.LockUnlock
)

// Which locks go together, and whom they keep out.
func TestLocks(t *testing.T) {
	t.Parallel()
	c := newWorld(t, Config{}).connect()
	f, g := c.file("f"), c.file("f")
	c.write(ok, f, 0, "0123456789")
	lock := func(want smb2.Status, f smb2.FileID, l ...smb2.Lock) { t.Helper(); c.do(want, locking(f, l...)) }

	lock(ok, f, smb2.Lock{Offset: 2, Length: 2, Flags: exclusive})
	c.read(smb2.StatusFileLockConflict, g, 0, 3)
	c.write(smb2.StatusFileLockConflict, g, 3, "x")
	c.set(smb2.StatusFileLockConflict, g, smb2.FileEndOfFileInfo, fscc.Long(3))
	c.read(ok, f, 0, 3)
	c.read(ok, g, 4, 3)
	lock(smb2.StatusLockNotGranted, g, smb2.Lock{Offset: 3, Length: 1, Flags: shared})
	lock(smb2.StatusLockNotGranted, f, smb2.Lock{Offset: 3, Length: 1, Flags: exclusive})
	lock(ok, f, smb2.Lock{Offset: 3, Length: 1, Flags: shared}) // on top of its own
	lock(ok, f, smb2.Lock{Offset: 3, Length: 1, Flags: unlock})
	lock(ok, g, smb2.Lock{Offset: 4, Length: 1, Flags: exclusive}, smb2.Lock{Offset: 1, Length: 1, Flags: exclusive})
	lock(smb2.StatusRangeNotLocked, g, smb2.Lock{Offset: 2, Length: 2, Flags: unlock})
	lock(smb2.StatusRangeNotLocked, f, smb2.Lock{Offset: 2, Length: 1, Flags: unlock})
	lock(ok, f, smb2.Lock{Offset: 2, Length: 2, Flags: unlock})
	lock(ok, g, smb2.Lock{Offset: 4, Length: 1, Flags: unlock}, smb2.Lock{Offset: 1, Length: 1, Flags: unlock})

	lock(ok, f, smb2.Lock{Offset: 0, Length: 5, Flags: shared})
	lock(ok, g, smb2.Lock{Offset: 4, Length: 5, Flags: shared})
	c.write(smb2.StatusFileLockConflict, f, 0, "x") // even who holds it
	c.read(ok, g, 0, 5)

	// All or nothing.
	lock(smb2.StatusLockNotGranted, g, smb2.Lock{Offset: 100, Length: 1, Flags: exclusive}, smb2.Lock{Offset: 0, Length: 1, Flags: exclusive})
	lock(ok, f, smb2.Lock{Offset: 100, Length: 1, Flags: exclusive})

	// To the end of all offsets, and nothing between two bytes.
	lock(ok, f, smb2.Lock{Offset: math.MaxUint64, Length: 1, Flags: exclusive})
	lock(smb2.StatusLockNotGranted, g, smb2.Lock{Offset: 1 << 63, Length: 1 << 63, Flags: exclusive})
	lock(ok, g, smb2.Lock{Offset: math.MaxUint64, Length: 0, Flags: exclusive})
	lock(smb2.StatusInvalidLockRange, g, smb2.Lock{Offset: math.MaxUint64, Length: 2, Flags: exclusive})
}

// What makes no sense is refused, [MS-SMB2] 3.3.5.14.
func TestBadLocks(t *testing.T) {
	t.Parallel()
	c := newWorld(t, Config{}).connect()
	f := c.file("f")
	at := func(f smb2.LockFlags) smb2.Lock { return smb2.Lock{Length: 1, Flags: f} }
	for _, list := range [][]smb2.Lock{
		{},
		{at(0)},
		{at(shared | unlock)},
		{at(smb2.LockShared | smb2.LockExclusive)},
		{at(0x100)},
		{at(exclusive), at(unlock)},
		{at(unlock), at(exclusive)},
		{at(smb2.LockExclusive), at(smb2.LockExclusive)},
	} {
		c.do(invalid, locking(f, list...))
	}
	c.do(invalid, locking(c.directory("d"), at(exclusive)))
	c.do(denied0, locking(c.create(ok, wish{name: "f", access: smb2.AccessReadAttributes, disposition: openIf}), at(exclusive)))
	c.do(smb2.StatusFileClosed, locking(smb2.NoFile, at(0)))
	r := smb2.LockRequest{FileID: f, Count: 65535}
	c.do(invalid, part{smb2.CommandLock, func(b []byte) []byte { return at(exclusive).AppendBody(r.AppendBody(b)) }})
}

// A lock that waits is told so, and ends when the range is free, when it is
// cancelled, when its open or its tree goes.
func TestWaitingLocks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Config{})
	a, b := w.connect(), w.connect()
	f, g := a.file("f"), b.file("f")
	one := smb2.Lock{Length: 1, Flags: smb2.LockExclusive}
	free := smb2.Lock{Length: 1, Flags: unlock}
	wait := func(c *client, f smb2.FileID) *sent {
		t.Helper()
		return c.waits(locking(f, one))
	}
	ends := func(c *client, s *sent, want smb2.Status) {
		t.Helper()
		if got, _ := c.wait(s); got != want {
			t.Fatalf("%v, want %v", got, want)
		}
	}
	a.do(ok, locking(f, one))
	first, second := wait(b, g), wait(b, g)
	a.do(ok, locking(f, free))
	ends(b, first, ok)
	b.server.Cancel(second.request)
	ends(b, second, smb2.StatusCancelled)
	b.server.Cancel(second.request) // too late

	third := wait(a, f)
	a.close(f)
	ends(a, third, smb2.StatusRangeNotLocked)

	f = a.file("f")
	fourth := wait(a, f)
	b.close(g)
	ends(a, fourth, ok)

	g = b.file("f")
	fifth := wait(b, g)
	b.server.Close()
	ends(b, fifth, smb2.StatusRangeNotLocked)

	// In a chain only the last waits.
	all := a.send(locking(f, one), closing(f))
	ends(a, all[0], smb2.StatusInternalError)
	ends(a, all[1], ok)
}
