// Package smb2test has scripted SMB2 peers for tests: a server with one file in
// memory and a client, neither of which knows the code under test. They keep
// their own books of message ids, credits and transfers, so that a mistake on
// the other side is found here and not repeated.
//
// # Use
//
//	s := &smb2test.Server{Conn: conn, Dialect: smb2.Dialect311, File: data}
//	go s.Serve()
//	c := smb2test.NewClient(conn)
//	err := c.Negotiate(smb2.Dialect311)
//	got, status, err := c.Read(0, 1<<20)         // inline
//	got, status, err = c.ReadPlaced(0, 1<<20, smb2test.Placing{...})
//
// Server.Script decides what becomes of a request when the ordinary answer is
// not what the test wants: another status, fewer bytes, an interim reply first,
// silence, or bytes of its own.
//
// A Keyed is such a server with one session and one tree, keys, signatures and
// encryption, for whatever logs in, signs and seals by itself.
//
// # Ownership
//
// A Server and a Client each belong to the goroutine that calls them, except
// for what their comments say. Books are read after Serve returned.
//
// # Bugs
//
// Sessions, trees and files are not checked: any id will do. The signatures of
// a Server are zeros.
package smb2test
