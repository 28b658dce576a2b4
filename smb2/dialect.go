package smb2

import "fmt"

// A Dialect is a version of the protocol, [MS-SMB2] 2.2.4.
type Dialect uint16

const (
	Dialect202  Dialect = 0x0202
	Dialect21   Dialect = 0x0210
	DialectWild Dialect = 0x02ff // answer to an SMB1 negotiate: to be negotiated again, 3.3.5.3.1
	Dialect30   Dialect = 0x0300
	Dialect302  Dialect = 0x0302
	Dialect311  Dialect = 0x0311
)

func (d Dialect) String() string {
	switch d {
	case Dialect202:
		return "2.0.2"
	case Dialect21:
		return "2.1"
	case DialectWild:
		return "2.???"
	case Dialect30:
		return "3.0"
	case Dialect302:
		return "3.0.2"
	case Dialect311:
		return "3.1.1"
	}
	return fmt.Sprintf("dialect %#04x", uint16(d))
}
