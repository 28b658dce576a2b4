package smb2

import (
	"encoding/binary"
	"fmt"
)

// A GUID is 16 bytes in the order of the wire, [MS-DTYP] 2.3.4.2.
type GUID [16]byte

func (g GUID) String() string {
	return fmt.Sprintf("%08x-%04x-%04x-%x-%x", binary.LittleEndian.Uint32(g[:]),
		binary.LittleEndian.Uint16(g[4:]), binary.LittleEndian.Uint16(g[6:]), g[8:10], g[10:])
}

func (c *cursor) guid() (g GUID) {
	copy(g[:], c.take(len(g)))
	return g
}
