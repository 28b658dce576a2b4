package spnego_test

import (
	"testing"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/auth/ntlm"
	"github.com/smbgw/smbgw/auth/spnego"
)

type one struct{ account auth.Account }

func (o one) Lookup(name string) (auth.Account, error) {
	if auth.Upper(name) != auth.Upper(o.account.Name) {
		return auth.Account{}, auth.ErrNoUser
	}
	return o.account, nil
}

func server(anonymous bool) []spnego.Mechanism {
	s := &ntlm.Server{Users: one{auth.Account{Name: "alice", Hash: ntlm.Hash("opensesame")}}, Computer: "GATEWAY", Anonymous: anonymous}
	return []spnego.Mechanism{{
		Name: "NTLM", OIDs: []spnego.OID{spnego.NTLM}, Raw: ntlm.IsMessage,
		Accept: func() auth.Acceptor { return s.NewAcceptor() },
	}}
}

func client(c *ntlm.Client) spnego.Mechanism {
	return spnego.Mechanism{
		Name: "NTLM", OIDs: []spnego.OID{spnego.NTLM},
		Initiate: func() auth.Initiator { return c.NewInitiator() },
	}
}

// better is what a client would rather have had.
func better() spnego.Mechanism {
	return spnego.Mechanism{
		Name: "Kerberos", OIDs: []spnego.OID{spnego.Kerberos},
		Initiate: func() auth.Initiator { return (&ntlm.Client{User: "ticket"}).NewInitiator() },
	}
}

// login lets the two talk, and returns how many tokens the server took.
func login(i auth.Initiator, a auth.Acceptor) (client, server *auth.Result, tokens int, err error) {
	var answer []byte
	for server == nil {
		var token []byte
		if token, client, err = i.Initiate(answer); err != nil {
			return nil, nil, tokens, err
		}
		tokens++
		if answer, server, err = a.Accept(token); err != nil {
			return nil, nil, tokens, err
		}
	}
	if client == nil {
		_, client, err = i.Initiate(answer)
	}
	return client, server, tokens, err
}

func TestNTLM(t *testing.T) {
	t.Parallel()
	alice := &ntlm.Client{User: "Alice", Domain: "LAB", Hash: ntlm.Hash("opensesame"), Target: "cifs/gateway"}
	wrong := &ntlm.Client{User: "Alice", Hash: ntlm.Hash("openbarley")}
	for _, c := range []struct {
		name   string
		client auth.Initiator
		tokens int
		kind   auth.Kind
	}{
		{"alone", spnego.NewInitiator([]spnego.Mechanism{client(alice)}), 2, 0},
		{"second choice", spnego.NewInitiator([]spnego.Mechanism{better(), client(alice)}), 3, 0},
		{"bare, as Linux", alice.NewInitiator(), 2, 0},
		{"wrong password", spnego.NewInitiator([]spnego.Mechanism{client(wrong)}), 2, auth.LogonFailure},
		{"wrong password, bare", wrong.NewInitiator(), 2, auth.LogonFailure},
		{"anonymous", spnego.NewInitiator([]spnego.Mechanism{client(&ntlm.Client{})}), 2, 0},
		{"nothing that is there", spnego.NewInitiator([]spnego.Mechanism{better()}), 1, auth.Unsupported},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			mine, theirs, tokens, err := login(c.client, spnego.NewAcceptor(server(c.name == "anonymous")))
			if tokens != c.tokens {
				t.Errorf("%d tokens, want %d", tokens, c.tokens)
			}
			if c.kind != 0 {
				if err == nil || auth.KindOf(err) != c.kind {
					t.Errorf("%v, want %v", err, c.kind)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !mine.Key.Equal(theirs.Key) || theirs.Identity.Anonymous != (c.name == "anonymous") {
				t.Errorf("%v, %v", mine, theirs)
			}
		})
	}
}

// A bare mechanism ends without a last token.
func TestBareEnd(t *testing.T) {
	t.Parallel()
	i := (&ntlm.Client{User: "alice", Hash: ntlm.Hash("opensesame")}).NewInitiator()
	a := spnego.NewAcceptor(server(false))
	first, _, _ := i.Initiate(nil)
	answer, _, err := a.Accept(first)
	if err != nil || !ntlm.IsMessage(answer) {
		t.Fatalf("%x, %v", answer, err)
	}
	second, _, err := i.Initiate(answer)
	if err != nil {
		t.Fatal(err)
	}
	if reply, done, err := a.Accept(second); err != nil || done == nil || len(reply) > 0 {
		t.Errorf("%x, %v, %v", reply, done, err)
	}
}
