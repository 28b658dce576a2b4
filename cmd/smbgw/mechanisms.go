package main

import (
	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/auth/ntlm"
	"github.com/smbgw/smbgw/auth/spnego"
)

// A mechanism is one way to log in, for clients of the gateway and for the
// gateway at backends.
type mechanism struct {
	name   string
	oids   []spnego.OID
	raw    func([]byte) bool
	accept func(accounts) func() auth.Acceptor
	// initiate begins the log-in of an account, of nobody when it has no name.
	initiate func(auth.Account) auth.Initiator
}

// mechanisms is THE table of auth mechanisms, best first.
var mechanisms = []mechanism{
	{"NTLM", []spnego.OID{spnego.NTLM}, ntlm.IsMessage, acceptNTLM, initiateNTLM},
}

// accounts is who may log in to the gateway.
type accounts struct {
	ntlm.Users
	computer         string // the gateway's NetBIOS name
	guest, anonymous bool
}

func acceptNTLM(a accounts) func() auth.Acceptor {
	s := &ntlm.Server{Users: a, Computer: a.computer, Guest: a.guest, Anonymous: a.anonymous}
	return func() auth.Acceptor { return s.NewAcceptor() }
}

func initiateNTLM(a auth.Account) auth.Initiator {
	return (&ntlm.Client{User: a.Name, Hash: a.Hash}).NewInitiator()
}

// acceptors is the table for the gateway's clients.
func acceptors(a accounts) []spnego.Mechanism {
	var table []spnego.Mechanism
	for _, m := range mechanisms {
		table = append(table, spnego.Mechanism{Name: m.name, OIDs: m.oids, Raw: m.raw, Accept: m.accept(a)})
	}
	return table
}

// initiator begins a log-in at a backend.
func initiator(a auth.Account) auth.Initiator {
	var table []spnego.Mechanism
	for _, m := range mechanisms {
		table = append(table, spnego.Mechanism{Name: m.name, OIDs: m.oids,
			Initiate: func() auth.Initiator { return m.initiate(a) }})
	}
	return spnego.NewInitiator(table)
}
