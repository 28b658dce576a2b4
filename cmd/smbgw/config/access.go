package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"

	"github.com/hashicorp/hcl/v2"
	"github.com/smbgw/smbgw/transports/access"
)

var accessSchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{{Name: "allow"}, {Name: "deny"}, {Name: "file"}},
}

const marksExample = `"leaf:SHA256", "chain:SHA256", "issuer:NAME"`

// access decodes which certificates of clients are let in. An access that lets
// nobody in is a mistake: it is not what anybody means who starts a gateway.
func (l *loader) access(b *hcl.Block, authority bool) *Access {
	attrs := l.content(b, accessSchema).Attributes
	if !authority {
		l.report(b.DefRange, `access is about certificates that clients show, and they are not asked for any; add client_ca = "FILE"`)
	}
	found := len(l.mistakes)
	a := &Access{Entries: append(l.entries(attrs["allow"], false), l.entries(attrs["deny"], true)...)}
	all := append([]access.Entry(nil), a.Entries...)
	if f := attrs["file"]; f != nil {
		var more []access.Entry
		a.File, more = l.entryFile(f)
		all = append(all, more...)
	}
	if len(l.mistakes) == found && !access.Allows(all) {
		l.report(b.DefRange, `access lets nobody in: no entry allows anybody; add allow = [%s]`, marksExample)
	}
	return a
}

func (l *loader) entries(a *hcl.Attribute, deny bool) (list []access.Entry) {
	for _, w := range l.listed(a, marksExample) {
		e, err := access.New(deny, w.value, fmt.Sprintf("%s:%d", l.file, w.at.Start.Line))
		if err != nil {
			l.report(w.at, "%v", err)
			continue
		}
		list = append(list, e)
	}
	return list
}

// entryFile checks a file of entries and returns its path.
func (l *loader) entryFile(a *hcl.Attribute) (path string, entries []access.Entry) {
	w, ok := l.str(a.Expr, a.Name)
	if !ok {
		return "", nil
	}
	if w.value == "" {
		l.report(w.at, "%s names no file", a.Name)
		return "", nil
	}
	path = l.path(w.value)
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o002 != 0 && runtime.GOOS != "windows" {
		l.report(w.at, "%s: the mode %04o of %s lets everybody say who is let in; chmod o-w", a.Name, info.Mode().Perm(), path)
	}
	text, err := readFile(path)
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		err = fmt.Errorf("cannot read %s: %v", path, pe.Err)
	} else if err == nil {
		if entries, err = access.Parse(path, string(text)); err != nil {
			err = fmt.Errorf("%s: %w", path, err)
		}
	}
	if err != nil {
		l.report(w.at, "%s: %v", a.Name, err)
	}
	return path, entries
}
