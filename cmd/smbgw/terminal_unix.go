//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package main

import (
	"context"
	"os"

	"golang.org/x/sys/unix"
)

// A terminal does not show what is typed, until it is closed.
type terminal struct {
	fd  int
	old unix.Termios
}

var _ lineReader = (*terminal)(nil)

// openTerminal is f as a terminal, or nil if it is none.
func openTerminal(f *os.File) (*terminal, error) {
	fd := int(f.Fd())
	old, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return nil, nil
	}
	quiet := *old
	quiet.Iflag |= unix.ICRNL
	// Keys come one by one and are no signals, so that an interrupt does not
	// leave the terminal mute; a read ends after a tenth of a second.
	quiet.Lflag &^= unix.ECHO | unix.ICANON | unix.ISIG
	quiet.Cc[unix.VMIN], quiet.Cc[unix.VTIME] = 0, 1
	if err := unix.IoctlSetTermios(fd, setTermios, &quiet); err != nil {
		return nil, os.NewSyscallError("ioctl", err)
	}
	return &terminal{fd, *old}, nil
}

func (t *terminal) close() { unix.IoctlSetTermios(t.fd, setTermios, &t.old) }

func (t *terminal) line(ctx context.Context) (string, error) {
	var line typing
	var key [1]byte
	for ctx.Err() == nil {
		n, err := unix.Read(t.fd, key[:])
		switch {
		case err == unix.EINTR || err == unix.EAGAIN || err == nil && n == 0:
			continue
		case err != nil:
			return "", os.NewSyscallError("read", err)
		}
		if done, err := line.key(key[0]); done || err != nil {
			return string(line.b), err
		}
	}
	return "", errInterrupted
}
