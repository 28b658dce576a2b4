// Package health remembers which addresses of a backend answer, and chooses among
// them.
//
// # Use
//
//	m := health.New(health.Config{
//		Backend:   "nas1",
//		Addresses: []string{"smbdirect!10.0.0.5!5445", "tcp!10.0.0.5!445"},
//		Check:     func(ctx context.Context, i int) error { ... },
//		Log:       log,
//	}, nil)
//	go m.Run(ctx)
//	i, err := m.Reach(ctx, func(ctx context.Context, i int) error { ... })
//	m.Lost(i, err) // the connection has died
//
// How an address is dialled, and what a check is, is the caller's: there is no
// network here.
//
// # Which address
//
// Reach tries the addresses that are up in their order, which is that of
// preference: a client is not sent to a worse address because a better one is a
// millisecond slower, so nothing is tried at the same time. The time is divided:
// each attempt has an equal part of what is left, so that an address that swallows
// everything costs its part once, and what one leaves over the next ones have.
// Addresses that are down come last, with what time is then left: a backend all of
// whose addresses are down is tried all the same, since it may be back.
//
// # What makes an address down
//
// An attempt that fails, whoever makes it. Not when the caller gave up first, when
// the attempt had less than half of a fair part of the time, or when the error is this
// machine's own (descriptors, memory, ports).
//
// The end of a connection proves nothing: servers end idle ones, firewalls forget
// some. It has the address checked at once. One that ended because the peer fell
// silent makes the address suspect besides: until the check has an answer, it is
// tried after the others, so that those who come back do not wait where nobody
// answers.
//
// # Checks
//
// An address that is down is checked after a second, and after twice as long each
// time, up to Interval; the pauses are cut by a random part of up to a half, so that
// many gateways do not ask in step. A check that succeeds makes it up, and so does
// an attempt. An address that falls again soon after goes on with the pause it had.
//
// By default (WhenDown) addresses that are up are not checked: those who use them
// find out sooner, a server's log stays quiet, and a server that counts connections
// which do not log in has nothing to count. Always also checks what is up every
// Interval: for a standby address that nobody uses, whose failure would otherwise
// show when it is needed. Never leaves a backend alone: an address that is down is
// tried by a client again when the pause is over.
//
// # Ownership
//
// Run's goroutine starts the checks and waits for them. Addresses have a lock each,
// held for moments; they are shared by the Monitors of one backend when there are
// several, of configurations that came one after the other: what one learns all know,
// and the one that runs checks. A state is pure: it is told the time and the chance.
//
// # Log
//
// "backend address is down" with backend, address and reason, "backend address is
// up" with backend, address and the time that it was down: each change once,
// however many have seen it.
package health
