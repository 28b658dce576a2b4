package config

import (
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"unicode/utf8"
)

// Password reads a file that holds a password and nothing else; one end of line
// behind it does not count. A file that others can read is refused.
func Password(path string) (string, error) {
	b, err := readFile(path)
	if err != nil {
		if pe, ok := err.(*fs.PathError); ok {
			err = pe.Err
		}
		return "", fmt.Errorf("cannot read %s: %w", path, err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		return "", fmt.Errorf("%s can be read by others than its owner; chmod 600 it", path)
	}
	p := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	switch {
	case p == "":
		return "", fmt.Errorf("%s is empty", path)
	case strings.ContainsAny(p, "\r\n\x00") || !utf8.ValidString(p):
		return "", fmt.Errorf("%s has more than one line, or what is no text", path)
	case len(p) > maxPassword:
		return "", fmt.Errorf("%s has more than %d bytes, which no password has", path, maxPassword)
	}
	return p, nil
}
