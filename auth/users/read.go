package users

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"

	"github.com/smbgw/smbgw/auth"
)

// A list is what one state of a file says.
type list struct {
	accounts map[string]auth.Account // by auth.Upper of the name
	stat     fs.FileInfo
}

// exposed are the bits of a mode with which others get at the hashes: all of
// others', and the group's to write.
const exposed fs.FileMode = 0o027

// read reads the file and refuses one that is open to others.
func read(path string) (list, error) {
	text, stat, err := load(path)
	if err != nil {
		return list{}, err
	}
	if mode := stat.Mode().Perm(); mode&exposed != 0 && runtime.GOOS != "windows" {
		return list{}, &Error{File: path, Problem: fmt.Sprintf("its mode %04o lets others at the hashes, which are as good as passwords", mode), Remedy: "chmod 600 " + path}
	}
	accounts, err := parse(path, text)
	return list{accounts, stat}, err
}

// load is the file's content.
func load(path string) (string, fs.FileInfo, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", nil, unreadable(path, err)
	}
	defer f.Close()
	stat, err := f.Stat()
	if err != nil {
		return "", nil, unreadable(path, err)
	}
	if !stat.Mode().IsRegular() {
		return "", nil, &Error{File: path, Problem: "it is not a regular file", Remedy: "name the file of the users"}
	}
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return "", nil, unreadable(path, err)
	case len(b) > maxFile:
		return "", nil, &Error{File: path, Problem: fmt.Sprintf("it has more than %d bytes", maxFile), Remedy: "name the file of the users"}
	}
	return string(b), stat, nil
}

func unreadable(path string, err error) error {
	problem, remedy := err.Error(), ""
	if inner, ok := errors.AsType[*fs.PathError](err); ok {
		problem = inner.Err.Error()
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		remedy = "smbgw passwd -f " + path + " NAME makes it"
	case errors.Is(err, fs.ErrPermission):
		remedy = "make the user that smbgw runs as its owner"
	}
	return &Error{File: path, Problem: problem, Remedy: remedy, Err: err}
}

// parse reads all lines.
func parse(path, text string) (map[string]auth.Account, error) {
	accounts, lines := map[string]auth.Account{}, map[string]int{}
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSuffix(line, "\n")
		if len(line) > maxLine {
			return nil, &Error{File: path, Line: number, Problem: fmt.Sprintf("the line has more than %d bytes", maxLine), Remedy: "correct or remove the line"}
		}
		if passedOver(line) {
			continue
		}
		a, problem := parseLine(line)
		if problem != "" {
			return nil, &Error{File: path, Line: number, Problem: problem, Remedy: "correct or remove the line"}
		}
		key := auth.Upper(a.Name)
		if first, ok := lines[key]; ok {
			return nil, &Error{File: path, Line: number, Problem: fmt.Sprintf("user %q stands in line %d already", a.Name, first), Remedy: "remove one of the two"}
		}
		accounts[key], lines[key] = a, number
	}
	return accounts, nil
}
