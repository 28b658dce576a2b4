package client

import "fmt"

// Upload writes size bytes from the file's beginning on. fill makes what goes
// to off, in the order of the file.
func (f *File) Upload(size int64, fill func(b []byte, off int64)) error {
	return f.transfer(size, func(k *call) { f.sendWrite(k, fill) }, f.written)
}

// Download reads size bytes from the file's beginning on and shows them to
// check, in the order in which they come. An error of check ends the transfer.
// A file that is shorter is an error.
func (f *File) Download(size int64, check func(b []byte, off int64) error) error {
	return f.transfer(size, f.sendRead, func(k *call) error {
		data, m, err := f.data(k)
		if err != nil {
			return err
		}
		defer m.Release()
		if len(data) != k.n {
			return fmt.Errorf("at %d: %d bytes of %d were read", k.off, len(data), k.n)
		}
		return check(data, k.off)
	})
}

// transfer keeps requests under way until all of size is done or one has failed,
// and waits for the last of them.
func (f *File) transfer(size int64, send func(*call), end func(*call) error) (err error) {
	depth := min(max(f.share.Depth, 1), maxDepth)
	done := make(chan *call, depth)
	calls := make([]call, depth)
	free := make([]*call, 0, depth)
	for i := range calls {
		calls[i].done = done
		free = append(free, &calls[i])
	}
	for off := int64(0); ; {
		if last := len(free) - 1; last >= 0 && off < size && err == nil {
			k := free[last]
			free = free[:last]
			k.off, k.n = off, int(min(size-off, int64(f.share.Unit)))
			off += int64(k.n)
			send(k)
			continue
		}
		if len(free) == depth {
			return err
		}
		k := <-done
		if failed := end(k); err == nil {
			err = failed
		}
		free = append(free, k)
	}
}
