//go:build lab

package main_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// guarded is a listener that knows clients by their certificates. level debug says
// why a client is refused who has none.
func guarded(l *lab, name string, port int) string {
	return "log {\n  level = \"debug\"\n}\n" + listener(l, name, fmt.Sprintf("quic!%s!%d", gatewayIP, port), fmt.Sprintf(`tls {
    cert      = %q
    key       = %q
    client_ca = %q
    access {
      file = %q
    }
  }`, l.host("tls/cert.pem"), l.host("tls/key.pem"), l.host("tls/clients.pem"), l.host("access.list")))
}

// bearing is a gateway on a TCP port that goes to the guarded one with a client's
// certificate.
func bearing(l *lab, name string, port, guarded int) string {
	return listener(l, name, fmt.Sprintf("tcp!%s!%d", gatewayIP, port)) +
		fmt.Sprintf("backend %q {\n  address = [\"quic!%s!%d\"]\n  server_name = %q\n  tls {\n    ca = %q\n    cert = %q\n    key = %q\n  }\n}\n",
			name, gatewayIP, guarded, gatewayName, l.host("tls/ca.pem"), l.host("tls/"+name+".pem"), l.host("tls/"+name+".key")) +
		shared(l, name)
}

// as is the share for a Samba client that is told to show a certificate.
func (s share) as(name string) share {
	told := []string{"--option=tls certfile=/lab/tls/" + name + ".pem", "--option=tls keyfile=/lab/tls/" + name + ".key"}
	return share{s.host, append(told, s.via...)}
}

// clientsWithCertificates is k:
//
//	smbclient -TCP-> smbgw with a certificate -QUIC-> smbgw -TCP-> smbd
//	smbclient without -QUIC-> smbgw
func clientsWithCertificates(t *testing.T) {
	l := newLab(t)
	l.certificates()
	s := l.smbd(4445)
	hashes := l.clients("alice", "mallory")
	entries := func(lines ...string) {
		text := strings.Join(append(lines, "# mallory's", "deny leaf:"+hashes[1], ""), "\n")
		must(t, os.WriteFile(l.host("access.new"), []byte(text), 0o600))
		must(t, os.Rename(l.host("access.new"), l.host("access.list")))
	}
	entries("allow issuer:CN=lab clients")
	gw := l.gateway("smbgw", guarded(l, "k", 4443)+server(l, "k", "tcp!"+gatewayIP+"!4445")+shared(l, "k"))
	l.gateway("alice", bearing(l, "alice", 4451, 4443))
	l.gateway("mallory", bearing(l, "mallory", 4452, 4443))

	said := func(what string) {
		t.Helper()
		l.await(gw.process, what, 10*time.Second, func() bool { return strings.Contains(gw.process.text(), what) })
	}
	denied := func(port int) {
		t.Helper()
		began := time.Now()
		out, err := l.try(60*time.Second, l.client("smbclient", overTCP(gatewayIP, port), "--command=ls")...)
		if took := time.Since(began); err == nil || !strings.Contains(out, "tree connect failed") || took > 5*time.Second {
			t.Errorf("port %d: %v after %v\n%s", port, err, took, out)
		}
	}
	t.Run("allowed", func(t *testing.T) {
		carried(t, l.on(t), overTCP(gatewayIP, 4451), peerSizes, func(l *lab, files []file) { l.same(files, s.share, "") })
		said(`msg="client admitted" listener=k`)
		said(`sha256=` + hashes[0] + ` reason="allow issuer:CN=lab clients at ` + l.host("access.list") + `:1"`)
	})
	t.Run("denied", func(t *testing.T) {
		denied(4452)
		said(`sha256=` + hashes[1] + ` reason="deny leaf:` + hashes[1] + ` at ` + l.host("access.list") + `:3"`)
	})
	t.Run("revoked", func(t *testing.T) {
		entries("allow issuer:CN=lab clients", "deny leaf:"+hashes[0])
		time.Sleep(2 * time.Second) // the file is looked at once a second
		denied(4451)
		said(`reason="deny leaf:` + hashes[0])
		entries("allow leaf:" + hashes[0])
		time.Sleep(2 * time.Second)
		l.on(t).smbclient(overTCP(gatewayIP, 4451), "sign", "ls")
	})
	// Samba's client has no certificate to show, whatever it is told (4.24).
	for name, at := range map[string]share{"bare": overQUIC(4443), "told": overQUIC(4443).as("alice")} {
		t.Run(name, func(t *testing.T) {
			const none = "client didn't provide a certificate"
			before := strings.Count(gw.process.text(), none)
			out, err := l.on(t).try(60*time.Second, l.client("smbclient", at, "--command=ls")...)
			if err == nil || !strings.Contains(out, "Protocol negotiation") {
				t.Errorf("smbclient: %v\n%s", err, out)
			}
			l.await(gw.process, none, 10*time.Second, func() bool { return strings.Count(gw.process.text(), none) > before })
		})
	}
}
