//go:build lab

package main_test

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"testing"
	"time"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/auth/ntlm"
	"github.com/smbgw/smbgw/auth/spnego"
	"github.com/smbgw/smbgw/gateway/front"
	"github.com/smbgw/smbgw/gateway/store"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect"
	"github.com/smbgw/smbgw/transports/smbdirect/iwarp"
	"github.com/smbgw/smbgw/transports/tcp"
)

// Terminate mode with real peers:
//
//	g  smbclient, cifs.ko -TCP, SMB Direct-> front leg, store in memory, put
//	   together here by hand
//	h  smbclient, cifs.ko -TCP, QUIC, SMB Direct-> smbgw -TCP-> smbd,
//	   -SMB Direct-> ksmbd

// tester is the one account of the lab.
type tester struct{}

func (tester) Lookup(name string) (auth.Account, error) {
	if auth.Upper(name) != auth.Upper(user) {
		return auth.Account{}, auth.ErrNoUser
	}
	return auth.Account{Name: user, Hash: ntlm.Hash(password)}, nil
}

// labNetwork is one that the roles use, by the first word of a dial string.
func labNetwork(name string) transports.Network {
	if name == "tcp" {
		return tcp.Network{Arena: new(transports.Arena)}
	}
	return smbdirect.Over(new(iwarp.Provider), smbdirect.Options{})
}

// serveRole serves args[0] with the store.
func serveRole(t *testing.T, args []string) {
	at, err := transports.ParseAddr(args[0])
	must(t, err)
	l, err := labNetwork(at.Network).Announce(t.Context(), at)
	must(t, err)
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	server := &ntlm.Server{Users: tester{}, Computer: "LABGW", Domain: "LAB"}
	mechanisms := []spnego.Mechanism{{
		Name: "NTLM", OIDs: []spnego.OID{spnego.NTLM}, Raw: ntlm.IsMessage,
		Accept: func() auth.Acceptor { return server.NewAcceptor() },
	}}
	memory := store.New(store.Config{Shares: []string{"share"}})
	s := &front.Server{GUID: smb2.GUID{1}, Log: log,
		NewAcceptor: func(net.Addr) auth.Acceptor { return spnego.NewAcceptor(mechanisms) },
		Hint:        spnego.Hint(mechanisms),
	}
	for {
		c, err := l.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) || errors.Is(err, fs.ErrClosed) {
				return
			}
			t.Fatal(err)
		}
		go func() {
			used, err := s.Serve(context.Background(), c, memory)
			log.Info("connection ended", "error", err, "used", used)
		}()
	}
}

// serve starts a role that serves an address in the namespace.
func (l *lab) serve(port int, words ...string) *process {
	l.t.Helper()
	p := l.role(append([]string{"serve"}, words...)...)
	l.await(p, "the server listens", 20*time.Second, func() bool { return l.listening(p, port) })
	return p
}

// carried moves files with smbclient to a share and back, with each protection.
func carried(t *testing.T, l *lab, at share, sizes []int64, arrived func(*lab, []file)) {
	files := l.payload(sizes...)
	for _, protection := range protections {
		t.Run(protection, func(t *testing.T) {
			l := l.on(t)
			l.smbclient(at, protection, puts(files)...)
			arrived(l, files)
			l.smbclient(at, protection, append([]string{"ls"}, gets(files)...)...)
			l.same(files, l.host("files"), "got-")
			l.smbclient(at, protection, "mkdir d", "rmdir d", "rename p3-4096 q", "rename q p3-4096", "del *")
		})
	}
}

// clientsToStore is g.
func clientsToStore(t *testing.T) {
	t.Run("smbclient", func(t *testing.T) {
		l := newLab(t)
		l.serve(4450, "tcp!"+gatewayIP+"!4450")
		carried(t, l, overTCP(gatewayIP, 4450), sizes, func(*lab, []file) {})
	})
	t.Run("cifs-rdma", func(t *testing.T) {
		l := newLab(t)
		g := l.guest(1)
		l.serve(5445, "smbdirect!"+gatewayIP+"!5445")
		mountedOn(t, l, g, sizes)
	})
}

// mountedOn has a guest's kernel write files over SMB Direct and read them back
// with another mount, which has nothing cached.
func mountedOn(t *testing.T, l *lab, g *guest, sizes []int64) {
	files := l.payload(sizes...)
	for _, protection := range protections {
		t.Run(protection, func(t *testing.T) {
			l, g := l.on(t), g.on(t)
			c := l.capture(g.link)
			unmount := g.mount(gatewayIP, protectedMount(protection)...)
			g.run(100*time.Second, "cp /lab/files/p* /tmp/mnt/")
			unmount()
			unmount = g.mount(gatewayIP, protectedMount(protection)...)
			g.same(files, "/tmp/mnt")
			g.run(20*time.Second, "rm /tmp/mnt/*")
			unmount()
			w := c.stop()
			w.clean(t)
			payloadWent(t, w, protection, g.ip, gatewayIP, files)
		})
	}
}
