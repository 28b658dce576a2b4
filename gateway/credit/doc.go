// Package credit is the ledger of SMB2 credits and message ids that a server
// keeps for one connection, [MS-SMB2] 3.3.1.1 and 3.3.1.2. It is pure.
//
// # Use
//
//	w := credit.New(limit)
//	err := w.Take(id, charge)   // a request has come
//	n := w.Grant(asked)         // its reply goes out, with n credits
//
// A credit is the right to use one message id: granting one adds the next higher
// id to the window, and a request takes as many as it is charged, one after the
// other. Ids may be used in any order.
//
// # Bounds
//
// A client holds at most limit ids that it has not used, and the window spans
// at most twice as many: one that keeps an old id for ever gets no more at
// some point, and the memory for it stays what it was. A client that has none
// left is always granted one.
package credit
