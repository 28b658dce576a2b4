// Package crypt is the protection of SMB2 and SMB3 messages: signing, sealing,
// key derivation and pre-authentication integrity, [MS-SMB2] 3.1.4 and 3.1.5,
// for dialects 2.0.2 to 3.1.1. It is pure: bytes in, bytes out.
//
// # Use
//
// Both endpoints do the same, each in its [Role].
//
// NEGOTIATE. For 3.1.1 the connection has a [PreauthHash]: the client and the
// server each give it the request and the response as they are on the wire. An
// SMB1 negotiate that came before is not hashed. The result is a [Suite].
//
// SESSION_SETUP. Each exchange has a hash of its own, which begins at
// [PreauthHash.Session] of its connection. Every request goes in, and every
// response; the final one is recognised and not hashed. The server adds a
// response when credits, flags and signature are final and before it is
// encrypted or changed by anything. Keys exist when authentication is
// complete: the server derives them before it sends the final response, which
// it signs; the client when it has that response, which on 3.1.1 it verifies,
// since this is what proves that NEGOTIATE was not tampered with.
//
//	sum, err := hash.Sum()
//	session, err := crypt.NewSession(suite, crypt.Server, key, sum[:])
//	signer, err := session.Signer(suite)
//	err = signer.Sign(element)
//
// key is what authentication has established: all of it, for ciphers of 256
// bits use more than its first 16 bytes. Below 3.1.1 the sum is nil.
//
// Binding. The exchange that binds a session to another connection has a hash
// that begins at that connection's. Its requests, and the responses that are
// not the final success, are signed by session.Signer with that connection's
// suite; the final response and all that follows there by [Session.Bind], made
// from the key of this authentication and its hash. Ciphers' keys stay.
//
// Reauthentication. Nothing is derived and nothing hashed: the signers,
// sealers and openers go on, and protect its messages too.
//
// Traffic. Each element of a compound is signed by itself, with the padding
// that follows it; [Signable] says what never is. A compound is sealed as one,
// with [TransformSize] bytes in front of it. A receiver asks [SealedFor] whose
// opener to use. What has been opened is not verified again.
//
//	sealer, err := session.Sealer()  // one for each connection
//	err = sealer.Seal(message, id)   // message[crypt.TransformSize:] is the plaintext
//	plain, err := opener.Open(message)
//
// # Algorithms
//
// What there is stands in one table, suite.go: dialects with their labels,
// signing algorithms, ciphers with their lengths and constructors. A new
// cipher is a row there, under the number and the name that smb2.Cipher has.
// The header of a sealed message is a smb2.Transform.
//
// # Nonces
//
// A GMAC nonce is the MessageId and the sender, so a message is signed once,
// and a CANCEL is sent once for its target. A sealer's nonce is a counter that
// all connections of a session share, and that ends, with ErrExhausted, before
// it could repeat.
//
// # Secrets
//
// A [Secret] prints nothing. Errors name commands, message and session ids.
// Keys that are expanded inside signers, sealers and openers cannot be wiped:
// crypto/aes keeps them, and the garbage collector takes them.
//
// # Sections
//
// [MS-SMB2] 2.2.41, 3.1.4.1 to 3.1.4.3, 3.1.5.1; the checks of 3.2.5.1.1 and
// 3.3.5.2.1.1 that need no tables; [RFC 4493], [RFC 3610], [SP800-38D],
// [SP800-108].
//
// # Bugs
//
// No RDMA transform (2.2.43). CMAC and CCM run at the speed of one AES block
// after the other, a fifth of GCM. A client of Linux 7.3 that negotiates a
// cipher of 256 bits but only signs derives another signing key, and its
// signatures are wrong here: AES-128 or encryption avoids it.
package crypt
