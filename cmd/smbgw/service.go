package main

import (
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/auth/ntlm"
	"github.com/smbgw/smbgw/auth/spnego"
	"github.com/smbgw/smbgw/auth/users"
	"github.com/smbgw/smbgw/cmd/smbgw/config"
	"github.com/smbgw/smbgw/gateway"
	"github.com/smbgw/smbgw/gateway/front"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/policy"
	"github.com/smbgw/smbgw/smb2"
)

// service is what listeners without a relay serve, nil when there are none.
func service(c *config.Config, backends map[*config.Backend]*gateway.Backend, hosts hosts, limiter *auth.Limiter, h *hardware, log *slog.Logger) (*gateway.Service, error) {
	if c.Users == nil {
		return nil, nil
	}
	file, err := users.Open(c.Users.File, users.Options{
		Report: func(err error) { log.Warn("users file has changed and cannot be used", "error", err) },
	})
	if err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("this machine has no name: %w", err)
	}
	s := welcome(accounts{file, netBIOS(host), c.Users.Guest, c.Users.Anonymous}, host, limiter)
	s.Interfaces = func(listener string) []smb2.NetworkInterface {
		return interfaces(listener, alike(c, listener), links(), h.at)
	}
	if c.Users.Groups != nil {
		s.Groups = c.Users.Groups.Of
	}
	from := sourcing{backends, &gateway.Login{Initiator: sameUser(file)}, c.Users.Groups}
	for _, m := range c.Mounts {
		mount, err := from.mount(m, hosts)
		if err != nil {
			return nil, fmt.Errorf("mount %q: %w", m.Name, err)
		}
		s.Mounts = append(s.Mounts, mount)
	}
	return s, nil
}

// welcome is a service without mounts. The limiter counts log-ins that fail.
func welcome(a accounts, host string, limiter *auth.Limiter) *gateway.Service {
	table := acceptors(a)
	sum := sha256.Sum256([]byte("smbgw server " + host))
	return &gateway.Service{
		GUID: smb2.GUID(sum[:16]),
		Name: a.computer,
		NewAcceptor: func(remote net.Addr) auth.Acceptor {
			return auth.Limited(spnego.NewAcceptor(table), limiter, gateway.Source(remote))
		},
		Hint: spnego.Hint(table),
	}
}

// netBIOS is a machine's name as NTLM has it, [MS-NLMP] 2.2.2.1: at most 15
// letters.
func netBIOS(host string) string {
	host, _, _ = strings.Cut(host, ".")
	if len(host) > 15 {
		host = host[:15]
	}
	return auth.Upper(host)
}

// sameUser logs in at a backend as the user that the client is, by the hash that
// the gateway knows. Whom the gateway does not know by name stays without one.
func sameUser(file *users.File) func(*tree.Client) (auth.Initiator, error) {
	return func(c *tree.Client) (auth.Initiator, error) {
		if c.User.Anonymous || c.User.Guest {
			return initiator(auth.Account{}), nil
		}
		account, err := file.Lookup(c.User.User)
		if err != nil {
			return nil, fmt.Errorf("user %q: %w", c.User.User, err)
		}
		return initiator(account), nil
	}
}

// serviceAccount logs in as one user of the backend, whoever the client is.
func serviceAccount(a *config.Account) (*gateway.Login, error) {
	password, err := config.Password(a.PasswordFile)
	if err != nil {
		return nil, err
	}
	account := auth.Account{Name: a.User, Hash: ntlm.Hash(password)}
	return &gateway.Login{Initiator: func(*tree.Client) (auth.Initiator, error) { return initiator(account), nil }}, nil
}

// encryptions is what the words of a listener mean to the front leg.
var encryptions = map[config.Demand]front.Encryption{
	config.Allowed:  front.EncryptionAllowed,
	config.Required: front.EncryptionRequired,
	config.Off:      front.EncryptionOff,
}

// terms are what the listener asks of its clients, and what its policy does.
func terms(l *config.Listener, mounts []*config.Mount) gateway.Terms {
	t := gateway.Terms{
		MinDialect: l.MinDialect,
		Sign:       l.Sign == config.Required,
		Encryption: encryptions[l.Encrypt],
		Secure:     networks[l.Addr.Network].TLS,
		NoPipes:    !l.Pipes,
	}
	if l.Policy == nil {
		return t
	}
	facts := policy.Facts{Listener: l.Name, Transport: l.Addr.Network, Secure: t.Secure}
	asked := l.Policy.Demands(policy.Connection, &facts)
	if asked.MinDialect > max(t.MinDialect, smb2.Dialect30) {
		t.MinDialect = asked.MinDialect
	}
	if asked.Encrypt {
		t.Encryption = front.EncryptionRequired
	}
	t.Sign = t.Sign || asked.Sign || signsMounts(l.Policy, facts, mounts)
	return t
}

// signsMounts says that a policy asks for signing on some mount. That is settled
// when a client logs in, before it says which mounts it wants.
func signsMounts(p *policy.Policy, f policy.Facts, mounts []*config.Mount) bool {
	return slices.ContainsFunc(mounts, func(m *config.Mount) bool {
		f.Mount = m.Name
		return p.Demands(policy.Tree, &f).Sign
	})
}
