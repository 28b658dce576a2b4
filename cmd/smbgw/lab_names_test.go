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

// at is the share of a host over QUIC, which must show a certificate of the name.
func at(name string, port int) share {
	s := overQUIC(port)
	s.host, s.via[1] = name, "--option=tls cafile=/lab/tls/hosts.pem"
	return s
}

// hosted is a host block with its certificate.
func hosted(l *lab, name string) string {
	return fmt.Sprintf("host %q {\n  tls {\n    cert = %q\n    key = %q\n  }\n}\n",
		name, l.host("tls/"+name+".pem"), l.host("tls/"+name+".key"))
}

// hostsAndDirectories is m:
//
//	smbclient -QUIC-> a.example, b.example: smbgw -TCP-> smbd, another smbd
//	smbclient -TCP-> c.example: smbgw -TCP-> a directory of the first one's share
func hostsAndDirectories(t *testing.T) {
	l := newLab(t)
	l.certificates()
	l.called("a.example", "b.example", "c.example")
	one, two := l.smbd(4445), l.smbd(4446)
	mount := func(name, host, backend, more string) string {
		return fmt.Sprintf("mount %q {\n  name = \"share\"\n  share = \"share\"\n  hosts = [%q]\n  backend = %q\n  %s\n}\n", name, host, backend, more)
	}
	tls := fmt.Sprintf("tls {\n    cert = %q\n    key = %q\n  }", l.host("tls/cert.pem"), l.host("tls/key.pem"))
	users := shared(l, "one")
	users = users[:strings.Index(users, "mount ")]
	l.gateway("smbgw", listener(l, "served", "quic!"+gatewayIP+"!4443", "pipes = true", tls)+
		listener(l, "relayed", "quic!"+gatewayIP+"!4444", `relay_by_host = { "a.example" = "one", "b.example" = "two" }`, tls)+
		listener(l, "office", "tcp!"+gatewayIP+"!4450")+
		server(l, "one", "tcp!"+gatewayIP+"!4445")+server(l, "two", "tcp!"+gatewayIP+"!4446")+
		hosted(l, "a.example")+hosted(l, "b.example")+"host \"c.example\" {\n}\n"+users+
		mount("of a", "a.example", "one", `comment = "a's"`)+mount("of b", "b.example", "two", `comment = "b's"`)+
		mount("department", "c.example", "one", `path = "dept/a"`))

	files := l.payload(100)
	for _, port := range []int{4443, 4444} {
		for name, own := range map[string]*smbd{"a.example": one, "b.example": two} {
			other := map[*smbd]*smbd{one: two, two: one}[own]
			t.Run(fmt.Sprint(name, port), func(t *testing.T) {
				l := l.on(t)
				l.smbclient(at(name, port), "sign", append(puts(files), "ls")...)
				l.same(files, own.share, "")
				if there, err := filepath.Glob(other.share + "/p*"); err != nil || len(there) != 0 {
					t.Errorf("the other server has %q, %v", there, err)
				}
				l.smbclient(at(name, port), "sign", append(gets(files), "del p*")...)
				l.same(files, l.host("files"), "got-")
			})
		}
	}
	t.Run("list", func(t *testing.T) {
		for name, comment := range map[string]string{"a.example": "a's", "b.example": "b's"} {
			argv := l.client("smbclient", at(name, 4443), "-L", name, "-g")
			out, err := l.on(t).try(60*time.Second, append(argv[:len(argv):len(argv)], "--option=client signing=required")...)
			if err != nil || strings.Count(out, "Disk|") != 1 || !strings.Contains(out, "Disk|share|"+comment) {
				t.Errorf("%s: %v\n%s", name, err, out)
			}
		}
	})
	t.Run("unknown", func(t *testing.T) {
		for _, port := range []int{4443, 4444} {
			out, err := l.on(t).try(60*time.Second, l.client("smbclient", overQUIC(port), "--command=ls")...)
			if err == nil {
				t.Errorf("%d: the gateway's own name has a share\n%s", port, out)
			}
		}
	})
	t.Run("directory", func(t *testing.T) { directory(t, l.on(t), one) })
}

// directory is a mount of dept/a, beside which there is dept/b, with links from the
// one to the other that smbd follows.
func directory(t *testing.T, l *lab, s *smbd) {
	dept := filepath.Join(s.share, "dept")
	for _, d := range []string{"", "a", "b"} {
		must(t, os.Mkdir(filepath.Join(dept, d), 0o777))
		must(t, os.Chmod(filepath.Join(dept, d), 0o777))
	}
	must(t, os.WriteFile(dept+"/b/secret", []byte("secret"), 0o666))
	must(t, os.Chmod(dept+"/b/secret", 0o666))
	must(t, os.Symlink("../b", dept+"/a/link"))
	must(t, os.Symlink("../b/secret", dept+"/a/pass"))
	must(t, os.Mkdir(dept+"/a/sub", 0o777))
	must(t, os.Chmod(dept+"/a/sub", 0o777))
	must(t, os.Symlink("sub", dept+"/a/down"))
	via := overTCP("c.example", 4450)
	files := l.payload(0, 1, 100, 70000)
	for _, protection := range protections {
		l.smbclient(via, protection, puts(files)...)
		l.same(files, dept+"/a", "")
		l.smbclient(via, protection, append([]string{"ls", "mkdir d", "rename p1-1 d\\q", "rename d\\q p1-1", "ls d\\*", "rmdir d"}, gets(files)...)...)
		l.same(files, l.host("files"), "got-")
		l.smbclient(via, protection, "put /lab/files/"+filepath.Base(firstOf(t, l))+" down/x", "ls down/*", "del down/x", "del p?-*")
	}
	must(t, os.WriteFile(l.host("files/mine"), []byte("mine"), 0o644))
	must(t, os.WriteFile(dept+"/a/mine", []byte("mine"), 0o666))
	for _, attempt := range []string{
		"get link/secret /lab/files/stolen", "get pass /lab/files/stolen", "put /lab/files/mine link/secret", "put /lab/files/mine link/new",
		"put /lab/files/mine pass", "mkdir link/new", "rename mine link/mine", "del link/secret", "ls link/*", "allinfo link/secret", "deltree link/secret",
		"hardlink mine link/mine", "get ../b/secret /lab/files/stolen", "get ..\\b\\secret /lab/files/stolen",
	} {
		out, err := l.try(60*time.Second, l.client("smbclient", via, "--command="+attempt)...)
		if err == nil && !strings.Contains(out, "NT_STATUS_") {
			t.Errorf("%s: done\n%s", attempt, out)
		}
		if strings.Contains(out, "secret  ") {
			t.Errorf("%s: told\n%s", attempt, out)
		}
	}
	if _, err := os.Stat(l.host("files/stolen")); err == nil {
		text, _ := os.ReadFile(l.host("files/stolen"))
		if len(text) != 0 {
			t.Errorf("got %q", text)
		}
	}
	if text, err := os.ReadFile(dept + "/b/secret"); err != nil || string(text) != "secret" {
		t.Errorf("the secret has become %q, %v", text, err)
	}
	if there, err := filepath.Glob(dept + "/b/*"); err != nil || len(there) != 1 {
		t.Errorf("outside are %q, %v", there, err)
	}
}

// firstOf is a file that clients have.
func firstOf(t *testing.T, l *lab) string {
	t.Helper()
	list, err := filepath.Glob(l.host("files/p*"))
	if err != nil || len(list) == 0 {
		t.Fatalf("%q, %v", list, err)
	}
	return list[0]
}
