package gateway

import (
	"log/slog"

	"github.com/smbgw/smbgw/smb2"
)

// A reason says why a request's data stayed in its message.
type reason uint8

const (
	placeIt        reason = iota // it does not stay there
	belowThreshold               // smaller than the backend's threshold
	signed                       // its bytes are fixed
	encrypted                    // its bytes are unreadable
	oldDialect                   // before 3.0 there are no channels
	onPipe                       // pipes are messages: servers do not place them
	tooLarge                     // more than both legs can be made to carry in parts
	fewCredits                   // too few message ids to ask in parts
	noMemory                     // the connection could not expose it
	unasked                      // neither the client nor the backend's side places
	malformed                    // the backend may refuse it
	numberOfReasons
)

var reasonNames = [numberOfReasons]string{
	"", "below_threshold", "signed", "encrypted", "dialect", "pipe", "too_large",
	"credits", "memory", "unasked", "malformed",
}

// counts are what became of a connection's READs and WRITEs. The reader of
// requests owns them until the connection's end.
type counts struct {
	placedReads, placedWrites uint64
	inlineReads, inlineWrites uint64
	refused                   uint64
	reasons                   [numberOfReasons]uint64
}

func (n *counts) placed(c smb2.Command) {
	if c == smb2.CommandRead {
		n.placedReads++
	} else {
		n.placedWrites++
	}
}

func (n *counts) inline(c smb2.Command, why reason) {
	if c == smb2.CommandRead {
		n.inlineReads++
	} else {
		n.inlineWrites++
	}
	n.reasons[why]++
}

// attrs are the counts as the log has them: reasons only where there was one.
// Encrypted messages are counted as messages, whatever is in them.
func (n *counts) attrs() []slog.Attr {
	list := []slog.Attr{
		slog.Uint64("placed_reads", n.placedReads),
		slog.Uint64("placed_writes", n.placedWrites),
		slog.Uint64("inline_reads", n.inlineReads),
		slog.Uint64("inline_writes", n.inlineWrites),
	}
	for why, k := range n.reasons {
		if k > 0 {
			list = append(list, slog.Uint64("inline_"+reasonNames[why], k))
		}
	}
	if n.refused > 0 {
		list = append(list, slog.Uint64("refused", n.refused))
	}
	return list
}
