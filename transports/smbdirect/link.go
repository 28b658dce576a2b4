package smbdirect

import (
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// linkOf is what a queue pair goes over: what it says itself, with the reason
// why it was chosen.
func linkOf(qp rdma.QueuePair, chosen rdma.Link) rdma.Link {
	l, ok := qp.(rdma.Linked)
	if !ok || l.Link().Provider == "" {
		return chosen
	}
	link := l.Link()
	if link.Reason == "" {
		link.Reason = chosen.Reason
	}
	return link
}

// Link is what the connection goes over, as far as the provider says so.
func (c *Conn) Link() rdma.Link { return c.link }

// Carrier is Link in words.
func (c *Conn) Carrier() transports.Carrier {
	if c.link.Provider == "" {
		return transports.Carrier{}
	}
	return transports.Carrier{
		Provider: c.link.Provider,
		Device:   c.link.Device,
		Kind:     c.link.Kind.String(),
		Reason:   c.link.Reason,
	}
}
