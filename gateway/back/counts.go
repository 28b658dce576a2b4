package back

import (
	"log/slog"
	"sync/atomic"

	"github.com/smbgw/smbgw/smb2"
)

// A reason says why the data of a READ or WRITE stayed in its message.
type reason uint8

const (
	placeIt        reason = iota // it does not stay there
	noPlacement                  // the connection cannot place, or must not
	belowThreshold               // smaller than the threshold
	signed                       // what is placed would not be signed
	encrypted                    // nor encrypted
	oldDialect                   // before 3.0 there are no channels
	onPipe                       // pipes are messages: servers do not place them
	inCompound                   // its neighbours go with it
	tooLarge                     // more than the connection places at once
	noMemory                     // the connection could not expose it
	numberOfReasons
)

var reasonNames = [numberOfReasons]string{
	"", "no_placement", "below_threshold", "signed", "encrypted", "dialect", "pipe", "compound", "too_large", "memory",
}

// counts are what became of the READs and WRITEs of a connection.
type counts struct {
	placedReads, placedWrites atomic.Uint64
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

// Counts are what became of the READs and WRITEs of a connection.
type Counts struct {
	PlacedReads, PlacedWrites uint64
	Inline                    map[string]uint64 // by reason, where there was one
}

// Counts is a copy.
func (c *Conn) Counts() Counts {
	n := Counts{c.counts.placedReads.Load(), c.counts.placedWrites.Load(), map[string]uint64{}}
	for why := range c.counts.inline {
		if k := c.counts.inline[why].Load(); k > 0 {
			n.Inline[reasonNames[why]] = k
		}
	}
	return n
}

// LogValue is for the connection's closing line.
func (n Counts) LogValue() slog.Value {
	list := []slog.Attr{slog.Uint64("placed_reads", n.PlacedReads), slog.Uint64("placed_writes", n.PlacedWrites)}
	for _, name := range reasonNames {
		if k := n.Inline[name]; k > 0 {
			list = append(list, slog.Uint64("inline_"+name, k))
		}
	}
	return slog.GroupValue(list...)
}
