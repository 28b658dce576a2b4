package store

import (
	"context"
	"time"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A Config says what a Store is. The zero Config will do.
type Config struct {
	// Shares are the names of the shares, each a volume of its own. "store"
	// alone when there are none.
	Shares []string

	// Arena is where replies are made; one of the store's own when nil.
	Arena *transports.Arena

	// Bytes bounds the contents of each volume, DefaultBytes when 0.
	Bytes uint64

	// Files bounds the files and directories of each, DefaultFiles when 0.
	Files int

	// Now is the clock, time.Now when nil.
	Now func() time.Time
}

// A Store is shares in memory. It is safe for concurrent use.
type Store struct {
	arena   *transports.Arena
	volumes map[string]*volume // by name in upper case
}

var _ tree.Space = (*Store)(nil)

// New makes a Store of empty shares.
func New(c Config) *Store {
	if len(c.Shares) == 0 {
		c.Shares = []string{"store"}
	}
	if c.Arena == nil {
		c.Arena = new(transports.Arena)
	}
	if c.Bytes == 0 {
		c.Bytes = DefaultBytes
	}
	if c.Files == 0 {
		c.Files = DefaultFiles
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	s := &Store{c.Arena, map[string]*volume{}}
	for _, name := range c.Shares {
		s.volumes[auth.Upper(name)] = newVolume(name, c)
	}
	return s
}

// Abandon has no meaning here: no open is durable.
func (s *Store) Abandon(*tree.Client) {}

// Logoff does nothing, for the same reason.
func (s *Store) Logoff(*tree.Client) {}

// Close leaves the store as it is: it is the Space of all connections.
func (s *Store) Close() {}

// Connect begins a tree of any client that knows a share's name.
func (s *Store) Connect(_ context.Context, client *tree.Client, share string) (*tree.Share, error) {
	v := s.volumes[auth.Upper(share)]
	if v == nil {
		return nil, smb2.StatusBadNetworkName
	}
	return &tree.Share{
		Server:        newServer(v, s.arena, client),
		Type:          smb2.ShareDisk,
		MaximalAccess: allAccess,
	}, nil
}
