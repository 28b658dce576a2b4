package ntlm

import (
	"testing"
	"time"

	"github.com/smbgw/smbgw/auth"
)

// captured is when the exchanges of testdata took place.
func captured() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// people are accounts by name.
type people map[string]auth.Account

func (p people) Lookup(name string) (auth.Account, error) {
	for _, a := range p {
		if auth.Upper(a.Name) == auth.Upper(name) {
			return a, nil
		}
	}
	return auth.Account{}, auth.ErrNoUser
}

// counter is random numbers that a test knows.
type counter byte

func (c *counter) Read(b []byte) (int, error) {
	for i := range b {
		*c++
		b[i] = byte(*c)
	}
	return len(b), nil
}

// A rig is a client and a server that a test stands between.
type rig struct {
	client Client
	server Server

	// changed, each if not nil, on their way
	negotiate, challenge, authenticate func([]byte) []byte
}

func newRig() *rig {
	return &rig{
		client: Client{User: "alice", Domain: "LAB", Workstation: "DESK", Hash: Hash("opensesame"), Target: "cifs/gateway", Rand: new(counter), Now: captured},
		server: Server{
			Users: people{
				"alice": {Name: "Alice", Hash: Hash("opensesame")},
				"bob":   {Name: "bob", Hash: Hash("opensesame"), Disabled: true},
				"carol": {Name: "carol"},
			},
			Computer: "GATEWAY", Domain: "LAB", Rand: new(counter), Now: captured,
		},
	}
}

func change(f func([]byte) []byte, b []byte) []byte {
	if f == nil {
		return b
	}
	return f(b)
}

// run is one log-in. The errors of the client are the test's to see too.
func (r *rig) run(t *testing.T) (client, server *auth.Result, err error) {
	t.Helper()
	i, a := r.client.NewInitiator(), r.server.NewAcceptor()
	negotiate, _, err := i.Initiate(nil)
	if err != nil {
		return nil, nil, err
	}
	challenge, done, err := a.Accept(change(r.negotiate, negotiate))
	if err != nil || done != nil {
		return nil, done, err
	}
	authenticate, client, err := i.Initiate(change(r.challenge, challenge))
	if err != nil {
		return nil, nil, err
	}
	reply, server, err := a.Accept(change(r.authenticate, authenticate))
	if len(reply) > 0 {
		t.Errorf("an answer to AUTHENTICATE: %x", reply)
	}
	return client, server, err
}
