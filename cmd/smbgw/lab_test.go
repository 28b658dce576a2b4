//go:build lab

package main_test

import (
	"testing"
	"time"
)

// TestLab is smbgw between real peers: Samba, the Linux kernel's client and the
// Linux kernel's server, with software iWARP in a guest as the RDMA hardware.
//
//	a  smbclient -TCP-> smbgw -SMB Direct-> ksmbd
//	b  smbclient -QUIC-> smbgw -SMB Direct-> ksmbd
//	c  cifs.ko -SMB Direct-> smbgw -TCP-> smbd
//	d  cifs.ko -SMB Direct-> smbgw -SMB Direct-> ksmbd
//	e  smbtorture through chains of gateways: lab_chain_test.go
//	f  rping against the iwarp provider: lab_rping_test.go
//	g  clients of the front leg and the store: lab_terminate_test.go
//	h  clients through front and back leg: likewise
//	i  clients that list the shares in IPC$: lab_ipc_test.go
//	j  smbtorture, test by test, through gateways: lab_torture_test.go
//	k  clients with and without an allowed certificate: lab_access_test.go
//	l  failover between addresses of a backend: lab_failover_test.go
//	m  servers by name, and a directory as a share: lab_names_test.go
//	n  a policy by certificate and path: lab_policy_test.go
//	o  clients that share a connection to the backend: lab_shared_test.go
//	q  the verbs provider, over iWARP and RoCE in software: lab_verbs_test.go
//	r  smbgw in a guest, with it: lab_verbsgateway_test.go
//
// j is alone, as it makes the machine busy. As many of the others run at the same
// time as -parallel says: each has a network of its own, and they wait a lot.
func TestLab(t *testing.T) {
	parts := []struct {
		name string
		run  func(*testing.T)
	}{
		// The longest first, so that none of them is left alone at the end.
		{"e", chains},
		{"h", clientsThroughLegs},
		{"r", gatewayOverVerbs},
		{"q", overVerbs},
		{"b", func(t *testing.T) { clientToKsmbd(t, "quic!"+gatewayIP+"!4443", "quic", overQUIC(4443)) }},
		{"c", kernelToSamba},
		{"d", kernelToKsmbd},
		{"a", func(t *testing.T) { clientToKsmbd(t, "tcp!"+gatewayIP+"!4450", "tcp", overTCP(gatewayIP, 4450)) }},
		{"g", clientsToStore},
		{"f", rping},
		{"i", clientsToPipes},
		{"k", clientsWithCertificates},
		{"l", failover},
		{"m", hostsAndDirectories},
		{"n", policed},
		{"o", clientsTogether},
	}
	t.Run("j", torture)
	for _, p := range parts {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			p.run(t)
		})
	}
}

// protections are the three kinds of session. Only in the unsigned one may the
// gateway place.
var protections = []string{unprotected, "sign", "seal"}

// clientToKsmbd is a and b:
//
//	smbclient --front--> smbgw --SMB Direct--> ksmbd in the guest
func clientToKsmbd(t *testing.T, listen, front string, at share) {
	l := newLab(t)
	g := l.guest(1)
	l.certificates()
	gw := l.gateway("smbgw", relay(l, "a", listen, "smbdirect!"+g.ip+"!5445"))
	all, few := l.payload(sizes...), l.payload(peerSizes...)
	var seen *closed
	for _, protection := range protections {
		files := all
		if front == "quic" && protection != unprotected {
			files = few // see lab.smbclient
		}
		t.Run(protection, func(t *testing.T) {
			g.on(t).ksmbd(limits(protection)...)
			c := l.on(t).capture(g.link)
			there(l.on(t), g.on(t), at, protection, files)
			w := c.stop()
			w.clean(t)
			payloadWent(t, w, protection, gatewayIP, g.ip, files)
			seen = gw.closed("a", 2, seen)
			seen.check(t, protection, front, "smbdirect!"+g.ip+"!5445")
		})
	}
}

// limits are settings of ksmbd that smbclient needs, as it takes the largest
// requests that it is allowed.
func limits(protection string) []string {
	var settings []string
	if protection != unprotected {
		// A protected message crosses SMB Direct in one piece, which must not
		// be larger than what ksmbd puts together: 173910 bytes.
		settings = append(settings, "smb2 max read = 65536", "smb2 max write = 65536", "smb2 max trans = 65536")
	}
	return settings
}

// kernelToSamba is c:
//
//	cifs.ko in the guest --SMB Direct--> smbgw --TCP--> smbd
func kernelToSamba(t *testing.T) {
	l := newLab(t)
	g := l.guest(1)
	s := l.smbd(4445)
	gw := l.gateway("smbgw", relay(l, "c", "smbdirect!"+gatewayIP+"!5445", "tcp!"+gatewayIP+"!4445"))
	files := l.payload(sizes...)
	var seen *closed
	for _, protection := range protections {
		t.Run(protection, func(t *testing.T) {
			l, g := l.on(t), g.on(t)
			c := l.capture(g.link)
			unmount := g.mount(gatewayIP, protectedMount(protection)...)
			g.run(100*time.Second, "cp /lab/files/p* /tmp/mnt/")
			unmount()
			l.same(files, s.share, "")
			unmount = g.mount(gatewayIP, protectedMount(protection)...)
			g.same(files, "/tmp/mnt")
			g.run(20*time.Second, "rm /tmp/mnt/*")
			unmount()
			w := c.stop()
			w.clean(t)
			payloadWent(t, w, protection, g.ip, gatewayIP, files)
			seen = gw.closed("c", 2, seen)
			seen.check(t, protection, "smbdirect", "tcp!"+gatewayIP+"!4445")
		})
	}
}

// kernelToKsmbd is d:
//
//	cifs.ko in guest 1 --SMB Direct--> smbgw --SMB Direct--> ksmbd in guest 2
func kernelToKsmbd(t *testing.T) {
	l := newLab(t)
	gs := l.guests(2)
	client, server := gs[0], gs[1]
	server.ksmbd()
	gw := l.gateway("smbgw", relay(l, "d", "smbdirect!"+gatewayIP+"!5445", "smbdirect!"+server.ip+"!5445"))
	files := l.payload(sizes...)
	var seen *closed
	for _, protection := range protections {
		t.Run(protection, func(t *testing.T) {
			behind := l.on(t).capture(server.link)
			mounted(client.on(t), server.on(t), gatewayIP, protection, files)
			w := behind.stop()
			w.clean(t)
			payloadWent(t, w, protection, gatewayIP, server.ip, files)
			seen = gw.closed("d", 2, seen)
			seen.check(t, protection, "smbdirect", "smbdirect!"+server.ip+"!5445")
		})
	}
}

// protectedMount are the mount options that protect a session.
func protectedMount(protection string) []string {
	switch protection {
	case "sign":
		return []string{"sign"}
	case "seal":
		// The Linux client forgets that a sealed message has to fit into one
		// of SMB Direct, 173910 bytes: without this its first large WRITE
		// ends the connection.
		return []string{"seal", "rsize=131072", "wsize=131072"}
	}
	return nil
}

// payloadWent checks on the wire how the files went from an SMB Direct client
// to its server and back.
func payloadWent(t *testing.T, w *wire, protection, client, server string, files []file) {
	t.Helper()
	all, placed := total(files)
	up := passage{from: client, to: server, placed: placed, all: all}
	down := passage{from: server, to: client, placed: placed, all: all}
	if protection == unprotected {
		w.placed(t, up, opReadResponse)
		w.placed(t, down, opWrite)
		return
	}
	w.inline(t, up)
	w.inline(t, down)
}

// check checks what the gateway itself says of the connections.
func (c *closed) check(t *testing.T, protection, front, back string) {
	t.Helper()
	if c.front != front || c.back != back {
		t.Errorf("the log has a connection from %s to %s, want %s to %s", c.front, c.back, front, back)
	}
	placed := c.placedReads > 0 && c.placedWrites > 0
	if protection != unprotected {
		placed = c.placedReads == 0 && c.placedWrites == 0
	}
	if !placed {
		t.Errorf("%s: the log has %d placed reads and %d placed writes", protection, c.placedReads, c.placedWrites)
	}
}
