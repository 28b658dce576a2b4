//go:build lab

package main_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Part j is smbtorture's tests of SMB2, one at a time, directly and through
// gateways, against the list in testdata (torture_list_test.go):
//
//	smbtorture -TCP-> smbd
//	smbtorture -TCP-> smbgw -SMB Direct-> smbgw -TCP-> smbd, both relaying
//	smbtorture -TCP-> smbgw -SMB Direct-> smbgw -TCP-> smbd, both terminating
//
// Without flags the tests of the list that pass and are quick are run through
// the gateways and have to pass. -torture 'smb2\.lease\.' runs what its
// expression matches, all three ways; the list has to say the same, or is made
// to by -update. For all tests, -torture ., that takes a quarter of an hour.
var (
	tortureThese  = flag.String("torture", "", "run the tests of smbtorture that match this expression, all ways")
	tortureUpdate = flag.Bool("update", false, "write what -torture finds into "+tortureFile)
	// Most tests wait for the server, or for time to pass.
	torturers = flag.Int("torturers", 8, "how many tests of smbtorture run at a time")
)

const (
	// A test that takes longer directly is not for every day.
	quickSeconds = 2

	// The longest test that passes directly takes 40 s.
	tortureLimit = 90 * time.Second
)

// kinds are the ways through a gateway.
var kinds = []string{"relay", "terminate"}

// tortured are smbd's settings: all that the tests look for.
var tortured = []string{
	"server multi channel support = yes",
	// Nobody but smbd has the files open, which durable opens need.
	"kernel oplocks = no", "kernel share modes = no", "posix locking = no",
	"smb3 directory leases = yes",
	// Streams and attributes of any size, whatever the file system.
	"vfs objects = acl_xattr streams_depot xattr_tdb",
	"smbd:FSCTL_SMBTORTURE = yes", "smbd:validate_oplock_cache_period = 1",
}

// A rack is a server and the ways to it, for one smbtorture at a time.
type rack struct {
	lab *lab
	at  map[string]share // by the kind of gateway, or directly

	// A gateway that terminates refuses addresses from which too many log-ins
	// have failed, which is what some tests are about: so each test comes from
	// the next of several, its own address as well as the gateway's.
	sources []string
	used    int

	// Some tests block a channel of theirs. They can have the packet filter do it,
	// if there is one, or Samba by an FSCTL, which through a gateway that
	// terminates would block the gateway's connection.
	filters bool
}

const (
	directly  = "directly"
	addresses = 16
)

// newRack makes a rack.
func newRack(t *testing.T) *rack {
	t.Helper()
	l := newLab(t)
	s := l.smbd(4445, tortured...)
	r := &rack{lab: l, at: map[string]share{directly: overTCP(gatewayIP, s.port), "terminate": overTCP("", 445)}}
	for i := range addresses {
		r.sources = append(r.sources, fmt.Sprint("10.99.1.", i+1))
		l.ip("-n", l.ns, "addr", "add", r.sources[i]+"/32", "dev", "br0")
	}
	r.filters = r.filter("--list")
	r.at["relay"] = l.chain(chain{"tcp", "smbdirect", "tcp"}, s.port)
	l.gateway("west", terminates(l, "west", "smbdirect!"+gatewayIP+"!5445", fmt.Sprintf("tcp!%s!%d", gatewayIP, s.port)))
	l.gateway("east", terminates(l, "east", "tcp!*!445", "smbdirect!"+gatewayIP+"!5445"))
	return r
}

// filter has the packet filter of the lab's network do something.
func (r *rack) filter(args ...string) bool {
	_, err := r.lab.try(10*time.Second, r.lab.samba(append([]string{"iptables"}, args...)...)...)
	return err == nil
}

// place is where the next test finds the share.
func (r *rack) place(kind string) share {
	at := r.at[kind]
	if at.host == "" {
		at.host = r.sources[r.used%len(r.sources)]
		r.used++
	}
	return at
}

// terminates is the configuration of a gateway that serves whom smbd serves: old
// dialects and nobody, too.
func terminates(l *lab, name, listen, backend string) string {
	l.t.Helper()
	return listener(l, name, listen, `min_dialect = "2.0.2"`) + server(l, name, backend) + shared(l, name, "anonymous = true")
}

// An outcome is what one run of a test came to.
type outcome struct {
	verdict verdict
	seconds float64
	said    string // why it does not pass
}

// run runs a test, and once it fails, up to twice more: some depend on timing.
func (r *rack) run(kind, test string) (o outcome) {
	for range 3 {
		if o = r.once(kind, test); o.verdict == passes || o.verdict == skips {
			break
		}
	}
	return o
}

// once runs a test.
func (r *rack) once(kind, test string) outcome {
	began := time.Now()
	// The benches measure for so many seconds.
	args := []string{"--option=torture:timelimit=1", "--option=torture:nprocs=1"}
	if r.filters {
		args = append(args, "--option=torture:use_iptables=yes", "--option=torture:iptables_command=iptables")
		defer r.filter("--flush") // what a test has not unblocked
	}
	text, complete := r.lab.smbtorture(tortureLimit, r.place(kind), append(args, test)...)
	o := outcome{verdict: fails, seconds: time.Since(began).Seconds(), said: firstComplaint(text)}
	all := resultLine.FindAllStringSubmatch(text, -1)
	switch {
	case !complete:
		o.verdict = hangs
	case len(all) == 0:
		o.said = "no result"
	case all[len(all)-1][1] == "success":
		o.verdict = passes
	case all[len(all)-1][1] == "skip":
		o.verdict = skips
	}
	return o
}

// complaint is how smbtorture says what is wrong: with the line of its source.
var complaint = regexp.MustCompile(`(?m)^\(?\S+\.c:\d+\)?:? *(.*)$`)

// firstComplaint is the first one after the line that says "failure".
func firstComplaint(text string) string {
	if i := strings.LastIndex(text, "\nfailure: "); i >= 0 {
		text = text[i:]
	}
	if m := complaint.FindString(text); m != "" {
		return m
	}
	return "no reason given"
}

// torture is part j.
func torture(t *testing.T) {
	trials := readTrials(t)
	if *tortureThese == "" {
		tortureQuick(t, trials)
		return
	}
	these, err := regexp.Compile(*tortureThese)
	must(t, err)
	tortureAll(t, trials, these)
}

// An attempt is a test to be run, one way.
type attempt struct {
	kind  string
	trial *trial
}

// each makes attempts on racks and hands over what they come to, one at a
// time.
func each(racks []*rack, attempts []attempt, do func(*rack, attempt) outcome, done func(attempt, outcome)) {
	queue := make(chan attempt)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, r := range racks {
		wg.Go(func() {
			for a := range queue {
				o := do(r, a)
				mu.Lock()
				done(a, o)
				mu.Unlock()
			}
		})
	}
	for _, a := range attempts {
		queue <- a
	}
	close(queue)
	wg.Wait()
}

// through is what the test comes to through a kind of gateway.
func (e *trial) through(kind string) *verdict {
	if kind == "relay" {
		return &e.relay
	}
	return &e.terminate
}

func racks(t *testing.T) (rs []*rack) {
	for range *torturers {
		rs = append(rs, newRack(t))
	}
	return rs
}

// tortureQuick runs the quick tests that pass directly. Those that the list says
// pass through a gateway have to, unless they fail here without one too, which
// says nothing about smbgw.
func tortureQuick(t *testing.T, trials []*trial) {
	var attempts []attempt
	for _, kind := range kinds {
		for _, e := range trials {
			if e.direct == passes && e.seconds <= quickSeconds {
				attempts = append(attempts, attempt{kind, e})
			}
		}
	}
	passed := map[string]int{}
	do := func(r *rack, a attempt) outcome {
		if *a.trial.through(a.kind) != passes {
			return r.once(a.kind, a.trial.test)
		}
		o := r.run(a.kind, a.trial.test)
		if o.verdict != passes && r.run(directly, a.trial.test).verdict != passes {
			o.verdict = untried
		}
		return o
	}
	each(racks(t), attempts, do, func(a attempt, o outcome) {
		known := *a.trial.through(a.kind) == passes
		switch {
		case o.verdict == passes && !known:
			t.Logf("%s passes through %s now: run it with -torture and -update", a.trial.test, a.kind)
		case o.verdict == passes:
			passed[a.kind]++
		case !known: // as before
		case o.verdict == untried:
			t.Logf("%s does not pass directly either: %s", a.trial.test, o.said)
		default:
			t.Errorf("%s passes directly, through %s: %s, %s", a.trial.test, a.kind, o.verdict, o.said)
		}
	})
	t.Logf("of %d tests passed: %v", len(attempts), passed)
}

// tortureAll runs what an expression matches, all ways, and compares it with
// the list or writes it there.
func tortureAll(t *testing.T, trials []*trial, these *regexp.Regexp) {
	known := map[string]*trial{}
	for _, e := range trials {
		known[e.test] = e
	}
	found := map[string]*trial{}
	var attempts, through []attempt
	for _, test := range tortureTests(t) {
		if these.MatchString(test) {
			found[test] = &trial{test: test, relay: untried, terminate: untried}
			attempts = append(attempts, attempt{directly, found[test]})
		}
	}
	rs := racks(t)
	each(rs, attempts, twice, func(a attempt, o outcome) {
		a.trial.direct, a.trial.seconds = o.verdict, o.seconds
		if o.verdict == passes {
			for _, kind := range kinds {
				through = append(through, attempt{kind, a.trial})
			}
		}
	})
	do := func(r *rack, a attempt) outcome { return r.run(a.kind, a.trial.test) }
	each(rs, through, do, func(a attempt, o outcome) {
		*a.trial.through(a.kind) = o.verdict
		if o.verdict != passes {
			a.trial.why = unexplained + a.kind + ": " + o.said
		}
	})
	compare(t, known, found)
	if *tortureUpdate {
		maps.Copy(known, found)
		must(t, os.WriteFile(tortureFile, []byte(formatTrials(slices.Collect(maps.Values(known)))), 0o644))
	}
}

// twice is how a test has to pass directly.
func twice(r *rack, a attempt) outcome {
	o := r.once(a.kind, a.trial.test)
	if o.verdict == passes {
		if again := r.once(a.kind, a.trial.test); again.verdict != passes {
			return again
		}
	}
	return o
}

// compare holds what was found against the list. A difference that was there
// before keeps its reason.
func compare(t *testing.T, known, found map[string]*trial) {
	t.Helper()
	report := t.Errorf
	if *tortureUpdate {
		report = t.Logf
	}
	passed := map[string]int{}
	for test, e := range found {
		for kind, v := range map[string]verdict{directly: e.direct, "relay": e.relay, "terminate": e.terminate} {
			if v == passes {
				passed[kind]++
			}
		}
		was, ok := known[test]
		switch {
		case !ok:
			report("%s is not in the list", e)
			continue
		case was.why != "" && !strings.HasPrefix(was.why, unexplained) && e.differs():
			e.why = was.why
		}
		if was.direct == e.direct && e.seconds < 2*was.seconds+1 {
			e.seconds = was.seconds // as good as the same: no change to look at
		}
		if was.direct != e.direct || was.relay != e.relay || was.terminate != e.terminate {
			report("found %s\nwas   %s", e, was)
		}
	}
	t.Logf("of %d tests passed: %v", len(found), passed)
}

// tortureTests are the names of all tests of SMB2 that there are.
func tortureTests(t *testing.T) (tests []string) {
	t.Helper()
	l := newLab(t)
	for line := range strings.Lines(l.run(20*time.Second, l.samba("smbtorture", "--list")...)) {
		if test := strings.TrimSpace(line); strings.HasPrefix(test, "smb2.") {
			tests = append(tests, oneName(test))
		}
	}
	return tests
}

// oneName is a test's name without the last part where that is said twice, once
// for the group that the test is alone in.
func oneName(listed string) string {
	for i := range listed {
		if listed[i] == '.' && strings.HasSuffix(listed[:i], listed[i:]) {
			return listed[:i]
		}
	}
	return listed
}
