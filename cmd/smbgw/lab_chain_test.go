//go:build lab

package main_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A chain is the networks from the client to Samba. Two gateways take turns as
// its links, so that tcp-smbdirect-tcp is
//
//	client --TCP--> east --SMB Direct--> west --TCP--> smbd
//
// Together the chains have each front and back of {tcp, quic, smbdirect} in
// some link.
type chain []string

var allChains = []chain{
	{"tcp", "tcp", "tcp"},
	{"tcp", "quic", "tcp"},
	{"tcp", "smbdirect", "tcp"},
	{"quic", "quic", "tcp"},
	{"quic", "smbdirect", "tcp"},
	{"tcp", "smbdirect", "smbdirect", "tcp"},
	{"tcp", "smbdirect", "quic", "tcp"},
}

// suites are of what passes directly, by the list in testdata, and has to pass
// through each chain.
var suites = []string{"smb2.connect", "smb2.rw", "smb2.read", "smb2.ioctl", "smb2.compound", "smb2.notify"}

// chains is e.
func chains(t *testing.T) {
	wantEveryPair(t)
	l := newLab(t)
	l.certificates()
	s := l.smbd(4445, tortured...)
	files, few := l.payload(sizes...), l.payload(peerSizes...)
	reference := passing(t, "relay")
	for _, c := range allChains {
		t.Run(strings.Join(c, "-"), func(t *testing.T) {
			l := l.on(t)
			at := l.chain(c, s.port)
			through(l, at, reference, s)
			for _, protection := range protections {
				if c[0] == "quic" && protection != unprotected {
					copied(l, at, protection, few, s) // see lab.smbclient
					continue
				}
				copied(l, at, protection, files, s)
			}
		})
	}
}

// chain starts the two gateways and says where the client finds the first link.
func (l *lab) chain(c chain, samba int) share {
	l.t.Helper()
	hcl := make([]string, 2)
	port := 6001
	for i := range len(c) - 1 {
		to := fmt.Sprintf("%s!%s!%d", c[i+1], gatewayIP, port+i+1)
		if i == len(c)-2 {
			to = fmt.Sprintf("tcp!%s!%d", gatewayIP, samba)
		}
		from := fmt.Sprintf("%s!%s!%d", c[i], gatewayIP, port+i)
		hcl[i%2] += relay(l, fmt.Sprintf("link%d", i+1), from, to)
	}
	name := strings.Join(c, "-")
	l.gateway("west-"+name, hcl[1])
	l.gateway("east-"+name, hcl[0])
	if c[0] == "quic" {
		return overQUIC(port)
	}
	return overTCP(gatewayIP, port)
}

// passing are the quick tests of each suite that pass directly, and through a kind
// of gateway.
func passing(t *testing.T, kind string) map[string][]string {
	t.Helper()
	tests := map[string][]string{}
	for _, e := range readTrials(t) {
		if e.direct != passes || *e.through(kind) != passes || e.seconds > quickSeconds {
			continue
		}
		for _, suite := range suites {
			if e.test == suite || strings.HasPrefix(e.test, suite+".") {
				tests[suite] = append(tests[suite], e.test)
			}
		}
	}
	for _, suite := range suites {
		if len(tests[suite]) == 0 {
			t.Fatalf("%s: no test of it passes", suite)
		}
	}
	return tests
}

// through runs the suites through a chain. A test that does not pass there is run
// alone, up to twice, before that is believed: some wait for ever for what their
// other connection has done too early, and what such a one leaves behind is in the
// way of the next. What does not pass without a gateway either, today, says nothing
// about smbgw.
func through(l *lab, at share, reference map[string][]string, s *smbd) {
	l.t.Helper()
	for _, suite := range suites {
		results := l.torture(60*time.Second, at, reference[suite]...)
		for _, test := range reference[suite] {
			for try := 0; results[test] != "success" && try < 2; try++ {
				l.t.Logf("%s: %q, once more alone", test, results[test])
				s.clear(l.t)
				results[test] = l.alone(at, test)
			}
			if results[test] == "success" {
				continue
			}
			if here := l.alone(overTCP(gatewayIP, s.port), test); here != "success" {
				l.t.Logf("%s: %q without a gateway", test, here)
				continue
			}
			l.t.Errorf("%s passes directly, here: %q", test, results[test])
		}
	}
}

// alone runs one test of a suite.
func (l *lab) alone(at share, test string) string {
	l.t.Helper()
	if result := l.torture(20*time.Second, at, test)[test]; result != "" {
		return result
	}
	return "no result"
}

// copied carries files through a chain and back.
func copied(l *lab, at share, protection string, files []file, s *smbd) {
	l.t.Helper()
	l.smbclient(at, protection, puts(files)...)
	l.same(files, s.share, "")
	l.smbclient(at, protection, gets(files)...)
	l.same(files, l.host("files"), "got-")
}

// wantEveryPair checks the list of chains itself.
func wantEveryPair(t *testing.T) {
	t.Helper()
	seen := map[[2]string]bool{}
	for _, c := range allChains {
		for i := range len(c) - 1 {
			seen[[2]string{c[i], c[i+1]}] = true
		}
	}
	for _, front := range []string{"tcp", "quic", "smbdirect"} {
		for _, back := range []string{"tcp", "quic", "smbdirect"} {
			if !seen[[2]string{front, back}] {
				t.Errorf("no chain has a link from %s to %s", front, back)
			}
		}
	}
}
