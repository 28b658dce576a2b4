//go:build lab

package main_test

import (
	"fmt"
	"regexp"
	"testing"
	"time"
)

// smbgw in a guest, with the guest's devices:
//
//	smbclient -TCP-> smbgw in guest 2 -verbs-> ksmbd in guest 1
//	cifs.ko in guest 1 -SMB Direct-> smbgw in guest 2 -TCP-> smbd
//	smbclient -TCP-> smbgw -iwarp-> smbgw in guest 1 -TCP-> smbd, and back to front

// modes are the two kinds of listener.
var modes = []struct {
	name  string
	block func(l *lab, name, listen, backend string) string
}{
	{"relay", relay},
	{"terminate", func(l *lab, name, listen, backend string) string { return served(l, name, listen, backend) }},
}

// gatewayOverVerbs is r.
func gatewayOverVerbs(t *testing.T) {
	for _, f := range fabrics {
		t.Run(f.kind, func(t *testing.T) {
			t.Run("to-ksmbd", func(t *testing.T) { clientOverVerbs(t, f) })
			t.Run("from-kernel", func(t *testing.T) { kernelOverVerbs(t, f) })
		})
	}
	t.Run("iwarp", withIWARP)
}

func clientOverVerbs(t *testing.T, f fabric) {
	l := newLab(t)
	gs := l.guestsWith(f, 2)
	server, host := gs[0], gs[1]
	server.ksmbd()
	files := l.payload(sizes...)
	for i, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			l, server, host := l.on(t), server.on(t), host.on(t)
			before := host.resources(f.name())
			back := fmt.Sprintf("smbdirect!%s!%d", server.ip, f.port)
			gw := host.gateway("smbgw-"+m.name, m.block(l, "q", fmt.Sprintf("tcp!%s!%d", host.ip, 4450+i), back))
			c := l.capture(server.link)
			there(l, server, overTCP(host.ip, 4450+i), unprotected, files)
			w := c.stop()
			w.clean(t)
			payloadWent(t, w, unprotected, host.ip, server.ip, files)
			if m.name == "relay" {
				gw.closed("q", 2, nil).check(t, unprotected, "tcp", back)
			}
			t.Log(host.counters(f.name()))
			gw.end()
			uses(t, gw, f)
			host.left(f.name(), before, 10*time.Second)
		})
	}
}

// uses checks that the gateway has chosen the guest's device, and says so.
func uses(t *testing.T, gw *gateway, f fabric) {
	t.Helper()
	said := regexp.MustCompile(`msg="RDMA provider" .*provider=verbs .*device=` + f.name() + `\b`)
	if !said.MatchString(gw.process.text()) {
		t.Errorf("the log does not say that %s is used:\n%s", f.name(), tail(gw.process.text()))
	}
}

func kernelOverVerbs(t *testing.T, f fabric) {
	l := newLab(t)
	gs := l.guestsWith(f, 2)
	client, host := gs[0], gs[1]
	s := l.smbd(4445)
	files := l.payload(sizes...)
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			l, client, host := l.on(t), client.on(t), host.on(t)
			before := host.resources(f.name())
			front := map[string]string{"relay": "verbs", "terminate": "smbdirect"}[m.name] // by name, and by what fits
			gw := host.gateway("smbgw-"+m.name, m.block(l, "q", fmt.Sprintf("%s!%s!%d", front, host.ip, f.port), "tcp!"+gatewayIP+"!4445"))
			c := l.capture(client.link)
			unmount := client.mount(host.ip)
			client.run(100*time.Second, "cp /lab/files/p* /tmp/mnt/")
			unmount()
			l.same(files, s.share, "")
			unmount = client.mount(host.ip)
			client.same(files, "/tmp/mnt")
			client.run(20*time.Second, "rm /tmp/mnt/*")
			unmount()
			w := c.stop()
			w.clean(t)
			payloadWent(t, w, unprotected, client.ip, host.ip, files)
			if m.name == "relay" {
				gw.closed("q", 2, nil).check(t, unprotected, front, "tcp!"+gatewayIP+"!4445")
			}
			gw.end()
			uses(t, gw, f)
			host.left(f.name(), before, 10*time.Second)
		})
	}
}

// withIWARP is the two providers with each other, in both roles.
func withIWARP(t *testing.T) {
	l := newLab(t)
	g := l.guest(1)
	s := l.smbd(4445)
	files := l.payload(sizes...)
	behind := "tcp!" + gatewayIP + "!4445"
	for _, way := range []struct {
		name        string
		front, back string // of the two hops
		on          func(*lab, *guest) (first, second func(string, string) *gateway)
		firstIP     string
		from, to    string
	}{
		{"iwarp-to-verbs", "iwarp!" + g.ip + "!5445", "verbs!" + g.ip + "!5445",
			func(l *lab, g *guest) (_, _ func(string, string) *gateway) { return l.gateway, g.gateway }, gatewayIP, gatewayIP, g.ip},
		{"verbs-to-iwarp", "verbs!" + gatewayIP + "!5445", "iwarp!" + gatewayIP + "!5445",
			func(l *lab, g *guest) (_, _ func(string, string) *gateway) { return g.gateway, l.gateway }, g.ip, g.ip, gatewayIP},
	} {
		t.Run(way.name, func(t *testing.T) {
			l, g := l.on(t), g.on(t)
			first, second := way.on(l, g)
			second(way.name+"-2", relay(l, "q2", way.back, behind))
			first(way.name+"-1", relay(l, "q1", "tcp!"+way.firstIP+"!4450", way.front))
			c := l.capture(g.link)
			at := overTCP(way.firstIP, 4450)
			l.smbclient(at, unprotected, puts(files)...)
			l.same(files, s.share, "")
			l.smbclient(at, unprotected, append(gets(files), "del *")...)
			l.same(files, l.host("files"), "got-")
			w := c.stop()
			w.clean(t)
			payloadWent(t, w, unprotected, way.from, way.to, files)
		})
	}
}
