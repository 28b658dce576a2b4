package smbdirect

import (
	"time"

	"github.com/smbgw/smbgw/transports"
)

// A fragment is a part of an upper layer message that has arrived.
type fragment struct {
	first bool // a message of total bytes begins
	total int
	data  []byte // of the received buffer
	last  bool   // it is whole
}

// received takes one message from a posted receive. The fragment is zero when
// the message carried nothing for the upper layer.
func (c *core) received(b []byte, now time.Time) (fragment, error) {
	switch c.state {
	case stateOpen:
		return c.receivedData(b, now)
	case stateNegotiating:
		c.in.posted--
		if c.server {
			return fragment{}, c.receivedRequest(b, now)
		}
		return fragment{}, c.receivedResponse(b, now)
	}
	// Only the receive of the negotiation is posted: the provider has ended
	// the connection of a peer that sends twice.
	return fragment{}, violation("message", "length", uint64(len(b)), "3.1.5.5")
}

// receivedData is [MS-SMBD] 3.1.5.8: checks first, then state.
func (c *core) receivedData(b []byte, now time.Time) (fragment, error) {
	d, data, err := ParseDataTransfer(b)
	if err != nil {
		return fragment{}, err
	}
	f, err := c.reassemble(&d, data)
	if err != nil {
		return fragment{}, err
	}
	if c.in.granted == 0 && c.flooded() {
		// Receives are posted anew whatever was granted, so only this keeps a
		// peer that ignores credits from filling the inbox without end.
		return fragment{}, violation("data transfer", "credits", 0, "3.1.1.1")
	}
	c.in.target = int(d.CreditsRequested)
	c.in.used()
	if f.first {
		c.in.begun(f.total / c.maxReceive)
	}
	c.out.add(int(d.CreditsGranted))
	c.idle, c.keepalive = now.Add(c.o.Keepalive), keepaliveNone
	c.settled = time.Time{}
	if d.Flags&FlagResponseRequested != 0 {
		c.respond = true
	}
	return f, nil
}

// reassemble holds the fragments of a message to what its first one announced,
// which [MS-SMBD] 3.1.5.8 asks for only at the end. Messages without payload
// are let through at any place: Linux sends them inside a sequence.
func (c *core) reassemble(d *DataTransfer, data []byte) (fragment, error) {
	const name, section = "data transfer", "3.1.5.8"
	sum := uint64(d.DataLength) + uint64(d.RemainingDataLength)
	switch {
	case sum == 0:
		return fragment{}, nil
	case sum > uint64(c.maxFragmentedReceive):
		return fragment{}, violation(name, "DataLength+RemainingDataLength", sum, section)
	case !c.receiving && c.limit > 0 && sum > uint64(c.limit):
		return fragment{}, &transports.MessageSizeError{Size: int(sum), Limit: c.limit, Remote: true}
	case c.receiving && sum != uint64(c.expected):
		return fragment{}, violation(name, "RemainingDataLength", uint64(d.RemainingDataLength), section)
	}
	f := fragment{first: !c.receiving, total: int(sum), data: data, last: d.RemainingDataLength == 0}
	c.receiving, c.expected = !f.last, d.RemainingDataLength
	c.news = true
	return f, nil
}

// delivered says that a message of n bytes waits for the upper layer.
func (c *core) delivered(n int, now time.Time) {
	if !c.full() {
		c.trickled = now
	}
	c.inboxBytes += n
	c.inboxMessages++
}
