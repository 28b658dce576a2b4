package config

import (
	"errors"

	"github.com/hashicorp/hcl/v2"
	"github.com/smbgw/smbgw/auth/users"
)

var usersSchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{{Name: "file"}, {Name: "groups"}, {Name: "guest"}, {Name: "anonymous"}},
}

// usersBlock decodes who may log in, nil when the file does not say.
func (l *loader) usersBlock(blocks hcl.Blocks) *Users {
	var u *Users
	for _, b := range l.single(blocks) {
		attrs := l.content(b, usersSchema).Attributes
		u = new(Users)
		for name, to := range map[string]*bool{"guest": &u.Guest, "anonymous": &u.Anonymous} {
			if a := attrs[name]; a != nil {
				l.boolean(a, to)
			}
		}
		u.Groups = l.groups(attrs["groups"])
		a := attrs["file"]
		if a == nil {
			l.report(b.DefRange, `users has no file; add file = "FILE" and make it with: smbgw passwd -f FILE NAME`)
			continue
		}
		w, ok := l.str(a.Expr, "file")
		if !ok {
			continue
		}
		u.File = l.path(w.value)
		file, err := users.Open(u.File, users.Options{})
		l.users = file
		if e, ok := errors.AsType[*users.Error](err); ok {
			l.report(w.at, "%v", e)
		}
	}
	return u
}

// groups reads the file that a names, nil when there is none.
func (l *loader) groups(a *hcl.Attribute) *users.Groups {
	if a == nil {
		return nil
	}
	w, ok := l.str(a.Expr, "groups")
	if !ok {
		return nil
	}
	groups, err := users.OpenGroups(l.path(w.value))
	if err != nil {
		l.report(w.at, "%v", err)
	}
	return groups
}
