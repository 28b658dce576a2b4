//go:build lab

package main_test

import (
	"fmt"
	"slices"
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

// suites are what has to have the same results through a chain as directly.
var suites = []string{"smb2.connect", "smb2.rw", "smb2.read", "smb2.ioctl", "smb2.compound", "smb2.notify"}

// chains is e.
func chains(t *testing.T) {
	wantEveryPair(t)
	l := newLab(t)
	l.certificates()
	s := l.smbd(4445)
	files, few := l.payload(sizes...), l.payload(peerSizes...)
	reference := map[string][]string{}
	for _, suite := range suites {
		reference[suite] = direct(l, overTCP(gatewayIP, s.port), suite)
	}
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

// direct are the tests of a suite that pass in two runs without a gateway: some
// depend on timing.
func direct(l *lab, at share, suite string) (passed []string) {
	l.t.Helper()
	times := map[string]int{}
	for run, try := 0, 0; run < 2; try++ {
		if try == 5 {
			l.t.Fatalf("%s: hangs without a gateway", suite)
		}
		results, complete := l.torture(40*time.Second, at, suite)
		if !complete {
			continue
		}
		run++
		for test, result := range results {
			if result == "success" {
				times[test]++
			}
		}
	}
	for test, n := range times {
		if n == 2 {
			passed = append(passed, test)
		}
	}
	if len(passed) == 0 {
		l.t.Fatalf("%s: nothing passes without a gateway", suite)
	}
	slices.Sort(passed)
	l.t.Logf("%s: %d tests pass without a gateway", suite, len(passed))
	return passed
}

// through runs the suites through a chain. What passes directly has to pass; a
// test that does not is run alone, up to twice, before that is believed: some
// wait for ever for what their other connection has done too early. What such a
// one leaves behind is in the way of the next.
func through(l *lab, at share, reference map[string][]string, s *smbd) {
	l.t.Helper()
	for _, suite := range suites {
		results, _ := l.torture(40*time.Second, at, suite)
		for _, test := range reference[suite] {
			for try := 0; results[test] != "success" && try < 2; try++ {
				l.t.Logf("%s: %q, once more alone", test, results[test])
				s.clear(l.t)
				results[test] = l.alone(at, test)
			}
			if results[test] != "success" {
				l.t.Errorf("%s passes directly, here: %q", test, results[test])
			}
		}
	}
}

// alone runs one test of a suite.
func (l *lab) alone(at share, test string) string {
	l.t.Helper()
	if test == "smb2.connect.connect" {
		test = "smb2.connect" // a suite of one, which has no name in it
	}
	results, _ := l.torture(60*time.Second, at, test)
	for _, result := range results {
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
