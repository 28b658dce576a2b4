package front

import (
	"log/slog"
	"net"
	"sync"
	"sync/atomic"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// Encryption is what a server thinks of sealed messages.
type Encryption uint8

const (
	EncryptionAllowed  Encryption = iota // where client or share want it
	EncryptionRequired                   // sessions that cannot are refused
	EncryptionOff                        // no cipher is offered
)

// A Server is what the connections of a listener have in common. Its fields are
// set before the first Serve and not changed afterwards.
type Server struct {
	// GUID names this gateway to clients, the same on all of its listeners and
	// every time it runs.
	GUID smb2.GUID

	// MinDialect and MaxDialect bound the choice; 3.0 and 3.1.1 when 0.
	MinDialect, MaxDialect smb2.Dialect

	// RequireSigning asks every user's requests to be signed. They may be signed
	// in any case, and have to be where the client says so.
	RequireSigning bool

	Encryption Encryption

	// Secure says that the connections are QUIC's, whose own encryption replaces
	// SMB's where the client asks for that, [MS-SMB2] 3.3.5.4 on
	// SMB2_TRANSPORT_CAPABILITIES. It has no effect with EncryptionRequired.
	Secure bool

	// MaxSize is the longest READ, WRITE and other exchange, in bytes;
	// DefaultMaxSize when 0. Clients before 2.1 get 64 KiB.
	MaxSize uint32

	// Credits bounds what one client has under way; DefaultCredits when 0.
	Credits int

	// NewAcceptor begins a log-in from an address.
	NewAcceptor func(remote net.Addr) auth.Acceptor

	// Hint is the token of the NEGOTIATE response, SPNEGO's Hint; may be empty.
	Hint []byte

	// Interfaces are the addresses that a client may also come to, or nil.
	Interfaces func() []smb2.NetworkInterface

	// Sessions is where a client that comes back finds its old session: one for
	// all listeners. Nil is one of this Server's own.
	Sessions *Sessions

	Arena *transports.Arena // for replies; one of its own when nil
	Log   *slog.Logger      // needed

	once sync.Once
}

// prepare puts the defaults in.
func (s *Server) prepare() {
	if s.MinDialect == 0 {
		s.MinDialect = smb2.Dialect30
	}
	if s.MaxDialect == 0 {
		s.MaxDialect = smb2.Dialect311
	}
	if s.MaxSize == 0 {
		s.MaxSize = DefaultMaxSize
	}
	if s.Credits == 0 {
		s.Credits = DefaultCredits
	}
	if s.Sessions == nil {
		s.Sessions = new(Sessions)
	}
	if s.Arena == nil {
		s.Arena = new(transports.Arena)
	}
}

// Sessions is the table of all sessions, [MS-SMB2] 3.3.1.5 GlobalSessionTable.
// The zero value is empty.
type Sessions struct {
	nextTree atomic.Uint32

	mu   sync.Mutex
	byID map[uint64]*session
}

// add gives the session an id that nobody has.
func (t *Sessions) add(s *session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byID == nil {
		t.byID = make(map[uint64]*session)
	}
	for {
		s.id = randomID()
		if _, taken := t.byID[s.id]; !taken {
			t.byID[s.id] = s
			return
		}
	}
}

func (t *Sessions) remove(s *session) {
	t.mu.Lock()
	delete(t.byID, s.id)
	t.mu.Unlock()
}

func (t *Sessions) find(id uint64) *session {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.byID[id]
}

// Len is the number of sessions.
func (t *Sessions) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.byID)
}
