// Package limit bounds what users, client addresses, mounts and listeners take of
// the gateway: how much at once, and how much in a second. It knows no SMB.
//
// # Use
//
//	table := &limit.Table{Report: logIt}
//	table.Change(rules)                          // and again, while it is in use
//
//	m := table.Meter()                           // for each connection
//	a, ok := m.Open(limit.Subject{Per: limit.User, Name: "ALICE"})
//	set := limit.Set{listener, address, a}
//	if !set.Take(limit.Sessions, 1) { ... }      // refused
//	defer set.Give(limit.Sessions, 1)
//	set.Begin(n); set.End(n, crossed)            // a request that holds n bytes
//	m.Pace(ctx, 0)                               // before the client is read again
//	m.Close(a)
//
// # Subjects and budgets
//
// A Subject is somebody or something whose share is bounded. Its Budget has a count
// for each Kind of what is had at once, and a bucket of tokens for each rate. All
// connections of the same subject share it. A Set is the budgets that one thing, a
// session or a tree, draws on: what it takes it takes from each of them, or from
// none.
//
// A Rule gives subjects of one Per their Limits: all of them, or Only some. The rule
// with the longest matching prefix, or the one that names the subject, comes before
// the one for all.
//
// # Refused or paced
//
// Connections, Sessions, Opens and Memory are refused beyond their limit: Take is
// false. Requests, Bytes and the two rates are never refused: who is beyond them is
// not read, for which Pace is. What has been read counts, and may exceed the limit
// by one message for each connection.
//
// Pace first waits until less is under way, then pays what the connection owes to
// the buckets. What waits for the same bucket is served in turn, a quantum each,
// so a connection with much to pay does not hold up one with little. Who waits for
// others to end waits a second at most: then one message is read whatever is under
// way, since it may be the one that others wait for.
//
// Table.Share is for connections and not for subjects: while others are busy a
// connection that has as much under way as its share is not read. With all of a deep
// queue under way, memory, processors and backends work for it, and others' small
// requests come behind what is done anyhow.
//
// A bucket holds a quarter of a second's worth.
//
// # What is reported
//
// Report is called when a limit of a subject has been met, and after that not for
// a minute.
//
// # Lifetime
//
// A budget is there as long as a Meter has it open, and then until its buckets are
// full: nobody gets rid of what he owes by coming again. Of those that nobody has
// open there are some thousands at most.
//
// # Who owns what
//
// A Meter's Pace belongs to one goroutine for each of its lanes. Everything else may
// be called from anywhere; nothing waits for a lock longer than a moment, and Pace
// waits without one. Begin, End and Pace allocate nothing.
package limit
