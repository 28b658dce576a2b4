package front

import (
	"log/slog"
	"slices"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
)

// A reason says why the payload of a READ or WRITE stayed in its message on the
// client's leg. It is the client that decides: what is not refused is a guess at
// its reason, from what its request was.
type reason uint8

const (
	noPlacement    reason = iota // the connection cannot place
	encrypted                    // what is placed would not be encrypted
	signed                       // nor signed, [MS-SMB2] 3.2.4.6
	oldDialect                   // before 3.0 there are no channels
	inCompound                   // its neighbours go with it
	belowThreshold               // hardly worth it
	unasked                      // the client could have asked
	refused                      // it has, and may not
	numberOfReasons
)

var reasonNames = [numberOfReasons]string{
	"no_placement", "encrypted", "signed", "dialect", "compound", "below_threshold", "unasked", "refused",
}

// A Summary is what a connection was used for.
type Summary struct {
	Users   []string     // who has logged in, at most maxNamed
	Dialect smb2.Dialect // 0 when nothing was negotiated
	Cipher  crypt.Cipher // as negotiated, used by Sealed requests
	Signing crypt.Signing

	Requests, Sealed, Signed uint64

	// BytesIn and BytesOut are what the client has sent and been sent, framing
	// apart, placed payload included.
	BytesIn, BytesOut uint64

	PlacedReads, PlacedWrites uint64
	Inline                    map[string]uint64 // other READs and WRITEs, by reason
}

// LogValue is for the connection's closing line.
func (s Summary) LogValue() slog.Value {
	list := make([]slog.Attr, 0, 20)
	if len(s.Users) > 0 {
		list = append(list, slog.Any("users", s.Users))
	}
	if s.Dialect != 0 {
		list = append(list, slog.String("dialect", s.Dialect.String()))
	}
	if s.Sealed > 0 {
		list = append(list, slog.String("cipher", s.Cipher.String()))
	}
	if s.Signed > 0 {
		list = append(list, slog.String("signing", s.Signing.String()))
	}
	list = append(list,
		slog.Uint64("requests", s.Requests), slog.Uint64("sealed", s.Sealed), slog.Uint64("signed", s.Signed),
		slog.Uint64("bytes_in", s.BytesIn), slog.Uint64("bytes_out", s.BytesOut),
		slog.Uint64("placed_reads", s.PlacedReads), slog.Uint64("placed_writes", s.PlacedWrites))
	for _, name := range reasonNames {
		if n := s.Inline[name]; n > 0 {
			list = append(list, slog.Uint64("inline_"+name, n))
		}
	}
	return slog.GroupValue(list...)
}

// A tally is what a summary is made of.
type tally struct {
	// The reader's.
	users                    []string
	requests, sealed, signed uint64
	in                       uint64
	inline                   [numberOfReasons]uint64

	out uint64 // the sender's

	placedReads, placedWrites, pulled uint64 // conn.mu guards them
}

// summary is for the end, when nobody counts any more.
func (c *conn) summary() Summary {
	t, suite := &c.tally, c.terms.suite
	s := Summary{
		Users: t.users, Dialect: suite.Dialect, Cipher: suite.Cipher, Signing: suite.Signing,
		Requests: t.requests, Sealed: t.sealed, Signed: t.signed,
		BytesIn: t.in + t.pulled, BytesOut: t.out,
		PlacedReads: t.placedReads, PlacedWrites: t.placedWrites, Inline: map[string]uint64{},
	}
	for why, n := range t.inline {
		if n > 0 {
			s.Inline[reasonNames[why]] = n
		}
	}
	return s
}

// name notes who has logged in.
func (t *tally) name(s *channel) {
	user := s.user.User
	switch {
	case s.user.Anonymous:
		user = "anonymous"
	case s.user.Guest:
		user = "guest"
	}
	if len(t.users) < maxNamed && !slices.Contains(t.users, user) {
		t.users = append(t.users, user)
	}
}

// countInline notes a READ or WRITE of n bytes that stays in its message.
func (c *conn) countInline(r *request, n uint32) {
	why := unasked
	switch {
	case c.placer == nil:
		why = noPlacement
	case r.sealed:
		why = encrypted
	case r.signed:
		why = signed
	case c.terms.suite.Dialect < smb2.Dialect30:
		why = oldDialect
	case r.compound != nil:
		why = inCompound
	case n < placeWorth:
		why = belowThreshold
	}
	c.tally.inline[why]++
}
