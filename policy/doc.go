// Package policy decides who may do what: facts in, a verdict and its reason
// out. It touches no socket, file, clock or log, and starts nothing.
//
// # Use
//
//	p, err := policy.New("remote", rules, requirements)
//	facts := policy.Facts{Listener: "internet", Transport: "quic", Address: from}
//	v := p.Decide(policy.Connection, &facts) // who has come?
//	facts.User, facts.Dialect = "alice", smb2.Dialect311
//	v = p.Decide(policy.Session, &facts)     // who has logged in?
//	facts.Mount = "projects"
//	v = p.Decide(policy.Tree, &facts)        // what does he want?
//	facts.Path, facts.Action = path, policy.Classify(element, false)
//	v = p.Decide(policy.Operation, &facts)   // and this?
//	if !v.Allowed { log(v.String()) }        // policy "remote": denied by deny at smbgw.hcl:40
//
// A Policy is not changed after New, and many goroutines may use it. Decide
// allocates nothing, as long as the facts are kept: they belong to a session or
// a tree, whose facts do not change, and each operation adds its own.
//
// # Rules
//
// A rule is an allow or a deny with conditions. Each condition is a list and is
// met by any entry of it; a rule matches when all its conditions are met, and one
// without conditions always does. rules.go is the table of the kinds of
// conditions; each has a file of its own:
//
//	users         alice, or @staff for a group; whatever the case
//	certificates  the SHA-256 of the client's certificate, or of one in its
//	              chain, or the name of who issued it
//	addresses     of clients, CIDR
//	listeners     by name
//	transports    tcp, quic, smbdirect...
//	dialects      3.1.1...
//	mounts        by name; whatever the case
//	paths         prefixes, by components; whatever the case
//	operations    named pipes, FSCTLs, changes of security descriptors, snapshots
//
// Besides, a rule has an Access, which is no condition. Operations need one of
// list, read-only and read-write, each of which includes what stands before it.
// Of an allow it is the most that is given. Of a deny it is the least that is
// refused: a deny of read-write leaves reading alone and does not concern it.
//
// # The most specific
//
// In each kind of condition a rule has a rank: 0 without the condition, more the
// narrower the entry that is met, and of several entries the highest. A named
// user is narrower than a group; a certificate of one's own than one in the chain,
// and that than the name of who issued one; a longer CIDR prefix or path than a shorter;
// an FSCTL than all of them. In the other kinds every entry has the same rank.
//
// Rule A is more specific than B when A's rank is in no kind lower than B's and
// in one at least higher. Rules of which each is narrower in something are not
// comparable, and neither overrules the other: that the one names a user and the
// other a mount puts none of them first.
//
// Of the rules that match, those count than which no other is more specific.
// A deny that does not concern the operation, because that needs less access,
// is no match. Then:
//
//  1. When a deny is among those that count, the answer is no.
//  2. Else, when one that counts allows enough access, it is yes.
//  3. Else it is no: who is given read-only by the most specific allow does
//     not write by a more general one. And what no rule matches is denied.
//
// So a deny holds until an allow names all that it names, and something more:
//
//	deny  { addresses = ["203.0.113.0/24"] }
//	allow { users = ["alice"] }              # not from 203.0.113.0/24
//	allow { users = ["alice"], addresses = ["203.0.113.7/32"] }  # but from there
//
// # Stages
//
// A decision is asked for as soon as a client connects, when the share that he
// will ask for is not known. What depends on later facts is then left open: an
// allow may match, a deny may not. So the answer no is final, whatever the facts
// to come, and yes means that it is not settled yet.
//
// # Paths
//
// Paths are relative to the mount, and are compared by components, case by case
// as Windows does it: "pub" is a prefix of PUB\x, not of public. A component
// may have a second name that text does not show: a short name (PROGRA~1), a
// stream or an attribute of a directory (pub::$INDEX_ALLOCATION), dots and spaces
// at the end, which some servers drop, letters that some take to be equal. Where
// a name can be one that a rule means and need not be, a deny matches and an
// allow does not. The same holds for a path with a component .. or the name of a
// snapshot (@GMT-...), and for one that is not known (Action.Unnamed): opens by
// file id, and durable opens that a client comes back to, whose names servers do
// not look at.
//
// The folders above an allowed path are not allowed with it. Clients open the
// root of a share; an allow of access list without a path lets them.
//
// # Requirements
//
// A Requirement asks for a dialect, for signing or encryption, of the sessions of
// its listeners and on its mounts. All that match hold. Encryption is also what a
// transport does by itself (Facts.Secure: QUIC), so that nothing is encrypted
// twice; encryption and such a transport are as good as signing.
//
// # Bugs
//
// Names in another Unicode normalization are other names, which is so on Windows,
// but not on every server.
//
// A rule knows the path of an open, not what it leads to: reparse points
// and links on the server that lead out of a path are followed there.
//
// FileRenameInformation and FileLinkInformation name a second path in their
// data. Who enforces paths asks twice, and asks Above before a rename.
package policy
