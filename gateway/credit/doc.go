// Package credit has the ledgers of SMB2 credits, [MS-SMB2] 3.1.5.2: which
// message ids may be used, and by which request. It is pure: numbers in,
// numbers out.
//
// # Use
//
// Held is a client's ledger, what servers have granted to the back leg: Take
// message ids for a request, Grant what its reply brings.
//
//	id, ask, ok := held.Take(charge, false)
//	...
//	err := held.Grant(ask, reply.Credits())
//
// # Sections implemented
//
// [MS-SMB2] 3.1.5.2, 3.2.4.1.2, 3.2.4.1.3, 3.2.5.1.4.
package credit
