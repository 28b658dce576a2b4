// Package spnego is the Simple and Protected GSS-API Negotiation, [RFC 4178]
// with the extensions of [MS-SPNG], in both roles: it finds the mechanism that
// both sides have, carries its tokens, and lets its key vouch for the choice.
//
// # Use
//
// What there is to choose from is a table, best first:
//
//	mechanisms := []spnego.Mechanism{{
//		Name:     "NTLM",
//		OIDs:     []spnego.OID{spnego.NTLM},
//		Raw:      ntlm.IsMessage,
//		Accept:   func() auth.Acceptor { return server.NewAcceptor() },
//		Initiate: func() auth.Initiator { return client.NewInitiator() },
//	}}
//
// Another mechanism is another row. A server offers Hint(mechanisms) in its
// NEGOTIATE response and makes a NewAcceptor for each log-in; a client makes a
// NewInitiator and gives it the server's hint, or nothing, as the first token.
//
// A first token that is a mechanism's own, without SPNEGO around it, is known by
// Mechanism.Raw: the mechanism then runs bare, to the end. Every Linux mount
// begins so.
//
// # The signature of the list
//
// The client's list of mechanisms travels unprotected, so each side can sign it
// (mechListMIC) once the mechanism has a key. The signature is over the bytes of
// the list as they were sent. Both sides must send it when the mechanism is not
// the client's first choice; else whoever receives one sends one. One that is
// wrong always ends the log-in. An initiator sends one unasked when its
// mechanism has protected its own messages, which is also what Samba's does:
// with servers that know of neither it is left out.
//
// # DER
//
// What is read is DER, [X.690]: definite and shortest lengths, every element in
// its place and nothing behind. The reader in der.go has no recursion, copies
// nothing and allocates nothing. encoding/asn1 is not used: it passes over what
// trails in a SEQUENCE, decodes by reflection, and does not write the
// GeneralString of a hint.
//
// # Sections implemented
//
// [RFC 4178] 4.1, 4.2.1 NegTokenInit, 4.2.2 NegTokenResp, 5; [MS-SPNG] 2.2.1
// NegTokenInit2, 3.1.5.2, 3.2.5.1.
//
// # Bugs
//
// NEGOEX is never chosen.
package spnego
