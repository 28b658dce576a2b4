package main

import (
	"errors"
	"unicode/utf8"
)

var (
	errInterrupted  = errors.New("interrupted; nothing was changed")
	errNothingTyped = errors.New("nothing was typed; nothing was changed")
)

// A typing is a line that is being typed on a terminal which sends every key
// at once and takes none for a signal.
type typing struct{ b []byte }

// key takes the next byte, and says whether the line is complete.
func (t *typing) key(b byte) (done bool, err error) {
	const (
		interrupt = 'C' & 0x1f
		endOfFile = 'D' & 0x1f
		backspace = '\b'
		kill      = 'U' & 0x1f
		del       = 0x7f
	)
	switch b {
	case '\r', '\n':
		return true, nil
	case interrupt:
		return false, errInterrupted
	case endOfFile:
		if len(t.b) == 0 {
			return false, errNothingTyped
		}
		return true, nil
	case backspace, del:
		_, n := utf8.DecodeLastRune(t.b)
		t.b = t.b[:len(t.b)-n]
	case kill:
		t.b = t.b[:0]
	default:
		if len(t.b) <= maxPassword { // one too many tells
			t.b = append(t.b, b)
		}
	}
	return false, nil
}
