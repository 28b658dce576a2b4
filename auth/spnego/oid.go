package spnego

import (
	"strconv"
	"strings"
)

// An OID is an object identifier as DER has it, without tag and length.
type OID string

// The mechanisms of [MS-SPNG] 1.9 and 3.1.5.2, and SPNEGO itself.
const (
	SPNEGO           OID = "\x2b\x06\x01\x05\x05\x02"                 // 1.3.6.1.5.5.2
	NTLM             OID = "\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a" // 1.3.6.1.4.1.311.2.2.10
	Kerberos         OID = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02"     // 1.2.840.113554.1.2.2
	KerberosMistaken OID = "\x2a\x86\x48\x82\xf7\x12\x01\x02\x02"     // 1.2.840.48018.1.2.2: one bit wrong, and in use
	KerberosUser     OID = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x03" // 1.2.840.113554.1.2.2.3, user to user
	NegoEx           OID = "\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x1e" // 1.3.6.1.4.1.311.2.2.30
)

// String is the identifier in numbers and dots, [X.690] 8.19.
func (o OID) String() string {
	var parts []string
	var n uint64
	for i := range len(o) {
		n = n<<7 | uint64(o[i]&0x7f)
		if o[i]&0x80 != 0 {
			continue
		}
		if len(parts) == 0 {
			first := min(n/40, 2)
			parts = append(parts, strconv.FormatUint(first, 10))
			n -= 40 * first
		}
		parts = append(parts, strconv.FormatUint(n, 10))
		n = 0
	}
	return strings.Join(parts, ".")
}
