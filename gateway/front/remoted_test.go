package front

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/smbgw/smbgw/smb2"
)

// A TREE_CONNECT that claims to be somebody else's, by an extension with
// REMOTED_IDENTITY ([MS-SMB2] 2.2.9.2.1), is its own user's: nobody may say here
// who he is but by logging in.
func TestRemotedIdentity(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	p := r.user("alice")
	p.sign = true
	path := smb2.AppendUTF16(nil, `\\gateway\data`)
	q := smb2.TreeConnectRequest{
		Flags:      smb2.TreeConnectExtension,
		PathOffset: smb2.HeaderSize + 8 + 16,
		PathLength: uint16(len(path)),
	}
	b := q.AppendBody(p.Header(smb2.CommandTreeConnect, 1))
	extension := make([]byte, 16)
	binary.LittleEndian.PutUint32(extension, uint32(16+len(path))) // from its own start
	binary.LittleEndian.PutUint16(extension[4:], 1)
	b = append(append(b, extension...), path...)
	// TicketType[2] TicketSize[2] User[2] UserName[2] Domain[2] ...: a name alone
	// is enough to see that it is not looked at.
	claim := append(make([]byte, 52), smb2.AppendUTF16(nil, "administrator")...)
	binary.LittleEndian.PutUint16(claim, 1)
	binary.LittleEndian.PutUint16(claim[2:], uint16(len(claim)))
	context := binary.LittleEndian.AppendUint16(nil, 1) // REMOTED_IDENTITY
	context = binary.LittleEndian.AppendUint16(context, uint16(len(claim)))
	b = append(append(b, append(context, 0, 0, 0, 0)...), claim...)
	if s := p.status(b); s != 0 {
		t.Fatal(s)
	}
	if got := r.shop.client.User.User; got != "alice" || slices.Contains(r.shop.users, "administrator") {
		t.Errorf("the tree is %q's", got)
	}
}
