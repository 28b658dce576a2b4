package back

import (
	"testing"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
)

// A request for more output than the server gives asks for what it gives, one
// for less keeps what it asks.
func TestClamp(t *testing.T) {
	t.Parallel()
	const most = 1 << 20
	tr := &Tree{c: &Conn{limits: Limits{MaxTransact: most}}}
	name := smb2.AppendUTF16(nil, "*")
	for command, c := range map[smb2.Command]struct {
		make func(b []byte, n uint32) []byte
		read func(b []byte) (uint32, error)
	}{
		smb2.CommandQueryDirectory: {
			func(b []byte, n uint32) []byte {
				return (&smb2.QueryDirectoryRequest{OutputLength: n}).Append(b, name)
			},
			func(b []byte) (uint32, error) {
				r, err := smb2.ParseQueryDirectoryRequest(b)
				return r.OutputLength, err
			},
		},
		smb2.CommandQueryInfo: {
			func(b []byte, n uint32) []byte {
				return (&smb2.QueryInfoRequest{OutputLength: n}).Append(b, nil)
			},
			func(b []byte) (uint32, error) {
				r, err := smb2.ParseQueryInfoRequest(b)
				return r.OutputLength, err
			},
		},
		smb2.CommandChangeNotify: {
			func(b []byte, n uint32) []byte {
				return (&smb2.ChangeNotifyRequest{OutputLength: n}).AppendBody(b)
			},
			func(b []byte) (uint32, error) {
				r, err := smb2.ParseChangeNotifyRequest(b)
				return r.OutputLength, err
			},
		},
		smb2.CommandIoctl: {
			func(b []byte, n uint32) []byte {
				return (&smb2.IoctlRequest{MaxOutput: n}).Append(b, name)
			},
			func(b []byte) (uint32, error) {
				r, err := smb2.ParseIoctlRequest(b)
				return r.MaxOutput, err
			},
		},
	} {
		for asked, want := range map[uint32]uint32{0: 0, 24: 24, most: most, most + 1: most, 1<<32 - 1: most} {
			b := c.make(smb2.NewHeader(command, 1), asked)
			tr.clamp([]*tree.Request{{Element: b}})
			if got, err := c.read(b); err != nil || got != want {
				t.Errorf("%v for %d asks for %d, want %d (%v)", command, asked, got, want, err)
			}
		}
	}
	tr.clamp([]*tree.Request{{Element: smb2.NewHeader(smb2.CommandQueryInfo, 1)}}) // no body
}
