//go:build unix

package users

import (
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives a new file the old one's owner, where that is allowed: the
// user that smbgw runs as is to read what root has written.
func keepOwner(f *os.File, old fs.FileInfo) {
	if stat, ok := old.Sys().(*syscall.Stat_t); ok {
		f.Chown(int(stat.Uid), int(stat.Gid))
	}
}
