//go:build lab

package main_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/smbgw/smbgw/auth/ntlm"
	"github.com/smbgw/smbgw/auth/users"
)

// Part o is many clients on one connection to the backend:
//
//	smbtorture -TCP-> smbgw -SMB Direct-> smbgw -TCP-> smbd
//	smbclient -TCP-, cifs.ko -SMB Direct-> smbgw -SMB Direct-> ksmbd

// together is a backend to which there is one connection, whoever comes.
func together(name, address string) string {
	return fmt.Sprintf("backend %q {\n  address     = [%q]\n  connections = \"shared\"\n  pool {\n    connections = 1\n  }\n}\n", name, address)
}

func clientsTogether(t *testing.T) {
	t.Run("smbtorture", func(t *testing.T) {
		l := newLab(t)
		s := l.smbd(4445, tortured...)
		l.gateway("west", served(l, "west", "smbdirect!"+gatewayIP+"!5445", fmt.Sprintf("tcp!%s!%d", gatewayIP, s.port)))
		l.gateway("east", listener(l, "east", "tcp!"+gatewayIP+"!4450")+together("east", "smbdirect!"+gatewayIP+"!5445")+shared(l, "east"))
		through(l, overTCP(gatewayIP, 4450), passing(t, "terminate"), s)
	})
	t.Run("users", usersTogether)
}

// other is a second user of the lab.
const other = "another"

// usersTogether has two users at work at the same time, each in a folder of his
// own, on one connection.
func usersTogether(t *testing.T) {
	l := newLab(t)
	gs := l.guests(2)
	client, server := gs[0], gs[1]
	server.ksmbd()
	server.run(20*time.Second, "ksmbd.adduser -C /run/ksmbd.conf -P /run/ksmbd.db -p "+password+" "+other+"; ksmbd.control -r; mkdir -m 777 /tmp/share/one /tmp/share/two")
	_, _, err := users.Set(l.host("users"), other, ntlm.Hash(password), time.Now())
	must(t, err)
	gw := l.gateway("smbgw", listener(l, "tcp", "tcp!"+gatewayIP+"!4450")+listener(l, "rdma", "smbdirect!"+gatewayIP+"!5445")+
		together("few", "smbdirect!"+server.ip+"!5445")+shared(l, "few"))
	files := l.payload(sizes...)
	both := append(append([]file(nil), files...), files...)
	c := l.capture(server.link)
	unmount := client.mount(gatewayIP, "user="+other)
	at := overTCP(gatewayIP, 4450)
	job := client.spawn("cp /lab/files/p* /tmp/mnt/two/")
	l.smbclient(at, unprotected, append([]string{"cd one"}, puts(files)...)...)
	if out, err := job.wait(100 * time.Second); err != nil {
		t.Fatalf("cp: %v\n%s", err, out)
	}
	unmount()
	for _, folder := range []string{"one", "two"} {
		server.same(files, "/tmp/share/"+folder)
	}
	unmount = client.mount(gatewayIP, "user="+other)
	job = client.spawn("cd /tmp/mnt/two; for f in p*; do cmp $f /lab/files/$f; done")
	l.smbclient(at, unprotected, append([]string{"cd one"}, gets(files)...)...)
	if out, err := job.wait(100 * time.Second); err != nil {
		t.Fatalf("cmp: %v\n%s", err, out)
	}
	l.same(files, l.host("files"), "got-")
	unmount()
	w := c.stop()
	w.clean(t)
	payloadWent(t, w, unprotected, gatewayIP, server.ip, both)
	if n := w.connections; n != 1 {
		t.Errorf("%d connections to the backend", n)
	}
	if text := gw.process.text(); strings.Contains(text, "backend connection closed") {
		t.Errorf("the connection has not lasted:\n%s", tail(text))
	}
}
