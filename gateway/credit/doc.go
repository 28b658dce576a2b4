// Package credit has the two ledgers of SMB2 credits and message ids: what a
// server has granted, and what a client holds. It is pure: numbers in, numbers
// out.
//
// A credit is the right to use one message id: granting one adds the next higher
// id to the window, and a request takes as many as it is charged, one after the
// other. Ids may be used in any order.
//
// # The server's side
//
// Window is the front leg's, [MS-SMB2] 3.3.1.1 and 3.3.1.2:
//
//	w := credit.New(limit)
//	err := w.Take(id, charge)   // a request has come
//	n := w.Grant(asked)         // its reply goes out, with n credits
//
// A client holds at most limit ids that it has not used, and the window spans
// at most twice as many: one that keeps an old id for ever gets no more at
// some point, and the memory for it stays what it was. A client that has none
// left is always granted one.
//
// # The client's side
//
// Held is the back leg's, [MS-SMB2] 3.1.5.2: Take message ids for a request,
// Grant what its reply brings.
//
//	id, ask, ok := held.Take(charge, false)
//	...
//	err := held.Grant(ask, reply.Credits())
//
// # Sections implemented
//
// [MS-SMB2] 3.1.5.2, 3.2.4.1.2, 3.2.4.1.3, 3.2.5.1.4, 3.3.1.1, 3.3.1.2.
package credit
