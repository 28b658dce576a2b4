package smbdirect

import (
	"log/slog"
	"time"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// Options are the parameters of [MS-SMBD] 3.1.1.1 and our own bounds. Zero
// values take the defaults; values outside the named limits are clamped.
type Options struct {
	Credits           int // asked for, and granted at most (SendCreditTarget, ReceiveCreditMax)
	PreferredSendSize int // bytes of a message we send (MaxSendSize), header included
	MaxReceiveSize    int // bytes of a message we receive
	MaxFragmentedSize int // bytes of a whole upper layer message we receive
	MaxReadWriteSize  int // bytes of one placement

	ReceiveMemory int // bytes of posted receives per connection, at most
	InboxBytes    int // received and not yet taken: beyond it nothing is granted
	InboxMessages int
	Connections   int // of one listener

	ReadDepth    int // server: RDMA reads outstanding (ORD)
	InboundReads int // client: RDMA reads accepted (IRD)

	// OmitPrivateData leaves out the IRD and ORD that iWARP carries as private
	// data, [MS-SMBD] 6. InfiniBand and RoCE have no such data; where the
	// provider says what a connection goes over (rdma.Chooser, rdma.Linked) it is
	// left out there anyway.
	OmitPrivateData bool

	NegotiateTimeout time.Duration // server: arrival to request
	AdmitTimeout     time.Duration // server: request to Admit, when that is deferred
	DialTimeout      time.Duration // client: Dial to response, whatever its context allows
	Keepalive        time.Duration // silence before a keepalive
	KeepaliveReply   time.Duration // silence after it
	StallTimeout     time.Duration // a message may wait for credits this long; negative is for ever

	Log   *slog.Logger      // nil discards
	Arena *transports.Arena // of received messages; nil is a new one

	// Memory is where the buffers of posted receives are, and those of an Arena
	// that is made here; nil is Go's heap.
	Memory transports.Memory
}

func (o Options) withDefaults() *Options {
	o.Credits = bounded(o.Credits, DefaultCredits, 1, maxCredits)
	o.PreferredSendSize = bounded(o.PreferredSendSize, DefaultPreferredSendSize, minPreferredSend, maxPreferredSend)
	o.MaxReceiveSize = bounded(o.MaxReceiveSize, DefaultMaxReceiveSize, minNegotiateReceive, maxReceiveSizeLimit)
	o.MaxFragmentedSize = bounded(o.MaxFragmentedSize, DefaultMaxFragmentedSize, minFragmentedSize, maxFragmentedLimit)
	o.MaxReadWriteSize = bounded(o.MaxReadWriteSize, DefaultMaxReadWriteSize, 1, maxReadWriteLimit)
	o.ReceiveMemory = bounded(o.ReceiveMemory, DefaultReceiveMemory, 1, 1<<30)
	o.InboxBytes = bounded(o.InboxBytes, DefaultInboxBytes, 1, 1<<30)
	o.InboxMessages = bounded(o.InboxMessages, DefaultInboxMessages, 1, 1<<16)
	o.Connections = bounded(o.Connections, DefaultConnections, 1, 1<<20)
	o.ReadDepth = bounded(o.ReadDepth, DefaultReadDepth, 1, maxResources)
	o.InboundReads = bounded(o.InboundReads, DefaultInboundReads, 1, maxResources)
	o.NegotiateTimeout = positive(o.NegotiateTimeout, DefaultNegotiateTimeout)
	o.AdmitTimeout = positive(o.AdmitTimeout, DefaultAdmitTimeout)
	o.DialTimeout = positive(o.DialTimeout, DefaultDialTimeout)
	o.Keepalive = positive(o.Keepalive, DefaultKeepalive)
	o.KeepaliveReply = positive(o.KeepaliveReply, DefaultKeepaliveReply)
	if o.StallTimeout == 0 {
		o.StallTimeout = DefaultStallTimeout
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Arena == nil {
		o.Arena = &transports.Arena{Memory: o.Memory}
	}
	return &o
}

func bounded(v, def, low, high int) int {
	if v == 0 {
		v = def
	}
	return min(max(v, low), high)
}

func positive(d, def time.Duration) time.Duration {
	if d <= 0 {
		return def
	}
	return d
}

// queueConfig sizes the queue pair: every header slot, read and write can be
// posted at the same time, and every receive with its spares.
func (o *Options) queueConfig() rdma.Config {
	return rdma.Config{
		SendDepth:    o.sendSlots() + maxWrites + o.ReadDepth,
		ReceiveDepth: o.Credits + spareReceives + 1,
	}
}

// sendSlots is how many sends may be posted and not completed: one for each
// credit we ask for and one for the negotiate message.
func (o *Options) sendSlots() int { return o.Credits + 1 }
