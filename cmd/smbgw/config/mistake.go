package config

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
)

// A Mistake is one thing wrong in a configuration file.
type Mistake struct {
	File         string
	Line, Column int    // from 1; 0 when it is about the file as a whole
	Text         string // what is wrong, and what would be right

	source string // the line, "" when there is none to show
	width  int    // characters to underline
}

// Error is the mistake in one line.
func (m Mistake) Error() string {
	if m.Line == 0 {
		return fmt.Sprintf("%s: %s", m.File, m.Text)
	}
	return fmt.Sprintf("%s:%d:%d: %s", m.File, m.Line, m.Column, m.Text)
}

// Mistakes are all that is wrong in a file, in its order.
type Mistakes []Mistake

// Error is the first mistake, with the number of others.
func (ms Mistakes) Error() string {
	switch len(ms) {
	case 0:
		return "no mistakes"
	case 1:
		return ms[0].Error()
	}
	return fmt.Sprintf("%v (and %d more)", ms[0], len(ms)-1)
}

// WriteTo writes every mistake with its place, text and source line.
func (ms Mistakes) WriteTo(w io.Writer) (int64, error) {
	var b bytes.Buffer
	for _, m := range ms {
		fmt.Fprintln(&b, m.Error())
		if m.source != "" {
			fmt.Fprintf(&b, "  %s\n  %s%s\n", m.source, indent(m.source, m.Column-1), strings.Repeat("^", max(m.width, 1)))
		}
	}
	return b.WriteTo(w)
}

// indent is as wide as the first n characters of line, tabs kept.
func indent(line string, n int) string {
	var b strings.Builder
	for _, r := range line {
		if n--; n < 0 {
			break
		}
		if r != '\t' {
			r = ' '
		}
		b.WriteRune(r)
	}
	return b.String()
}

// report adds a mistake at r.
func (l *loader) report(r hcl.Range, format string, args ...any) {
	m := Mistake{File: l.file, Line: r.Start.Line, Column: r.Start.Column, Text: fmt.Sprintf(format, args...)}
	m.source, m.width = l.excerpt(r)
	l.mistakes = append(l.mistakes, m)
}

// excerpt is the first source line of r, and how many of its characters r
// covers.
func (l *loader) excerpt(r hcl.Range) (line string, width int) {
	if r.Start.Byte > len(l.src) {
		return "", 0
	}
	begin := bytes.LastIndexByte(l.src[:r.Start.Byte], '\n') + 1
	end := len(l.src)
	if n := bytes.IndexByte(l.src[begin:], '\n'); n >= 0 {
		end = begin + n
	}
	stop := min(max(r.End.Byte, r.Start.Byte), end)
	line = strings.TrimRight(string(l.src[begin:end]), "\r")
	if !utf8.ValidString(line) || strings.TrimSpace(line) == "" {
		return "", 0
	}
	return line, utf8.RuneCount(l.src[min(r.Start.Byte, stop):stop])
}

// diagnostics adds what the HCL library found.
func (l *loader) diagnostics(ds hcl.Diagnostics) {
	for _, d := range ds {
		text := strings.TrimSuffix(d.Summary+": "+d.Detail, ": ")
		if d.Subject == nil {
			l.mistakes = append(l.mistakes, Mistake{File: l.file, Text: text})
			continue
		}
		l.report(*d.Subject, "%s", text)
	}
}

// syntax adds what keeps the file from being HCL. Where a string does not end
// the rest of the file is upside down, and what is said of it is noise.
func (l *loader) syntax(ds hcl.Diagnostics) {
	for i, d := range ds {
		if d.Summary == "Invalid multi-line string" && d.Subject != nil {
			l.diagnostics(ds[:i])
			l.report(*d.Subject, "a string does not end on its line; a quotation mark is missing here, or there is one too many before")
			return
		}
	}
	l.diagnostics(ds)
}

// err is the mistakes found, nil when there are none.
func (l *loader) err() error {
	if len(l.mistakes) == 0 {
		return nil
	}
	slices.SortStableFunc(l.mistakes, func(a, b Mistake) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Text, b.Text))
	})
	return l.mistakes
}
