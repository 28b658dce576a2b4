package smbdirect

import "time"

// receivedRequest checks a client's request in the order of [MS-SMBD] 3.1.5.6.
func (c *core) receivedRequest(b []byte, now time.Time) error {
	r, err := ParseNegotiateRequest(b)
	if err != nil {
		return err
	}
	const name, section = "negotiate request", "3.1.5.6"
	switch {
	case r.MinVersion > Version || r.MaxVersion < Version:
		c.refused = &RefusedError{Status: StatusNotSupported, Local: true}
		c.state = stateRefusing
		return nil
	case r.CreditsRequested == 0:
		return violation(name, "CreditsRequested", 0, section)
	case r.MaxReceiveSize < minReceiveSize:
		return violation(name, "MaxReceiveSize", uint64(r.MaxReceiveSize), section)
	case r.MaxFragmentedSize < minFragmentedSize:
		return violation(name, "MaxFragmentedSize", uint64(r.MaxFragmentedSize), section)
	}
	c.request = r
	c.in.target = int(r.CreditsRequested)
	c.agree(r.PreferredSendSize, r.MaxReceiveSize, r.MaxFragmentedSize)
	c.state = stateResponding
	c.idle = now.Add(c.o.AdmitTimeout)
	return nil
}

// receivedResponse checks a server's response, [MS-SMBD] 3.1.5.7. The status
// comes first: in a failure response the rest is zero.
func (c *core) receivedResponse(b []byte, now time.Time) error {
	r, err := ParseNegotiateResponse(b)
	if err != nil {
		return err
	}
	const name, section = "negotiate response", "3.1.5.7"
	switch {
	case r.Status != StatusSuccess:
		return &RefusedError{Status: r.Status}
	case r.NegotiatedVersion != Version:
		return violation(name, "NegotiatedVersion", uint64(r.NegotiatedVersion), section)
	case r.MaxReceiveSize < minReceiveSize:
		return violation(name, "MaxReceiveSize", uint64(r.MaxReceiveSize), section)
	case r.MaxFragmentedSize < minFragmentedSize:
		return violation(name, "MaxFragmentedSize", uint64(r.MaxFragmentedSize), section)
	case r.CreditsGranted == 0:
		return violation(name, "CreditsGranted", 0, section)
	case r.CreditsRequested == 0:
		return violation(name, "CreditsRequested", 0, section)
	case r.PreferredSendSize > uint32(c.o.MaxReceiveSize):
		return violation(name, "PreferredSendSize", uint64(r.PreferredSendSize), section)
	}
	c.in.target = int(r.CreditsRequested)
	c.agree(r.PreferredSendSize, r.MaxReceiveSize, r.MaxFragmentedSize)
	c.maxReadWrite = min(c.maxReadWrite, r.MaxReadWriteSize)
	c.out.add(int(r.CreditsGranted))
	c.firstGrant = c.out.available
	c.settled = now.Add(settleTime)
	c.open(now)
	return nil
}

// agree takes what both messages carry. The peer will not send more than its
// preference, so that our receives need not be longer, but never less than the
// least legal size.
func (c *core) agree(preferredSend, maxReceive, maxFragmented uint32) {
	c.maxReceive = max(minReceiveSize, int(min(uint32(c.o.MaxReceiveSize), preferredSend)))
	c.maxSend = int(min(uint32(c.o.PreferredSendSize), maxReceive))
	c.maxFragmentedSend = int(min(maxFragmented, maxFragmentedLimit))
	c.in.resize(c.o, c.maxReceive)
}

func (c *core) open(now time.Time) {
	c.state = stateOpen
	c.idle = now.Add(c.o.Keepalive)
}

// nextNegotiate writes the negotiate message that is due. These two need no
// credit: each side has posted a receive for them.
func (c *core) nextNegotiate(head []byte, now time.Time) (frame, bool) {
	if c.out.slots == 0 {
		return frame{}, false
	}
	switch c.state {
	case stateRequesting:
		head, _ = NegotiateRequest{
			MinVersion:        Version,
			MaxVersion:        Version,
			CreditsRequested:  uint16(c.o.Credits),
			PreferredSendSize: uint32(c.o.PreferredSendSize),
			MaxReceiveSize:    uint32(c.o.MaxReceiveSize),
			MaxFragmentedSize: uint32(c.o.MaxFragmentedSize),
		}.AppendBinary(head[:0])
		c.state = stateNegotiating
	case stateResponding:
		if c.deferred {
			return frame{}, false
		}
		if c.in.grantable() == 0 {
			c.refused = &RefusedError{Status: StatusInsufficientResources, Local: true}
			c.state = stateRefusing
			return c.nextNegotiate(head, now)
		}
		head = c.response(head)
		c.open(now)
	case stateRefusing:
		head, _ = refusal(c.refused.Status).AppendBinary(head[:0])
		c.state = stateOver
	default:
		return frame{}, false
	}
	c.out.slots--
	return frame{head: head}, true
}

// response grants exactly what has been posted for it, [MS-SMBD] 3.1.5.6.
func (c *core) response(head []byte) []byte {
	grant := c.in.grantable()
	c.in.granted = grant
	head, _ = NegotiateResponse{
		MinVersion:        Version,
		MaxVersion:        Version,
		NegotiatedVersion: Version,
		CreditsRequested:  uint16(c.o.Credits),
		CreditsGranted:    uint16(grant),
		MaxReadWriteSize:  c.maxReadWrite,
		PreferredSendSize: uint32(c.maxSend),
		MaxReceiveSize:    uint32(c.maxReceive),
		MaxFragmentedSize: uint32(c.maxFragmentedReceive),
	}.AppendBinary(head[:0])
	return head
}
