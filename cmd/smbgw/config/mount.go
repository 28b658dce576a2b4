package config

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
)

var mountSchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{{Name: "backend"}, {Name: "share"}, {Name: "path"}, {Name: "as"}, {Name: "encrypt"}, {Name: "comment"},
		{Name: "name"}, {Name: "hosts"}, {Name: "listeners"}, {Name: "hidden"}},
	Blocks: []hcl.BlockHeaderSchema{{Type: "source"}},
}

// mounts decodes the shares that clients see.
func (l *loader) mounts(blocks hcl.Blocks, backends []*Backend) []*Mount {
	var ms []*Mount
	lines := map[string]int{}
	for i, b := range blocks {
		m := l.mount(b, backends)
		switch line, taken := lines[strings.ToUpper(m.Name)]; {
		case taken:
			l.report(b.LabelRanges[0], "mount %q exists already, at line %d; clients do not see upper and lower case", m.Name, line)
		default:
			lines[strings.ToUpper(m.Name)] = b.DefRange.Start.Line
			l.seenTwice(blocks, ms[:i], m, b)
		}
		ms = append(ms, m)
	}
	return ms
}

func (l *loader) mount(b *hcl.Block, backends []*Backend) *Mount {
	content := l.content(b, mountSchema)
	attrs := content.Attributes
	m := &Mount{Name: b.Labels[0]}
	if problem := shareName(m.Name); problem != "" {
		l.report(b.LabelRanges[0], "mount: %s", problem)
	}
	l.mountView(attrs, m)
	if blocks := content.Blocks.OfType("source"); len(blocks) > 0 {
		l.sources(blocks, attrs, m, backends)
	} else {
		only := l.source(b, attrs, fmt.Sprintf("mount %q", m.Name), m, backends)
		m.Backend, m.Share, m.Path, m.As = only.Backend, only.Share, only.Path, only.As
	}
	choose(l, attrs["encrypt"], demands, &m.Encrypt)
	if a := attrs["comment"]; a != nil {
		w, ok := l.str(a.Expr, "comment")
		if m.Comment = w.value; ok && utf8.RuneCountInString(w.value) > maxComment {
			l.report(w.at, "comment has at most %d letters", maxComment)
		}
	}
	return m
}

// shareName says what is wrong with the name of a share, or "".
func shareName(name string) string {
	switch {
	case name == "":
		return "a share needs a name"
	case utf8.RuneCountInString(name) > maxShareName:
		return fmt.Sprintf("a share's name has at most %d letters", maxShareName)
	case strings.EqualFold(name, "IPC$"):
		return "IPC$ is what the gateway serves itself"
	case strings.ContainsAny(name, "\"/\\[]:|<>+=;,*?") || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }):
		return fmt.Sprintf("%q has letters that a share's name must not have", name)
	}
	return ""
}

// same is the word of a mount that logs in as its clients.
const same = "same"

const asExample = `as = "same", or as = { user = "NAME", password_file = "FILE" }`

// account decodes as whom a mount logs in, nil for the client's own user.
func (l *loader) account(a *hcl.Attribute) *Account {
	if a == nil {
		return nil
	}
	pairs, diags := hcl.ExprMap(a.Expr)
	if diags.HasErrors() {
		if w, ok := l.str(a.Expr, "as"); ok && w.value != same {
			l.report(w.at, "as %q is unknown; write %s", w.value, asExample)
		}
		return nil
	}
	account := new(Account)
	for _, p := range pairs {
		switch key := hcl.ExprAsKeyword(p.Key); key {
		case "user":
			if w, ok := l.str(p.Value, "user"); ok {
				account.User = w.value
			}
		case "password_file":
			account.PasswordFile = l.password(p.Value)
		default:
			l.report(p.Key.Range(), "as has user and password_file, but not %q", key)
		}
	}
	if account.User == "" || account.PasswordFile == "" {
		l.report(a.Expr.Range(), "as needs a user and its password_file; write %s", asExample)
	}
	return account
}

// password checks a file with a password and returns its path.
func (l *loader) password(e hcl.Expression) string {
	w, ok := l.str(e, "password_file")
	if !ok || w.value == "" {
		return ""
	}
	path := l.path(w.value)
	if _, err := Password(path); err != nil {
		l.report(w.at, "password_file: %v", err)
	}
	return path
}

// backendNamed is the backend that an attribute names.
func (l *loader) backendNamed(a *hcl.Attribute, backends []*Backend) *Backend {
	w, ok := l.str(a.Expr, a.Name)
	if !ok {
		return nil
	}
	var known []string
	for _, be := range backends {
		if be.Name == w.value {
			return be
		}
		known = append(known, be.Name)
	}
	if l.nameless {
		return nil
	}
	way := wayOut(w.value, known, fmt.Sprintf(`add backend %q { address = ["tcp!HOST!445"] }`, w.value))
	verb := "is"
	if a.Name == "relay" {
		verb = "names backend"
	}
	l.report(w.at, "%s %s %q, which does not exist%s", a.Name, verb, w.value, way)
	return nil
}

// example is a backend's name for a mistake's way out.
func example(backends []*Backend) string {
	if len(backends) == 1 {
		return backends[0].Name
	}
	return "BACKEND"
}
