package main

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"net"
	"os"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/auth/ntlm"
	"github.com/smbgw/smbgw/auth/spnego"
	"github.com/smbgw/smbgw/gateway"
	"github.com/smbgw/smbgw/gateway/store"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect"
	"github.com/smbgw/smbgw/transports/smbdirect/iwarp"
	"github.com/smbgw/smbgw/transports/tcp"
)

const (
	share    = "bench"
	user     = "tester"
	password = "pw"
)

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: memory ADDRESS..., of the form tcp!host!port or smbdirect!host!port")
	}
	g := &gateway.Gateway{Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Service: service()}
	for _, s := range os.Args[1:] {
		at, err := endpoint(s)
		if err != nil {
			log.Fatal(err)
		}
		g.Listeners = append(g.Listeners, gateway.Listener{Name: s, Endpoint: at})
	}
	if err := g.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func endpoint(s string) (gateway.Endpoint, error) {
	a, err := transports.ParseAddr(s)
	if err != nil {
		return gateway.Endpoint{}, err
	}
	switch a.Network {
	case "tcp":
		return gateway.Endpoint{Addr: a, Network: tcp.Network{Arena: new(transports.Arena)}}, nil
	case "smbdirect":
		return gateway.Endpoint{Addr: a, Network: smbdirect.Over(new(iwarp.Provider), smbdirect.Options{})}, nil
	}
	return gateway.Endpoint{}, fmt.Errorf("no network %q: there are tcp and smbdirect", a.Network)
}

// service is the store, to the one who knows the password.
func service() *gateway.Service {
	server := &ntlm.Server{Users: account{}, Computer: "MEMORY"}
	mechanisms := []spnego.Mechanism{{
		Name: "NTLM", OIDs: []spnego.OID{spnego.NTLM}, Raw: ntlm.IsMessage,
		Accept: func() auth.Acceptor { return server.NewAcceptor() },
	}}
	return &gateway.Service{
		GUID:        smb2.GUID{1},
		NewAcceptor: func(net.Addr) auth.Acceptor { return spnego.NewAcceptor(mechanisms) },
		Hint:        spnego.Hint(mechanisms),
		Mounts:      []gateway.Mount{{Name: share, Store: store.New(store.Config{Shares: []string{share}})}},
	}
}

// account is the only one.
type account struct{}

func (account) Lookup(name string) (auth.Account, error) {
	if auth.Upper(name) != auth.Upper(user) {
		return auth.Account{}, auth.ErrNoUser
	}
	return auth.Account{Name: user, Hash: ntlm.Hash(password)}, nil
}
