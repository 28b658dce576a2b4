package crypt

import (
	"testing"

	"github.com/smbgw/smbgw/smb2"
)

// A connection of testdata/bind.txt: a session begins on it, and the other
// connection's session is bound to it.
type boundConnection struct {
	name     string
	suite    Suite
	own      uint64            // the session that begins here
	keys     map[uint64][]byte // what authentication gave
	setup    [][]byte
	signed   [][]byte
	sessions map[uint64]*PreauthHash
}

func boundConnections(t testing.TB) (all []*boundConnection) {
	t.Helper()
	var c *boundConnection
	for _, w := range lines(t, "testdata/bind.txt") {
		switch w[0] {
		case "connection":
			c = &boundConnection{name: w[1], keys: map[uint64][]byte{}, suite: Suite{
				smb2.Dialect(number(t, w[2], 16)), Signing(number(t, w[3], 10)), Cipher(number(t, w[4], 10))}}
			all = append(all, c)
		case "session", "bind":
			var id uint64
			for _, b := range unhex(t, w[1]) {
				id = id<<8 | uint64(b)
			}
			c.keys[id] = unhex(t, w[2])
			if w[0] == "session" {
				c.own = id
			}
		case "setup":
			c.setup = append(c.setup, unhex(t, w[1]))
		case "signed":
			c.signed = append(c.signed, unhex(t, w[1]))
		}
	}
	return all
}

// hash replays the set-up messages. A new session has no id in its first
// request.
func (c *boundConnection) hash(t *testing.T) {
	t.Helper()
	c.sessions = map[uint64]*PreauthHash{}
	var connection PreauthHash
	for _, b := range c.setup {
		h := smb2.Header(b)
		if h.Command() == smb2.CommandNegotiate {
			if err := connection.Add(b); err != nil {
				t.Fatal(err)
			}
			continue
		}
		id := h.SessionID()
		if id == 0 {
			id = c.own
		}
		if c.sessions[id] == nil {
			s := must(connection.Session())
			c.sessions[id] = &s
		}
		if err := c.sessions[id].Add(b); err != nil {
			t.Fatal(err)
		}
	}
}

func (c *boundConnection) sum(t *testing.T, id uint64) []byte {
	t.Helper()
	if c.suite.Dialect != smb2.Dialect311 {
		return nil
	}
	sum, err := c.sessions[id].Sum()
	if err != nil {
		t.Fatal(err)
	}
	return sum[:]
}

// Both sides follow recorded pairs of connections from NEGOTIATE on: hashes,
// keys, the binding under the session's key and then under the channel's.
func TestGoldenBinding(t *testing.T) {
	t.Parallel()
	all := boundConnections(t)
	if len(all) != 6 {
		t.Fatalf("%d connections", len(all))
	}
	for i := 0; i < len(all); i += 2 {
		for _, role := range []Role{Client, Server} {
			checkBinding(t, all[i:i+2], role)
		}
	}
}

func checkBinding(t *testing.T, pair []*boundConnection, role Role) {
	t.Helper()
	sessions := map[uint64]*Session{}
	for _, c := range pair {
		c.hash(t)
		sessions[c.own] = must(NewSession(c.suite, role, c.keys[c.own], c.sum(t, c.own)))
	}
	for _, c := range pair {
		verified := 0
		signers := map[uint64]*Signer{}
		for id, s := range sessions {
			if id == c.own {
				signers[id] = must(s.Signer(c.suite))
				continue
			}
			signers[id] = must(s.Bind(c.suite, c.keys[id], c.sum(t, id)))
		}
		for _, b := range append(c.setup, c.signed...) {
			h := smb2.Header(b)
			from := signers[h.SessionID()]
			if !h.Has(smb2.FlagSigned) || from == nil || from.sender(h) == role {
				continue
			}
			final := h.Has(smb2.FlagReply) && h.Status() == 0
			if h.Command() == smb2.CommandSessionSetup && h.SessionID() != c.own && !final {
				from = must(sessions[h.SessionID()].Signer(c.suite))
			}
			if err := from.Verify(b); err != nil {
				t.Errorf("%s, role %d: %v", c.name, role, err)
			}
			verified++
		}
		if verified < 2 {
			t.Errorf("%s: %d signatures", c.name, verified)
		}
	}
}
