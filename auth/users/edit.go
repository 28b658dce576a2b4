package users

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/smbgw/smbgw/auth"
)

// Set gives a user a password, by its NT hash: in the user's line, which keeps
// its uid and its flags but N, or in a new one at the end. A file that is not
// there is made. It says whether the user is new, and whether the account is
// turned off.
func Set(path, name string, hash auth.Secret, now time.Time) (added, disabled bool, err error) {
	if problem := CheckName(name); problem != "" {
		return false, false, &Error{File: path, Problem: problem, Remedy: "choose another name"}
	}
	path = followed(path)
	text, stat, err := load(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, false, err
	}
	accounts, err := parse(path, text)
	if err != nil {
		return false, false, err
	}
	old, known := accounts[auth.Upper(name)]
	if known {
		name = old.Name // as it was spelled
	}
	put := func(line string) string { return formatLine(name, hash, line, now) }
	text, found := edit(text, name, put)
	if !found {
		if text != "" && !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		text += put("") + "\n"
	}
	return !known, old.Disabled, replace(path, text, stat)
}

// Delete takes a user's line out of a file. The error of a user that is not in
// it is auth.ErrNoUser.
func Delete(path, name string) error {
	path = followed(path)
	text, stat, err := load(path)
	if err != nil {
		return err
	}
	if _, err := parse(path, text); err != nil {
		return err
	}
	text, found := edit(text, name, nil)
	if !found {
		return &Error{File: path, Problem: "there is no user " + name, Err: auth.ErrNoUser}
	}
	return replace(path, text, stat)
}

// edit replaces the user's line by what put makes of it, or by nothing, and
// leaves the others alone.
func edit(text, name string, put func(string) string) (edited string, found bool) {
	var b strings.Builder
	for line := range strings.Lines(text) {
		content := strings.TrimRight(line, "\r\n")
		theirs, _, _ := strings.Cut(content, ":")
		if passedOver(content) || auth.Upper(theirs) != auth.Upper(name) {
			b.WriteString(line)
			continue
		}
		found = true
		if put != nil {
			b.WriteString(put(content) + line[len(content):])
		}
	}
	return b.String(), found
}

// followed is where a path leads: a link to the file stays one.
func followed(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// replace puts a new file in the place of path's, all at once: who reads it
// meanwhile gets the one or the other. old is nil when there was none.
func replace(path, text string, old fs.FileInfo) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".smbgw-users-*") // mode 0600
	if err != nil {
		return unwritable(path, err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = unwritable(path, err)
		}
	}()
	if _, err = f.WriteString(text); err != nil {
		return err
	}
	if old != nil {
		keepOwner(f, old)
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	syncFolder(dir)
	return nil
}

// syncFolder makes the new name last, where folders can be synced.
func syncFolder(dir string) {
	if d, err := os.Open(dir); err == nil {
		d.Sync()
		d.Close()
	}
}

func unwritable(path string, err error) error {
	return &Error{File: path, Problem: "it cannot be written: " + err.Error(), Remedy: "nothing was changed", Err: err}
}
