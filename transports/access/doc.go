// Package access decides who may connect by the certificate that he shows: the
// client access control of SMB over QUIC, [MS-SMB2] 3.3.1.18. It is entries in,
// a verdict out; it touches no socket, file, clock or log.
//
// # Use
//
//	entries, err := access.Parse("access.list", text)
//	v := access.List(entries).Decide(presented, verified)
//	log(v.String())   // denied: deny chain:3fa1... at access.list:7
//
// TLS comes first: chains that do not lead to an authority of the listener's
// never get here.
//
// # Entries
//
// An entry is allow or deny, and a mark that certificates have:
//
//	leaf:SHA256   the client's own certificate has this hash
//	chain:SHA256  a certificate of its chain has it, the client's own included
//	issuer:NAME   a certificate of its chain was issued by this name
//
// SHA256 is that of the certificate's DER form, 64 hexadecimal digits in either
// case, which may have colons and spaces between them, as openssl x509
// -fingerprint -sha256 prints it. NAME is a distinguished name as openssl x509
// -issuer prints it, in either order and case: CN=ca, O=example.
//
// A client may connect when at least one allow entry matches and no deny entry
// does. Without an allow entry nobody may.
//
// What an allow entry means must be in a chain that has been verified. A client
// can put anything beside its certificate, another client's included, and is not
// let in by that. A deny entry matches what is only shown, too.
//
// # The file
//
// A line is an entry, the first word of it allow or deny. Empty lines and those
// that begin with # are passed over.
//
//	# the notebooks of the branch office
//	allow issuer:CN=branch, O=example
//	# stolen
//	deny leaf:9F:86:D0:81:88:4C:7D:65:9A:2F:EA:A0:C5:5A:D0:15:A3:BF:4F:1B:2B:0B:82:2C:D1:5D:6C:15:B0:F0:0A:08
//
// # Bugs
//
// Names are compared without regard to case and to the number of spaces, but not
// by all of RFC 4518: a letter with an accent is another one when it is put
// together from two.
package access
