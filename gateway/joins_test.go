package gateway

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway/limit"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/policy"
)

// A session is served by connections that make no difference to what it may do.
func TestJoins(t *testing.T) {
	t.Parallel()
	write := policy.Rule{Verb: policy.Allow, Addresses: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}
	strict, err := policy.New("strict", []policy.Rule{write}, nil)
	if err != nil {
		t.Fatal(err)
	}
	other, _ := policy.New("other", []policy.Rule{write}, nil)
	at := func(p *policy.Policy, address string) *ward {
		return &ward{policy: p, facts: policy.Facts{Address: netip.MustParseAddr(address)}}
	}
	srv := newServer(&Gateway{Hosts: []*Host{hostA, hostB}, Service: &Service{Mounts: []Mount{
		{Name: "inside", Listeners: []string{"office", "rdma"}},
		{Name: "several", Origins: []Origin{{}, {Listeners: []string{"office", "rdma", "third"}}}},
	}}})
	listener := func(name string) *Listener { return &Listener{Name: name} }
	for name, c := range map[string]struct {
		home, here *space
		want       bool
	}{
		"nothing decides":     {&space{}, &space{}, true},
		"pipes there":         {&space{}, &space{noPipes: true}, false},
		"pipes here":          {&space{noPipes: true}, &space{}, false},
		"a policy here":       {&space{}, &space{ward: at(strict, "192.0.2.1")}, false},
		"a policy there":      {&space{ward: at(strict, "192.0.2.1")}, &space{}, false},
		"another policy":      {&space{ward: at(strict, "192.0.2.1")}, &space{ward: at(other, "192.0.2.1")}, false},
		"from the same net":   {&space{ward: at(strict, "192.0.2.1")}, &space{ward: at(strict, "192.0.2.2")}, true},
		"the same host":       {&space{name: "a.example"}, &space{name: "A"}, true},
		"another host":        {&space{name: "a.example"}, &space{name: "b.example"}, false},
		"no host any more":    {&space{name: "a.example"}, &space{}, false},
		"a host it has not":   {&space{}, &space{name: "unknown"}, false},
		"alike listeners":     {&space{listener: listener("office")}, &space{listener: listener("rdma")}, true},
		"without a mount":     {&space{listener: listener("office")}, &space{listener: listener("third")}, false},
		"without a source":    {&space{listener: listener("third")}, &space{listener: listener("fourth")}, false},
		"from somewhere else": {&space{ward: at(strict, "192.0.2.1")}, &space{ward: at(strict, "198.51.100.1")}, false},
	} {
		arrived := false
		c.here.arrived = func() { arrived = true }
		c.home.server, c.here.server = srv, srv
		table := new(limit.Table)
		home := &limitedSpace{Hosting: c.home, visitor: &visitor{meter: table.Meter()}}
		here := &limitedSpace{Hosting: c.here, visitor: &visitor{meter: table.Meter()}}
		if got := here.Join(home, new(tree.Client)); got != c.want || arrived != c.want || (len(here.followed()) == 1) != c.want {
			t.Errorf("%s: %v, out of the lobby %v, following %d", name, got, arrived, len(here.followed()))
		}
		if here.Join(here.Hosting, new(tree.Client)) {
			t.Errorf("%s: joins what it does not know", name)
		}
	}
}

// A connection's budgets are there as long as it or a session that began on it. Who
// serves such a session is held up by what it owes.
func TestFollowed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table := new(limit.Table)
		var rate, most limit.Limits
		rate[limit.RequestsPerSecond] = 10
		table.Change(limit.Rules{{Per: limit.Mount, Limits: rate}})
		home := &limitedSpace{Hosting: new(space), visitor: &visitor{meter: table.Meter()}}
		home.base[limit.Mount], _ = home.meter.Open(limit.Subject{Per: limit.Mount, Name: "DATA"})
		v := &visitor{meter: table.Meter()}
		alice := &tree.Client{User: auth.Identity{User: "alice"}}
		for _, o := range []*visitor{v, home.visitor, home.visitor} {
			if !v.follow(o, alice) {
				t.Error("a connection too many")
			}
		}
		user := limit.Subject{Per: limit.User, Name: "ALICE"}
		if n := table.Has(user)[limit.Connections]; n != 1 {
			t.Errorf("%d connections of the user", n)
		}
		most[limit.Connections] = 1
		table.Change(limit.Rules{{Per: limit.Mount, Limits: rate}, {Per: limit.User, Limits: most}})
		if (&visitor{meter: table.Meter()}).follow(home.visitor, alice) {
			t.Error("the user may have another connection")
		}
		if n := len(v.followed()); n != 1 {
			t.Errorf("%d are followed", n)
		}
		began := time.Now()
		home.base.Ask(50)
		v.Pace(t.Context(), 1)
		if took := time.Since(began); took < 4*time.Second || took > 6*time.Second {
			t.Errorf("50 requests at 10 a second hold up for %v", took)
		}
		home.Close()
		if n := len(v.followed()); n != 0 {
			t.Errorf("%d are followed after the end", n)
		}
		v.leave()
		if n := table.Has(user)[limit.Connections]; n != 0 {
			t.Errorf("%d connections of the user in the end", n)
		}
	})
}
