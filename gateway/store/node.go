package store

import (
	"slices"
	"strings"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/smb2"
)

// A node is a file or directory.
type node struct {
	id         uint64
	parent     *node  // nil of the root, and of what has been removed
	name       string // as it was spelled
	key        string // in upper case: what makes names equal
	directory  bool
	times      smb2.FileTimes
	attributes smb2.FileAttributes // the settable ones
	children   []*node             // of a directory, by key
	main       stream              // the file; of a directory no content
	named      []*stream
	watchers   []*open // of a directory
	opens      int     // of all streams
	below      int     // opens of all that is below
}

// A stream is the unit that is opened, shared and locked.
type stream struct {
	node    *node
	name    string // "" of the main one
	key     string
	content content
	opens   []*open
	locks   []heldLock
	queue   []*lockWait
	doomed  bool // goes with its last open: delete pending
	gone    bool
}

// settable are the attributes that a client can give a file.
const settable = smb2.AttributeReadOnly | smb2.AttributeHidden | smb2.AttributeSystem |
	smb2.AttributeArchive | smb2.AttributeTemporary | smb2.AttributeOffline | smb2.AttributeNotIndexed

func newNode(id uint64, name string, directory bool, now smb2.FileTime) *node {
	n := &node{
		id: id, name: name, key: auth.Upper(name), directory: directory,
		times: smb2.FileTimes{Creation: now, LastAccess: now, LastWrite: now, Change: now},
	}
	n.main.node = n
	return n
}

func newStream(n *node, name string) *stream {
	return &stream{node: n, name: name, key: auth.Upper(name)}
}

// find is where in the directory the name with key is, or would be.
func (n *node) find(key string) (int, bool) {
	return slices.BinarySearchFunc(n.children, key, func(c *node, key string) int {
		return strings.Compare(c.key, key)
	})
}

// child is the file of a name in any case, or nil.
func (n *node) child(name string) *node {
	if i, ok := n.find(auth.Upper(name)); ok {
		return n.children[i]
	}
	return nil
}

// add puts c, which is nowhere, under n.
func (n *node) add(c *node) {
	i, _ := n.find(c.key)
	n.children = slices.Insert(n.children, i, c)
	c.parent = n
	n.count(c.opens + c.below)
}

// remove takes c out of n.
func (n *node) remove(c *node) {
	if i, ok := n.find(c.key); ok {
		n.children = slices.Delete(n.children, i, i+1)
	}
	n.count(-c.opens - c.below)
	c.parent = nil
}

// count adds to the opens below n and all above it.
func (n *node) count(opens int) {
	for ; n != nil; n = n.parent {
		n.below += opens
	}
}

// stream is the stream of a name in any case, or nil.
func (n *node) stream(name string) *stream {
	if name == "" {
		return &n.main
	}
	key := auth.Upper(name)
	for _, s := range n.named {
		if s.key == key {
			return s
		}
	}
	return nil
}

// path is the name from the share on, without a leading backslash.
func (n *node) path() string {
	var names []string
	for ; n.parent != nil; n = n.parent {
		names = append(names, n.name)
	}
	slices.Reverse(names)
	return strings.Join(names, `\`)
}

// isBelow says whether n is d or somewhere below it.
func (n *node) isBelow(d *node) bool {
	for ; n != nil; n = n.parent {
		if n == d {
			return true
		}
	}
	return false
}

// wireAttributes are the attributes as the wire has them, [MS-FSCC] 2.6: Normal
// stands alone.
func (n *node) wireAttributes() smb2.FileAttributes {
	a := n.attributes
	if n.directory {
		return a | smb2.AttributeDirectory
	}
	if a == 0 {
		return smb2.AttributeNormal
	}
	return a
}

// sizes are AllocationSize and EndOfFile, zero for directories.
func (s *stream) sizes() (allocation, end uint64) { return s.content.held, s.content.size }
