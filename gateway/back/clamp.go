package back

import (
	"encoding/binary"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
)

// room is where requests say how much output the client takes: QUERY_DIRECTORY,
// QUERY_INFO and CHANGE_NOTIFY in OutputBufferLength, IOCTL in
// MaxOutputResponse, [MS-SMB2] 2.2.33, 2.2.37, 2.2.35, 2.2.31.
var room = map[smb2.Command]int{
	smb2.CommandQueryDirectory: smb2.HeaderSize + 28,
	smb2.CommandQueryInfo:      smb2.HeaderSize + 4,
	smb2.CommandChangeNotify:   smb2.HeaderSize + 4,
	smb2.CommandIoctl:          smb2.HeaderSize + 44,
}

// clamp asks for no more output than the server gives: clients have been offered
// the gateway's MaxTransactSize, which may be larger than this server's, and a
// server refuses who wants more, [MS-SMB2] 3.3.5.18, 3.3.5.20, 3.3.5.19, 3.3.5.15.
func (t *Tree) clamp(chain []*tree.Request) {
	most := t.c.limits.MaxTransact
	for _, r := range chain {
		at, ok := room[r.Header().Command()]
		if !ok || len(r.Element) < at+4 {
			continue
		}
		field := r.Element[at:]
		if binary.LittleEndian.Uint32(field) > most {
			binary.LittleEndian.PutUint32(field, most)
		}
	}
}
