// Package auth is what a log-in is, whatever the mechanism: the two roles, what
// they end in, and what can go wrong.
//
// # Use
//
// An Acceptor is the server's side of one log-in and an Initiator the client's.
// Both are given the peer's tokens one after the other, return the token to
// answer with, and end in a Result:
//
//	for {
//		reply, done, err := acceptor.Accept(token)
//		if err != nil {
//			return auth.KindOf(err) // which status the client gets
//		}
//		send(reply)
//		if done != nil {
//			return done.Identity, done.Key
//		}
//		token = receive()
//	}
//
// Packages below this one are the mechanisms (ntlm), what chooses among them
// (spnego) and who may log in (users). A mechanism becomes known by a row in
// the table that spnego is given; nothing registers itself.
//
// A Limiter slows down a source of failed log-ins, and Limited puts one in
// front of an Acceptor.
//
// Keys and hashes are of type Secret, which prints as nothing but that it is
// one. Errors name what was wrong, never a key, a proof or a password.
//
// # Errors
//
// Every failure is an *Error. Its Kind stands for the status that the client is
// told; Kind.Local says whether the cause lies here or with the peer. None ends
// the connection by itself: a client may try again.
//
// # Bugs
//
// A Limiter lets attempts that run at the same moment all through before it
// counts them.
package auth
