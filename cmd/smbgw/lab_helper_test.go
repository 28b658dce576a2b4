//go:build lab

package main_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect"
	"github.com/smbgw/smbgw/transports/smbdirect/iwarp"
)

// roles are what this test binary does inside the namespace of a lab, where the
// test itself is not. Each gets the words after its name.
var roles = map[string]func(t *testing.T, args []string){
	"connect":     connectRole,
	"exercise":    exerciseRole,
	"forward":     forwardRole,
	"rdma-bench":  benchRole,
	"rdma-crowd":  crowdRole,
	"rdma-expose": exposeRole,
	"rdma-forge":  forgeRole,
	"rdma-sink":   sinkRole,
	"rdma-source": sourceRole,
	"rping":       rpingClientRole,
	"rping-host":  rpingServerRole,
	"serve":       serveRole,
}

// TestLabHelper is not a test but the entrance to the roles.
func TestLabHelper(t *testing.T) {
	words := strings.Fields(os.Getenv("SMBGW_LAB_ROLE"))
	if len(words) == 0 {
		t.Skip("for the other tests' use")
	}
	roles[words[0]](t, words[1:])
}

// role starts this binary in the namespace, in a role.
func (l *lab) role(words ...string) *process {
	l.t.Helper()
	self, err := os.Executable()
	must(l.t, err)
	c := l.command(context.Background(), self, "-test.run=^TestLabHelper$", "-test.v", "-test.count=1")
	c.Env = append(os.Environ(), "SMBGW_LAB_ROLE="+strings.Join(words, " "))
	return l.launch(strings.Join(words, "-"), c)
}

// done waits for the end of a role, which has to be a good one.
func (l *lab) done(p *process, limit time.Duration) {
	l.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(limit):
		l.t.Fatalf("%v %v\n%s", errLimit, limit, tail(p.text()))
	}
	if p.err != nil {
		l.t.Fatalf("%v\n%s", p.err, tail(p.text()))
	}
}

// TestLabHundreds makes connection after connection to ksmbd over software
// iWARP, which overlooks most first messages: all have to come up, and the
// cure must be quick.
func TestLabHundreds(t *testing.T) {
	l := newLab(t)
	g := l.guest(1)
	g.ksmbd()
	p := l.role("connect", g.ip)
	l.done(p, 100*time.Second)
	for line := range strings.Lines(p.text()) {
		if strings.Contains(line, "median") {
			t.Log(strings.TrimSpace(line))
		}
	}
}

const (
	connections = 200
	medianLimit = 20 * time.Millisecond
)

// connectRole dials args[0] as smbgw does, up to the SMB Direct negotiation.
func connectRole(t *testing.T, args []string) {
	network := smbdirect.Over(new(iwarp.Provider), smbdirect.Options{})
	to := transports.Addr{Network: "smbdirect", Host: args[0], Service: "5445"}
	var took []time.Duration
	for i := range connections {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		began := time.Now()
		c, err := network.Dial(ctx, to)
		took = append(took, time.Since(began))
		cancel()
		if err != nil {
			t.Errorf("connection %d: %v after %v", i+1, err, took[i])
			continue
		}
		if err := c.Close(); err != nil {
			t.Errorf("connection %d: close: %v", i+1, err)
		}
	}
	slices.Sort(took)
	fmt.Printf("%d connections: median %v, 90%% %v, slowest %v\n",
		len(took), took[len(took)/2], took[len(took)*9/10], took[len(took)-1])
	if took[len(took)/2] > medianLimit {
		t.Errorf("the median is above %v", medianLimit)
	}
}
