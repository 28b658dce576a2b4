package gateway

import (
	"crypto/sha256"
	"log/slog"
	"net"
	"net/netip"

	"github.com/smbgw/smbgw/gateway/guard"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/policy"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/access"
)

// A ward is a listener's policy as one connection meets it. Nil is none: what is
// asked is allowed.
type ward struct {
	policy *policy.Policy
	facts  policy.Facts // of the connection
	groups func(user string) []string
	arena  *transports.Arena
	log    *slog.Logger
}

// ward is that of a connection that has come to a listener.
func (s *server) ward(l *Listener, conn transports.Conn, log *slog.Logger) *ward {
	if l.Policy == nil {
		return nil
	}
	w := &ward{policy: l.Policy, groups: s.service.Groups, arena: s.replies, log: log}
	w.facts = policy.Facts{
		Listener:  l.Name,
		Transport: l.Endpoint.Addr.Network,
		Address:   addressOf(conn.RemoteAddr()),
		Secure:    l.Terms.Secure,
	}
	if c, ok := conn.(transports.Certified); ok {
		for _, x := range c.Certificates() {
			w.facts.Certificates = append(w.facts.Certificates, policy.Certificate{SHA256: sha256.Sum256(x.Raw), Issuer: access.Issuer(x)})
		}
	}
	return w
}

// addressOf is where a peer comes from, the zero Addr when that is no IP address.
func addressOf(remote net.Addr) netip.Addr {
	host, _, err := net.SplitHostPort(remote.String())
	if err != nil {
		return netip.Addr{}
	}
	a, _ := netip.ParseAddr(host)
	return a.Unmap().WithZone("")
}

// arrives decides on the connection.
func (w *ward) arrives() (v policy.Verdict) {
	if w == nil {
		return policy.Verdict{Allowed: true}
	}
	return w.policy.Decide(policy.Connection, &w.facts)
}

// of is the facts with those of a session. Guests and the anonymous have no name
// that anybody vouches for.
func (w *ward) of(client *tree.Client) policy.Facts {
	f := w.facts
	if !client.User.Guest && !client.User.Anonymous {
		f.User = client.User.User
		if w.groups != nil {
			f.Groups = w.groups(f.User)
		}
	}
	f.Dialect, f.Signed, f.Encrypted = client.Dialect, client.Signed, client.Encrypted
	return f
}

// admits decides on a session.
func (w *ward) admits(client *tree.Client) bool {
	if w == nil {
		return true
	}
	f := w.of(client)
	v := w.policy.Decide(policy.Session, &f)
	if !v.Allowed {
		w.log.Warn("log-in denied", "user", f.User, "reason", v)
	}
	return v.Allowed
}

// joins says whether a session of another connection's may be served by this one:
// where the same policy decides the same for both.
func (w *ward) joins(home *ward) bool {
	if w == nil || home == nil {
		return w == home
	}
	return w.policy == home.policy && w.policy.Alike(&w.facts, &home.facts)
}

// onMount is the facts with those of a tree. What is demanded of its clients beyond
// the session's terms, a share can have one thing: that they encrypt.
func (w *ward) onMount(client *tree.Client, mount string) (f policy.Facts, encrypt bool) {
	f = w.of(client)
	f.Mount = mount
	encrypt = w.policy.Demands(policy.Tree, &f).Encrypt && !f.Encrypted
	f.Encrypted = f.Encrypted || encrypt
	return f, encrypt
}

// shows decides whether a client is told of a mount: those that it could connect to.
func (w *ward) shows(client *tree.Client, mount string) bool {
	if w == nil {
		return true
	}
	f, _ := w.onMount(client, mount)
	return w.policy.Decide(policy.Tree, &f).Allowed
}

// connect is a tree connect that the policy has its say in, and of what it
// connects to, with a guard in front of it.
func (w *ward) connect(client *tree.Client, mount string, connect func() (*tree.Share, error)) (*tree.Share, error) {
	if w == nil {
		return connect()
	}
	f, encrypt := w.onMount(client, mount)
	if v := w.policy.Decide(policy.Tree, &f); !v.Allowed {
		w.log.Warn("mount denied", "user", f.User, "mount", mount, "reason", v)
		return nil, smb2.StatusAccessDenied
	}
	share, err := connect()
	if err != nil {
		return nil, err
	}
	if encrypt {
		share.Flags |= smb2.ShareEncrypt
	}
	return guard.Share(share, guard.Options{Policy: w.policy, Facts: f, Arena: w.arena, Log: w.log}), nil
}
