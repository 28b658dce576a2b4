package config

import (
	"errors"

	"github.com/hashicorp/hcl/v2"
	"github.com/smbgw/smbgw/auth/users"
)

var usersSchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{{Name: "file"}, {Name: "guest"}, {Name: "anonymous"}},
}

// users decodes who may log in, nil when the file does not say.
func (l *loader) users(blocks hcl.Blocks) *Users {
	var u *Users
	for _, b := range l.single(blocks) {
		attrs := l.content(b, usersSchema).Attributes
		u = new(Users)
		for name, to := range map[string]*bool{"guest": &u.Guest, "anonymous": &u.Anonymous} {
			if a := attrs[name]; a != nil {
				l.boolean(a, to)
			}
		}
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
		_, err := users.Open(u.File, users.Options{})
		if e, ok := errors.AsType[*users.Error](err); ok {
			l.report(w.at, "%v", e)
		}
	}
	return u
}
