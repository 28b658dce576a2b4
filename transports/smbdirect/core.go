package smbdirect

import (
	"time"

	"github.com/smbgw/smbgw/transports"
)

// A core is the protocol state of one connection. It touches no socket, clock,
// goroutine, lock or log: its owner tells it what happened, each time with the
// time, and then does what it asks for until it asks for nothing more.
//
//	told   established, received, delivered, consumed, offer, sent, posted, expired
//	asks   missing (receives to post), next (a message to post), deadline
//
// An error from received or expired ends the connection; the core is not used
// after that.
type core struct {
	o      *Options
	server bool
	state  state

	// Negotiated values, [MS-SMBD] 3.1.1.1.
	maxSend              int // of one message, header included
	maxReceive           int
	maxFragmentedSend    int
	maxFragmentedReceive int
	maxReadWrite         uint32
	limit                int              // of its owner on received messages, 0 for none
	request              NegotiateRequest // server: what is to be answered
	refused              *RefusedError    // server: how it is to be answered
	deferred             bool             // server: a request that is in order waits for admit

	out  sendCredits
	in   receiveCredits
	news bool // payload has arrived since our last message

	// One upper layer message at a time in each direction.
	sending   int // its length, 0 for none
	sendAt    int // bytes already in fragments
	receiving bool
	expected  uint32 // bytes of it still to come

	// What the upper layer has not taken yet.
	inboxBytes, inboxMessages int
	trickle                   bool      // grant a little in spite of it
	trickled                  time.Time // when that was last due

	keepalive keepalive
	respond   bool      // the peer asked for a message
	idle      time.Time // keepalive timer, or before that the negotiation timer
	stalled   time.Time // since when something waits for credits, or for room to be posted
	pulling   time.Time // since when no outstanding RDMA read has completed; zero without any

	settled    time.Time // client: until then its first credits are held back
	firstGrant int       // client: how many those were
}

type state uint8

const (
	stateConnecting  state = iota // the queue pair is being established
	stateRequesting               // client: the request is to be sent
	stateNegotiating              // waiting for the peer's negotiate message
	stateResponding               // server: the response is to be sent
	stateRefusing                 // server: the failure response is to be sent
	stateOpen
	stateOver // refused
)

// keepalive is KeepaliveRequested of [MS-SMBD] 3.1.1.1.
type keepalive uint8

const (
	keepaliveNone keepalive = iota
	keepalivePending
	keepaliveSent
)

// newCore makes the state of a connection that begins now. One receive is to
// be posted before it is established.
func newCore(o *Options, server bool, now time.Time) core {
	timeout := o.DialTimeout
	if server {
		timeout = o.NegotiateTimeout
	}
	return core{
		o:                    o,
		server:               server,
		maxFragmentedReceive: o.MaxFragmentedSize,
		maxReceive:           o.MaxReceiveSize,
		maxSend:              o.PreferredSendSize,
		maxReadWrite:         uint32(o.MaxReadWriteSize),
		out:                  sendCredits{slots: o.sendSlots()},
		idle:                 now.Add(timeout),
	}
}

// admit lets the response go. The peer is told to send no message longer than
// limit bytes, if there is a limit, as far as [MS-SMBD] 2.2.2 allows.
func (c *core) admit(limit int) {
	c.deferred = false
	if limit > 0 {
		c.maxFragmentedReceive = max(minFragmentedSize, min(limit, c.maxFragmentedReceive))
	}
}

// established says that the queue pair is up. The client is first to speak,
// [MS-SMBD] 3.1.4.1.
func (c *core) established() {
	c.state = stateNegotiating
	if !c.server {
		c.state = stateRequesting
	}
}

// missing is how many receives are to be posted now: one for the negotiation,
// then the window and its spares.
func (c *core) missing() int {
	switch c.state {
	case stateOpen, stateResponding:
		return c.in.missing()
	case stateRefusing, stateOver:
		return 0
	}
	return 1 - c.in.posted
}

// posted says that n receives have been posted.
func (c *core) posted(n int) { c.in.posted += n }

// sent says that a send has completed.
func (c *core) sent() { c.out.slots++ }

// fits says whether an upper layer message of n bytes can be sent. The limit is
// the peer's, [MS-SMBD] 3.1.4.2.
func (c *core) fits(n int) error {
	if n == 0 {
		return transports.ErrEmpty
	}
	if n > c.maxFragmentedSend {
		return &transports.MessageSizeError{Size: n, Limit: c.maxFragmentedSend}
	}
	return nil
}

// offer begins an upper layer message of n bytes, which fits, when the one
// before it has left.
func (c *core) offer(n int) { c.sending, c.sendAt = n, 0 }

// consumed says that the upper layer has taken a message of n bytes.
func (c *core) consumed(n int) {
	c.inboxBytes -= n
	c.inboxMessages--
}

// full says that the upper layer is behind: nothing is granted then.
func (c *core) full() bool {
	return c.inboxBytes >= c.o.InboxBytes || c.inboxMessages >= c.o.InboxMessages
}

// flooded is the bound for the exceptions to that.
func (c *core) flooded() bool {
	return c.inboxBytes >= inboxOverdraft*c.o.InboxBytes || c.inboxMessages >= inboxOverdraft*c.o.InboxMessages
}
