package main_test

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// tortureFile is what is known of smbtorture's tests of SMB2: a line each, with
// what the test comes to without a gateway and through one. Part j of the lab
// holds smbgw to it and rewrites it (lab_torture_test.go); this file holds the
// list itself to its form.
const tortureFile = "testdata/torture.txt"

// tortureHead is the first line of the list, and how a line of it is made.
const tortureHead = "direct relay terminate seconds test, and why it differs"

// A verdict is what a test of smbtorture came to.
type verdict string

const (
	passes  verdict = "pass"
	fails   verdict = "fail"
	skips   verdict = "skip" // the server lacks something, the test says
	hangs   verdict = "hang" // not done within its limit
	untried verdict = "-"    // through a gateway, as it does not pass directly
)

// A trial is a line of the list.
type trial struct {
	test                     string
	direct, relay, terminate verdict
	seconds                  float64 // directly
	why                      string  // the reason of a difference
}

// unexplained begins a reason that is only what smbtorture said.
const unexplained = "? "

// differs reports whether a gateway loses what passes directly.
func (e *trial) differs() bool {
	return e.direct == passes && (e.relay != passes || e.terminate != passes)
}

func (e *trial) String() string {
	s := fmt.Sprintf("%-6s %-5s %-9s %7.1f %s", e.direct, e.relay, e.terminate, e.seconds, e.test)
	if e.why != "" {
		s += "  # " + e.why
	}
	return s
}

// parseTrial reads a line of the list. A test may have blanks in its name.
func parseTrial(line string) (*trial, error) {
	line, why, _ := strings.Cut(line, "  # ")
	f := strings.Fields(line)
	if len(f) < 5 {
		return nil, fmt.Errorf("%d words, want 5 or more: %q", len(f), line)
	}
	for _, v := range f[:3] {
		if !slices.Contains([]verdict{passes, fails, skips, hangs, untried}, verdict(v)) {
			return nil, fmt.Errorf("verdict %q: %q", v, line)
		}
	}
	seconds, err := strconv.ParseFloat(f[3], 64)
	if err != nil {
		return nil, fmt.Errorf("seconds: %w: %q", err, line)
	}
	return &trial{strings.Join(f[4:], " "), verdict(f[0]), verdict(f[1]), verdict(f[2]), seconds, why}, nil
}

// readTrials reads the list.
func readTrials(t *testing.T) []*trial {
	t.Helper()
	b, err := os.ReadFile(tortureFile)
	if err != nil {
		t.Fatal(err)
	}
	head, lines, _ := strings.Cut(string(b), "\n")
	if head != tortureHead {
		t.Fatalf("%s begins with %q, want %q", tortureFile, head, tortureHead)
	}
	var trials []*trial
	for line := range strings.Lines(lines) {
		e, err := parseTrial(strings.TrimSuffix(line, "\n"))
		if err != nil {
			t.Fatalf("%s: %v", tortureFile, err)
		}
		trials = append(trials, e)
	}
	return trials
}

// formatTrials is the list's text, by the tests' names.
func formatTrials(trials []*trial) string {
	slices.SortFunc(trials, func(a, b *trial) int { return cmp.Compare(a.test, b.test) })
	var s strings.Builder
	s.WriteString(tortureHead + "\n")
	for _, e := range trials {
		s.WriteString(e.String() + "\n")
	}
	return s.String()
}

// Each difference has its reason, each reason its difference, and every test its
// one line, as -update would write it.
func TestTortureList(t *testing.T) {
	t.Parallel()
	trials := readTrials(t)
	seen := map[string]bool{}
	direct, lost := 0, 0
	for _, e := range trials {
		if seen[e.test] {
			t.Errorf("%s: twice in the list", e.test)
		}
		seen[e.test] = true
		tried := e.relay != untried && e.terminate != untried
		switch {
		case tried != (e.direct == passes):
			t.Errorf("%s: through a gateway goes what passes directly, and nothing else", e.test)
		case e.differs() && (e.why == "" || strings.HasPrefix(e.why, unexplained)):
			t.Errorf("%s: differs without a reason", e.test)
		case e.why != "" && !e.differs():
			t.Errorf("%s: has a reason and no difference", e.test)
		}
		if e.direct == passes {
			direct++
		}
		if e.differs() {
			lost++
		}
	}
	t.Logf("%d tests, %d pass directly, %d of those differ through a gateway", len(trials), direct, lost)
	b, err := os.ReadFile(tortureFile)
	if err != nil {
		t.Fatal(err)
	}
	if formatTrials(trials) != string(b) {
		t.Errorf("%s is not as -update writes it", tortureFile)
	}
}
