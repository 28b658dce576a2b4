package users

import (
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/smbgw/smbgw/auth"
)

// Options are what a File may be told.
type Options struct {
	Now    func() time.Time // time.Now when nil
	Report func(error)      // told why a changed file is not used; may be nil, and is called by Lookup
}

// A File is a users file in use. Many goroutines may use it.
type File struct {
	path    string
	options Options

	mu     sync.Mutex
	list   list        // in use
	seen   fs.FileInfo // looked at last; nil when it could not be
	looked time.Time
	err    error // why seen is not what is in use
}

// Open reads the file. Its error is an *Error.
func Open(path string, o Options) (*File, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	l, err := read(path)
	if err != nil {
		return nil, err
	}
	return &File{path: path, options: o, list: l, seen: l.stat, looked: o.Now()}, nil
}

// Lookup finds an account by its name, whatever the case. The error is
// auth.ErrNoUser or nil.
func (f *File) Lookup(name string) (auth.Account, error) {
	f.mu.Lock()
	report := f.refresh()
	a, ok := f.list.accounts[auth.Upper(name)]
	f.mu.Unlock()
	if report != nil && f.options.Report != nil {
		f.options.Report(report)
	}
	if !ok {
		return auth.Account{}, auth.ErrNoUser
	}
	return a, nil
}

// Names are those of all accounts, sorted.
func (f *File) Names() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var names []string
	for _, a := range f.list.accounts {
		names = append(names, a.Name)
	}
	slices.Sort(names)
	return names
}

// Len is how many accounts there are.
func (f *File) Len() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.list.accounts)
}

// Err is why the file as it is now is not in use, or nil when it is.
func (f *File) Err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// refresh reads the file again when that is due, and returns what is new and
// wrong with it.
func (f *File) refresh() error {
	now := f.options.Now()
	if since := now.Sub(f.looked); since >= 0 && since < checkEvery {
		return nil
	}
	f.looked = now
	stat, err := os.Stat(f.path)
	if err != nil {
		stat = nil
	}
	if same(stat, f.seen) {
		return nil
	}
	f.seen = stat
	l, err := read(f.path)
	f.err = err
	if err == nil {
		f.list, f.seen = l, l.stat
	}
	return err
}

// same says that nothing shows a difference between two looks at a file.
func same(a, b fs.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) && a.Mode() == b.Mode()
}
