// Package users keeps who may log in, in a file of the smbpasswd format.
//
// # Use
//
//	file, err := users.Open("/etc/smbgw/users", users.Options{Report: report})
//	account, err := file.Lookup("alice")
//
// Lookup reads the file again when it has changed, looking at most once a
// second. A file that has become unreadable or wrong is reported, once for each
// change, and the accounts of before go on. Set and Delete change a file: they
// write a new one beside it and put it in its place, with every other line as
// it was.
//
// # Format
//
// One account a line, smbpasswd(5):
//
//	name:uid:LM hash:NT hash:[flags]:LCT-time:
//
// The hashes are 32 digits, the time 8, in hexadecimal. Only the name, the NT
// hash and the flags are looked at; in the flags D and L turn the account off,
// and N says that it has no password, with which nobody can log in. An NT hash
// that begins with X or with "NO PASSWORD" is none, and neither is that of the
// empty password. Names are compared without case. Lines that are empty or begin
// with # are passed over.
//
// Whoever can read the file can log in as everybody in it, so one that others
// can read or write, or the group can write, is refused; on Windows, where the
// mode does not say, it is not.
//
// # Groups
//
//	groups, err := users.OpenGroups("/etc/smbgw/groups")
//	names := groups.Of("alice")
//
// A file of groups has one a line, with commas or spaces between the members:
//
//	name: alice, bob
//
// Members need not be users yet. Names are compared without case. Only a file
// that everybody can write is refused: it is no secret. It is read once.
//
// # Errors
//
// An *Error says which file and line is wrong, what is wrong, and what helps.
//
// # Bugs
//
// A file that is overwritten in place, with as many bytes, within the precision
// of the file system's clock does not look changed. Two programs that change a
// file at once do not see each other: the last one's change stands.
//
// A user with a space in the name cannot be a member of a group.
package users
