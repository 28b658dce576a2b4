package back

import (
	"log/slog"
	"sync/atomic"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A reason says why the data of a READ or WRITE stayed in its message.
type reason uint8

const (
	placeIt        reason = iota // it does not stay there
	noRDMA                       // the connection cannot place
	turnedOff                    // it could, and is not to
	onPipe                       // pipes are messages: servers do not place them
	belowThreshold               // smaller than the threshold
	encrypted                    // what is placed would not be encrypted
	signed                       // nor signed
	oldDialect                   // before 3.0 there are no channels
	tooLarge                     // more than the connection places at once
	inCompound                   // its neighbours go with it
	noRoom                       // the connection could not expose it
	malformed                    // it has no data where it says
	numberOfReasons
)

var reasonNames = [numberOfReasons]string{
	"", "no_rdma", "turned_off", "pipe", "below_threshold", "encrypted", "signed", "dialect", "too_large", "compound", "no_room", "malformed",
}

// counts are what became of the READs and WRITEs of a connection.
type counts struct {
	placedReads, placedWrites atomic.Uint64
	split                     atomic.Uint64
	inline                    [numberOfReasons]atomic.Uint64
}

func (n *counts) add(command smb2.Command, why reason) {
	switch {
	case why != placeIt:
		n.inline[why].Add(1)
	case command == smb2.CommandRead:
		n.placedReads.Add(1)
	default:
		n.placedWrites.Add(1)
	}
}

// Counts are what became of READs and WRITEs, as the server saw them: each part
// of what was split is one.
type Counts struct {
	PlacedReads, PlacedWrites uint64
	Inline                    map[string]uint64  // by reason, where there was one
	Split                     uint64             // requests of clients that went in parts
	Over                      transports.Carrier // of the last connection, where it says so
}

// Counts is a copy.
func (c *Conn) Counts() Counts {
	n := c.counts.sum()
	n.Over = transports.CarrierOf(c.conn)
	return n
}

func (n *counts) sum() Counts {
	sum := Counts{PlacedReads: n.placedReads.Load(), PlacedWrites: n.placedWrites.Load(), Inline: map[string]uint64{}, Split: n.split.Load()}
	for why := range n.inline {
		if k := n.inline[why].Load(); k > 0 {
			sum.Inline[reasonNames[why]] = k
		}
	}
	return sum
}

// count counts a READ or WRITE for the connection, and for the client where that
// is one of many.
func (t *Tree) count(command smb2.Command, why reason) {
	t.c.counts.add(command, why)
	if t.tally != nil {
		t.tally.add(command, why)
	}
}

func (t *Tree) countSplit() {
	t.c.counts.split.Add(1)
	if t.tally != nil {
		t.tally.split.Add(1)
	}
}

// Plus is the sum of both, of which o is the later.
func (n Counts) Plus(o Counts) Counts {
	sum := Counts{n.PlacedReads + o.PlacedReads, n.PlacedWrites + o.PlacedWrites, map[string]uint64{}, n.Split + o.Split, o.Over}
	if sum.Over == (transports.Carrier{}) {
		sum.Over = n.Over
	}
	for _, list := range []map[string]uint64{n.Inline, o.Inline} {
		for why, k := range list {
			sum.Inline[why] += k
		}
	}
	return sum
}

// LogValue is for a connection's closing line.
func (n Counts) LogValue() slog.Value {
	list := []slog.Attr{slog.Uint64("placed_reads", n.PlacedReads), slog.Uint64("placed_writes", n.PlacedWrites)}
	if n.Split > 0 {
		list = append(list, slog.Uint64("split", n.Split))
	}
	for _, name := range reasonNames {
		if k := n.Inline[name]; k > 0 {
			list = append(list, slog.Uint64("inline_"+name, k))
		}
	}
	if n.Over != (transports.Carrier{}) {
		list = append(list, slog.Any("rdma", n.Over))
	}
	return slog.GroupValue(list...)
}
