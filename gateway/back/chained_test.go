package back

import (
	"slices"
	"testing"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
)

// A CLOSE in a chain ends what the one before it is about, whatever id it has:
// servers do not look at that.
func TestChainedClose(t *testing.T) {
	t.Parallel()
	one, other := smb2.NewFileID(1, 1), smb2.NewFileID(2, 2)
	create := new(smb2.CreateRequest).Append(smb2.NewHeader(smb2.CommandCreate, 1), nil, nil)
	flush := func(f smb2.FileID) []byte {
		return (&smb2.FlushRequest{FileID: f}).AppendBody(smb2.NewHeader(smb2.CommandFlush, 1))
	}
	shut := func(f smb2.FileID) []byte {
		return (&smb2.CloseRequest{FileID: f}).AppendBody(smb2.NewHeader(smb2.CommandClose, 1))
	}
	for name, chain := range map[string][][]byte{
		"alone":                       {shut(one)},
		"behind a FLUSH":              {flush(one), shut(smb2.NoFile)},
		"behind a FLUSH, with an id":  {flush(one), shut(other)},
		"behind a CREATE":             {create, shut(smb2.NoFile)},
		"behind a CREATE, with an id": {create, shut(other)},
		"behind both":                 {flush(other), create, flush(other), shut(other)},
	} {
		c := new(Conn)
		c.holders.init()
		tr := &Tree{c: c}
		c.holders.add(one, tr, nil)
		c.holders.add(other, tr, nil)
		var requests []*tree.Request
		for _, b := range chain {
			requests = append(requests, &tree.Request{Element: b})
		}
		var file smb2.FileID
		if slices.ContainsFunc(requests, func(r *tree.Request) bool { return r.Header().Command() == smb2.CommandCreate }) {
			file = one // of its answer
		}
		for k := tr.open(requests, 1, 1, placement{}); k != nil; k = k.sibling {
			if k.command == smb2.CommandClose {
				c.learn(k, smb2.NewHeader(smb2.CommandClose, 1), &file)
			}
		}
		if _, ok := c.holders.opens[one]; ok {
			t.Errorf("%s: what has been closed is held", name)
		}
		if _, ok := c.holders.opens[other]; !ok {
			t.Errorf("%s: what is open is not held", name)
		}
	}
}
