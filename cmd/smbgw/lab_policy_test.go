//go:build lab

package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// policed is n: two gateways, each with a certificate, stand for two clients. What
// they may do depends on it and on the path.
//
//	smbclient -TCP-> smbgw with a certificate -QUIC-> smbgw with a policy -TCP-> smbd
func policed(t *testing.T) {
	l := newLab(t)
	l.certificates()
	s := l.smbd(4445)
	hashes := l.clients("alice", "mallory")
	gw := l.gateway("smbgw", listener(l, "l", "quic!"+gatewayIP+"!4443", `policy = "p"`, fmt.Sprintf(`tls {
    cert      = %q
    key       = %q
    client_ca = %q
  }`, l.host("tls/cert.pem"), l.host("tls/key.pem"), l.host("tls/clients.pem")))+
		server(l, "l", "tcp!"+gatewayIP+"!4445")+shared(l, "l")+`
policy "p" {
  encrypt = "required"
  allow { access = "list" }
  allow {
    paths  = ["pub"]
    access = "read-only"
  }
  allow {
    certificates = ["leaf:`+hashes[0]+`"]
    paths        = ["pub"]
  }
  deny { paths = ["pub/keep/private"] }
}
`)
	l.gateway("alice", bearing(l, "alice", 4451, 4443))
	l.gateway("mallory", bearing(l, "mallory", 4452, 4443))
	for _, d := range []string{"pub", "pub/keep", "pub/keep/private", "other"} {
		must(t, os.Mkdir(filepath.Join(s.share, d), 0o777))
		must(t, os.Chmod(filepath.Join(s.share, d), 0o777))
		must(t, os.WriteFile(filepath.Join(s.share, d, "theirs"), []byte("theirs"), 0o666))
	}
	file := "/lab/files/" + l.payload(1000)[0].name
	const denied = "NT_STATUS_ACCESS_DENIED"
	for _, c := range []struct {
		port    int
		command string
		want    string // "" for success
	}{
		{4451, `ls`, ""},
		{4451, `ls other\*`, ""},
		{4451, `put FILE pub\mine`, ""},
		{4451, `get pub\mine OUT`, ""},
		{4451, `put FILE mine`, denied},
		{4451, `put FILE other\mine`, denied},
		{4451, `get other\theirs OUT`, denied},
		{4451, `rename pub\mine other\mine`, denied},
		{4451, `rename pub\mine pub\keep\private\mine`, denied},
		{4451, `rename pub\keep pub\kept`, denied},
		{4451, `ls pub\keep\private\*`, denied},
		{4451, `get pub\keep\private\theirs OUT`, denied},
		{4451, `get PUB\keep\PRIVATE\theirs OUT`, denied},
		{4451, `mkdir pub\dir`, ""},
		{4451, `rename pub\mine pub\dir\mine`, ""},
		{4452, `ls pub\dir\*`, ""},
		{4452, `get pub\dir\mine OUT`, ""},
		{4452, `put FILE pub\dir\mine`, denied},
		{4452, `del pub\dir\mine`, denied},
		{4452, `rmdir pub\dir`, denied},
		{4451, `del pub\dir\mine`, ""},
		{4451, `rmdir pub\dir`, ""},
	} {
		command := strings.NewReplacer("FILE", file, "OUT", "/lab/files/out").Replace(c.command)
		out, err := l.try(60*time.Second, l.client("smbclient", overTCP(gatewayIP, c.port), "--command="+command)...)
		failed := err != nil || strings.Contains(out, "NT_STATUS_")
		if failed != (c.want != "") || !strings.Contains(out, c.want) {
			t.Errorf("port %d, %s: %v, want %q\n%s", c.port, c.command, err, c.want, tail(out))
		}
	}
	for _, said := range []string{`msg=denied`, `denied: deny at`, `gives list only`, `above a path in rules`} {
		if !strings.Contains(gw.process.text(), said) {
			t.Errorf("the log does not say %q", said)
		}
	}
	left, err := os.ReadDir(filepath.Join(s.share, "pub"))
	must(t, err)
	if len(left) != 2 { // keep, theirs
		t.Errorf("left in pub: %v", left)
	}
}
