package policy

import (
	"strings"
	"testing"
)

// A prefix is one by components; where the server may take a name for another,
// it is not sure.
func TestPaths(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		prefix, path string
		want         answer
	}{
		{"pub", "pub", yes},
		{"pub", `PUB\x`, yes},
		{"pub", `pub/x`, yes},
		{"pub", `\\pub\x`, yes},
		{"pub", "public", no},
		{"pub", "", no},
		{"pub/a", "pub", no},
		{"pub/a", `pub\b`, no},
		{"pub/a", `pub\\A\b`, yes},
		{"pub", `a\pub`, no},
		{"Äpfel", "äPFEL", yes},
		{"pub", `pub\x:stream`, yes},
		{"pub", `pub\PROGRA~1`, yes},
		{"pub", "pub:stream", unsure},
		{"pub", `pub::$INDEX_ALLOCATION\x`, unsure},
		{"pub", "pub.", unsure},
		{"pub", "PUB . ", unsure},
		{"pub", "public.", no},
		{"pub", "public:pub", no},
		{"pub", ":x", unsure},
		{"Program Files", `PROGRA~1\x`, unsure},
		{"Program Files", `PROGRA~1.`, unsure},
		{"Program Files", "PROGR~12.EXE", unsure},
		{"Program Files", "PROGRAMS~1", no}, // ten letters
		{"Program Files", "~$doc.docx", no},
		{"Program Files", "x~", no},
		{"Program Files", "x~1a", unsure}, // Samba's, by its older method
		{"Program Files", "P9X2KQ~B", unsure},
		{"Program Files", "P9X2KQ~B.EXE", unsure},
		{"Program Files", "P9X2K~B", no}, // one letter too few
		{"Program Files", "P9X2K~BCD", no},
		{"Program Files", "x~1.html", no},
		{"mask", "ma\u017fk", unsure}, // a long s
		{"\u2126", "\u03c9", unsure},  // an ohm and an omega
	} {
		p := paths(t, c.prefix)[0]
		if got := p.prefixOf(c.path); got != c.want {
			t.Errorf("%q of %q: %v, want %v", c.prefix, c.path, got, c.want)
		}
	}
}

// In doubt a deny matches and an allow does not.
func TestDoubt(t *testing.T) {
	t.Parallel()
	allow := build(t, []Rule{{Verb: Allow, Paths: paths(t, "pub")}})
	deny := build(t, []Rule{{Verb: Allow}, {Verb: Deny, Paths: paths(t, "pub", "x/y/z")}})
	for _, c := range []struct {
		facts         Facts
		allow, denied bool
	}{
		{Facts{Path: "pub"}, true, true},
		{Facts{Path: "other"}, false, false},
		{Facts{Path: "pub:x"}, false, true},
		{Facts{Path: "PUBLIC~1"}, false, true},
		{Facts{Path: `pub\..\other`}, false, true},
		{Facts{Path: `other\.\x`}, false, true},
		{Facts{Path: `@GMT-2026.01.01-00.00.00\pub\x`}, false, true},
		{Facts{Path: `pub\@gmt-2026.01.01-00.00.00\x`}, false, true},
		{Facts{Path: "other", Action: Action{Unnamed: true}}, false, true},
	} {
		if got := allow.Decide(Operation, &c.facts).Allowed; got != c.allow {
			t.Errorf("%+v: allowed %v", c.facts, got)
		}
		if got := !deny.Decide(Operation, &c.facts).Allowed; got != c.denied {
			t.Errorf("%+v: denied %v", c.facts, got)
		}
	}
}

// An allow that is sure of a short path and not of a long one has the rank of
// the short one.
func TestRankOfWhatIsSure(t *testing.T) {
	t.Parallel()
	for _, list := range [][]string{{"pub", "pub/long name"}, {"pub/long name", "pub"}} {
		p := build(t, []Rule{{Verb: Allow, Paths: paths(t, list...)}, {Verb: Deny, Paths: paths(t, "pub")}})
		f := Facts{Path: `pub\LONGNA~1`}
		if v := p.Decide(Operation, &f); v.Allowed {
			t.Errorf("%q: %v", list, v)
		}
		f.Path = `pub\long name`
		if v := p.Decide(Operation, &f); !v.Allowed {
			t.Errorf("%q: %v", list, v)
		}
	}
}

func TestParsePath(t *testing.T) {
	t.Parallel()
	p, err := ParsePath(`\a//b c\D/`)
	if err != nil || p.String() != `a\b c\D` {
		t.Errorf("%q, %v", p, err)
	}
	if _, err := ParsePath(strings.Repeat("a/", MaxDepth)); err != nil {
		t.Error(err)
	}
	for _, s := range []string{"", "/", `a\..`, ".", "a/b:c", "a.", "a ", "PROGRA~1", "P9X2KQ~B", `a\@GMT-2026.01.01-00.00.00`, strings.Repeat("a/", MaxDepth+1)} {
		if p, err := ParsePath(s); err == nil {
			t.Errorf("%q is taken: %q", s, p)
		}
	}
}
