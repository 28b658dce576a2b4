package users

import "fmt"

// An Error says what is wrong with a users file and what helps.
type Error struct {
	File    string
	Line    int    // from 1; 0: the file as a whole
	Problem string // what is wrong; no hashes
	Remedy  string // what to do about it
	Err     error  // the cause, or nil
}

func (e *Error) Error() string {
	text := e.File + ": "
	if e.Line > 0 {
		text = fmt.Sprintf("%s:%d: ", e.File, e.Line)
	}
	text += e.Problem
	if e.Remedy != "" {
		text += "; " + e.Remedy
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }
