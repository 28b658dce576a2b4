package rooted

import (
	"encoding/binary"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A creation is a CREATE of a client's, taken apart.
type creation struct {
	smb2.CreateRequest
	name     []byte // the client's
	contexts []smb2.CreateContext
	root     bool // it opens the directory itself, or a stream of it
}

// parseCreation checks that a CREATE names something below the directory, and by
// its name.
func parseCreation(element []byte) (c creation, status smb2.Status) {
	r, err := smb2.ParseCreateRequest(element)
	if err != nil {
		return c, smb2.StatusInvalidParameter
	}
	c.CreateRequest = r
	if c.name, err = r.Name(element); err != nil {
		return c, smb2.StatusInvalidParameter
	}
	list, err := r.Contexts(element)
	if err == nil {
		c.contexts, err = smb2.ParseCreateContexts(nil, list)
	}
	switch {
	case err != nil:
		return c, smb2.StatusInvalidParameter
	case r.Options.Has(smb2.OptionOpenByFileID):
		return c, smb2.StatusNotSupported // the name is a number, of a file anywhere
	case resolves(c.contexts):
		return c, smb2.StatusNotSupported
	}
	c.root = len(c.name) == 0 || len(c.name) > 1 && unit(c.name, 0) == colon
	return c, check(c.name)
}

// resolves says that a CREATE asks for the path of a file by its number: the
// context of Apple's with command 2.
func resolves(list []smb2.CreateContext) bool {
	x := smb2.FindCreateContext(list, smb2.TagApple)
	return x != nil && (len(x.Data) < 4 || binary.LittleEndian.Uint32(x.Data) != 1)
}

// alters says that the CREATE may change something before it is known where it
// has led.
func (c *creation) alters() bool {
	return c.Disposition != smb2.DispositionOpen || c.Options.Has(smb2.OptionDeleteOnClose)
}

// create puts the directory in front of the name.
func (s *Server) create(r *tree.Request, c *creation) *proxy {
	name := s.root.below(c.name)
	switch {
	case len(name) > maxName:
		return s.refuse(r, smb2.StatusObjectNameInvalid)
	case c.root && c.Options.Has(smb2.OptionDeleteOnClose):
		return s.refuse(r, smb2.StatusAccessDenied)
	}
	q := c.CreateRequest
	if s.class == smb2.FileAllInfo {
		q.Access |= smb2.AccessReadAttributes // which the question where it led needs
	}
	p := s.as(r, q.Append(append([]byte(nil), r.Element[:smb2.HeaderSize]...), name, c.contexts))
	length := len(c.name)
	p.edit = func(m *transports.Message) *transports.Message { return p.linked(m, length) }
	return p
}

// linked looks at the answer to a CREATE that has come to a symbolic link. The
// client goes on by itself where the link leads, from the link's own directory on.
// One that is in the path to the directory, or leads to an absolute name, is not
// for the client to see.
func (p *proxy) linked(m *transports.Message, length int) *transports.Message {
	b := m.Bytes()
	if smb2.Header(b).Status() != smb2.StatusStoppedOnSymlink {
		return m
	}
	x, err := linkIn(b)
	if err != nil || length == 0 || int(x.Unparsed) > length || x.Flags&smb2.SymlinkRelative == 0 {
		return p.instead(m, smb2.StatusAccessDenied)
	}
	return m
}

// linkIn is the symbolic link in an error.
func linkIn(element []byte) (x smb2.Symlink, err error) {
	e, err := smb2.ParseErrorResponse(element)
	if err != nil {
		return x, err
	}
	data, err := e.Data(element)
	if err != nil || e.ContextCount == 0 {
		if err == nil {
			x, err = smb2.ParseSymlink(data)
		}
		return x, err
	}
	list, err := smb2.ParseErrorContexts(nil, data, e.ContextCount)
	if err != nil {
		return x, err
	}
	return smb2.ParseSymlink(list[0].Data)
}
