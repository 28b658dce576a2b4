// Package ntlm is NTLMv2, [MS-NLMP], in both roles, as a mechanism of package
// auth.
//
// # Use
//
// A Server makes an Acceptor for each log-in and checks it against Users:
//
//	server := &ntlm.Server{Users: users, Computer: "GATEWAY"}
//	acceptor := server.NewAcceptor()
//
// A Client makes an Initiator from a password's hash:
//
//	client := &ntlm.Client{User: "alice", Domain: "LAB", Hash: ntlm.Hash(password), Target: "cifs/nas1"}
//	initiator := client.NewInitiator()
//
// The tokens are the messages NEGOTIATE, CHALLENGE and AUTHENTICATE as they
// are; package spnego puts its own around them where the peer wants that. Each
// message has its Parse function and AppendTo method. A parsed message
// aliases the bytes it came from and, but for reserved ones, appends to the same
// bytes.
//
// # What is checked
//
// Only NTLMv2 is understood; NTLMv1 and LM responses are refused as such. An
// acceptor finds these, in this order, in an AUTHENTICATE: the proof, over its
// own challenge, with the domain as the client sent it or an empty one; every
// pair of its own target information, unchanged; the message integrity code
// where the pair MsvAvFlags announces one, and no more than one such pair; a
// time within 36 hours; the account's state. A client that announces no
// integrity code (Linux) is let in without. Unknown users are put through the
// same computation as known ones. Channel bindings are allowed and not looked
// at.
//
// Anonymous log-ins are refused unless Server.Anonymous is set, and names that
// are not known become guests only under Server.Guest; a wrong password never
// does.
//
// # Sections implemented
//
// 2.2.1.1 to 2.2.1.3 messages; 2.2.2.1 AV_PAIR; 2.2.2.5 flags; 2.2.2.7
// NTLMv2_CLIENT_CHALLENGE; 2.2.2.10 VERSION; 3.1.5.1, 3.2.5.1 the connection-
// oriented exchange; 3.3.2 NTLMv2; 3.4.4.2, 3.4.5 the signature of a first
// message.
//
// # Bugs
//
// The target name that a client sends (MsvAvTargetName) is not compared with
// the server's names. Sealing, and signing of more than the first message, are
// not here: SMB uses neither.
package ntlm
