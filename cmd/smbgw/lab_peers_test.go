//go:build lab

package main_test

import (
	"testing"
	"time"
)

// TestLabPeers proves the lab itself: every peer works without the gateway.
func TestLabPeers(t *testing.T) {
	t.Run("tcp-ksmbd", func(t *testing.T) {
		l := newLab(t)
		g := l.guest(1)
		g.ksmbd()
		files := l.payload(peerSizes...)
		for _, protection := range []string{unprotected, "sign", "seal"} {
			t.Run(protection, func(t *testing.T) {
				there(l.on(t), g.on(t), overTCP(g.ip, 445), protection, files)
			})
		}
	})
	t.Run("cifs-rdma-ksmbd", func(t *testing.T) {
		l := newLab(t)
		gs := l.guests(2)
		client, server := gs[0], gs[1]
		server.ksmbd()
		files := l.payload(peerSizes...)
		for _, protection := range []string{unprotected, "sign", "seal"} {
			t.Run(protection, func(t *testing.T) {
				mounted(client.on(t), server.on(t), server.ip, protection, files)
			})
		}
	})
	t.Run("tcp-smbd", func(t *testing.T) {
		l := newLab(t)
		s := l.smbd(4445)
		at := overTCP(gatewayIP, s.port)
		files := l.payload(peerSizes...)
		for _, protection := range []string{unprotected, "sign", "seal"} {
			t.Run(protection, func(t *testing.T) {
				l := l.on(t)
				l.smbclient(at, protection, puts(files)...)
				l.same(files, s.share, "")
				l.smbclient(at, protection, gets(files)...)
				l.same(files, l.host("files"), "got-")
			})
		}
	})
	t.Run("smbtorture-smbd", func(t *testing.T) {
		l := newLab(t)
		s := l.smbd(4445)
		tests := []string{"smb2.connect", "smb2.rw.rw1"}
		results := l.torture(60*time.Second, overTCP(gatewayIP, s.port), tests...)
		for _, test := range tests {
			if results[test] != "success" {
				t.Errorf("%s: %q", test, results[test])
			}
		}
	})
}

func puts(files []file) (commands []string) {
	for _, f := range files {
		commands = append(commands, "put /lab/files/"+f.name+" "+f.name)
	}
	return commands
}

func gets(files []file) (commands []string) {
	for _, f := range files {
		commands = append(commands, "get "+f.name+" /lab/files/got-"+f.name)
	}
	return commands
}

// there carries files with smbclient to a guest's ksmbd and back, and looks at
// them at both ends.
func there(l *lab, g *guest, at share, protection string, files []file) {
	l.t.Helper()
	l.smbclient(at, protection, puts(files)...)
	g.same(files, "/tmp/share")
	l.smbclient(at, protection, gets(files)...)
	l.same(files, l.host("files"), "got-")
	g.run(20*time.Second, "rm /tmp/share/*")
}

// mounted carries files from a guest that mounts a share over SMB Direct to
// another guest's ksmbd and back, and checks on the wire which way they went.
func mounted(client, server *guest, ip, protection string, files []file) {
	l := client.lab
	l.t.Helper()
	options := protectedMount(protection)
	c := l.capture(client.link)
	unmount := client.mount(ip, options...)
	client.run(100*time.Second, "cp /lab/files/p* /tmp/mnt/")
	unmount()
	server.same(files, "/tmp/share")
	// A new mount has nothing cached, so what it reads comes from the server.
	unmount = client.mount(ip, options...)
	client.same(files, "/tmp/mnt")
	client.run(20*time.Second, "rm /tmp/mnt/*")
	unmount()
	w := c.stop()
	w.clean(l.t)
	payloadWent(l.t, w, protection, client.ip, ip, files)
}
