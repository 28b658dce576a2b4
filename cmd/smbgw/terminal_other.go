//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package main

import (
	"context"
	"errors"
	"os"
)

// A terminal that can be told not to show what is typed is not known here.
type terminal struct{}

var _ lineReader = (*terminal)(nil)

// openTerminal refuses f if it is a terminal.
func openTerminal(f *os.File) (*terminal, error) {
	if stat, err := f.Stat(); err == nil && stat.Mode()&os.ModeCharDevice != 0 {
		return nil, errShown
	}
	return nil, nil
}

var errShown = errors.New("this terminal would show the password; give it as one line on standard input")

func (*terminal) close() {}

func (*terminal) line(context.Context) (string, error) { return "", errShown }
