package store

import (
	"crypto/rand"
	"encoding/binary"
	"math"
	"sync"
	"time"

	"github.com/smbgw/smbgw/smb2"
)

// A volume is a file system in memory. mu guards everything in it, the opens of
// all trees included; READs share it. Answers that an operation brings about
// for others are collected in done and sent when mu is free.
type volume struct {
	mu sync.RWMutex

	name    string
	now     func() time.Time
	limit   uint64 // bytes of all contents
	most    int    // nodes
	serial  uint64
	id      smb2.GUID
	created smb2.FileTime

	root    *node
	used    uint64
	nodes   int
	lastID  uint64
	watches int // opens that watch
	done    []completion
}

func newVolume(name string, c Config) *volume {
	v := &volume{name: name, now: c.Now, limit: c.Bytes, most: c.Files, lastID: 1}
	rand.Read(v.id[:])
	v.serial = binary.LittleEndian.Uint64(v.id[:])
	v.created = v.time()
	v.root = newNode(v.lastID, "", true, v.created)
	v.nodes = 1
	return v
}

func (v *volume) time() smb2.FileTime { return smb2.NewFileTime(v.now()) }

// take returns what is to be answered, and forgets it.
func (v *volume) take() []completion {
	done := v.done
	v.done = nil
	return done
}

// walk finds the directory that the last of names is in.
func (v *volume) walk(names []string) (*node, smb2.Status) {
	d := v.root
	for _, name := range names[:len(names)-1] {
		if d = d.child(name); d == nil || !d.directory {
			return nil, smb2.StatusObjectPathNotFound
		}
		if d.main.doomed {
			return nil, smb2.StatusDeletePending
		}
	}
	return d, smb2.StatusSuccess
}

// create makes a file or directory in d.
func (v *volume) create(d *node, name string, directory bool, a smb2.FileAttributes) (*node, smb2.Status) {
	if v.nodes >= v.most {
		return nil, smb2.StatusNoSpace
	}
	v.nodes++
	v.lastID++
	n := newNode(v.lastID, name, directory, v.time())
	n.attributes = a & settable
	if !directory {
		n.attributes |= smb2.AttributeArchive
	}
	d.add(n)
	v.touch(d)
	v.tell(n.parent, n.name, changeOf(n), actionAdded)
	return n, smb2.StatusSuccess
}

// unlink removes a node that nobody has open. What it held is free.
func (v *volume) unlink(n *node) {
	d := n.parent
	v.tell(d, n.name, changeOf(n), actionRemoved)
	d.remove(n)
	v.touch(d)
	v.nodes--
	v.used -= n.main.content.held
	for _, s := range n.named {
		v.used -= s.content.held
	}
	n.main.gone = true
}

// removeStream removes a named stream that nobody has open.
func (v *volume) removeStream(s *stream) {
	n := s.node
	for i := range n.named {
		if n.named[i] == s {
			n.named = append(n.named[:i], n.named[i+1:]...)
			break
		}
	}
	v.used -= s.content.held
	s.gone = true
	v.tellStream(s, smb2.NotifyStreamName, actionRemovedStream)
}

// touch says that a directory's list has changed.
func (v *volume) touch(d *node) {
	now := v.time()
	d.times.LastWrite, d.times.Change = now, now
}

// write puts b at off of s, which has been checked.
func (v *volume) write(s *stream, b []byte, off uint64) smb2.Status {
	if len(b) == 0 {
		return smb2.StatusSuccess
	}
	if off > maxFile || off+uint64(len(b)) > maxFile {
		return smb2.StatusNoSpace
	}
	held := s.content.held
	if growth := s.content.growth(off, uint64(len(b))); growth > v.limit-v.used {
		return smb2.StatusNoSpace
	}
	s.content.writeAt(b, off)
	v.used += s.content.held - held
	return smb2.StatusSuccess
}

// resize sets a stream's size.
func (v *volume) resize(s *stream, size uint64) smb2.Status {
	if size > math.MaxInt64 {
		return smb2.StatusInvalidParameter
	}
	if size > maxFile {
		return smb2.StatusNoSpace
	}
	held := s.content.held
	s.content.resize(size)
	v.used -= held - s.content.held
	return smb2.StatusSuccess
}

// zero makes a part of a stream a hole.
func (v *volume) zero(s *stream, off, end uint64) {
	held := s.content.held
	s.content.zero(off, end)
	v.used -= held - s.content.held
}
