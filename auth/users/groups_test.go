package users

import (
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestGroups(t *testing.T) {
	t.Parallel()
	g, err := OpenGroups(store(t, "# who is what\n\nstaff: alice, Bob\tcarol\r\nEng:BOB,bob\nempty:\n"))
	if err != nil {
		t.Fatal(err)
	}
	for user, want := range map[string][]string{"ALICE": {"staff"}, "bob": {"staff", "Eng"}, "carol": {"staff"}, "dave": nil, "": nil} {
		if got := g.Of(user); !slices.Equal(got, want) {
			t.Errorf("%q is in %q, want %q", user, got, want)
		}
	}
	if !g.Has("ENG") || !g.Has("empty") || g.Has("alice") || g.Has("") {
		t.Error("Has is wrong")
	}
	if got, want := g.Names(), []string{"Eng", "empty", "staff"}; !slices.Equal(got, want) {
		t.Errorf("names %q, want %q", got, want)
	}
	var none *Groups
	if none.Of("alice") != nil || none.Has("staff") || none.Names() != nil {
		t.Error("no groups are some")
	}
}

func TestGroupsRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"staff alice\n":             ":1: no colon",
		"\n: alice\n":               ":2: ",
		"staff: a\nSTAFF: b\n":      `:2: group "STAFF" is there already`,
		"a: b:c\n":                  ":1: ",
		"a: \x01\n":                 ":1: ",
		"a: @b\x00\n":               ":1: ",
		strings.Repeat("x", 300):    ":1: ",
		"a: " + string([]byte{255}): ":1: ",
	} {
		_, err := OpenGroups(store(t, text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", text, err, want)
		}
	}
	if _, err := OpenGroups(t.TempDir() + "/none"); err == nil || !strings.Contains(err.Error(), "the file of the groups") {
		t.Errorf("no file: %v", err)
	}
	path := store(t, "a: b\n")
	if err := os.Chmod(path, 0o602); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenGroups(path); runtime.GOOS != "windows" && (err == nil || !strings.Contains(err.Error(), "chmod o-w")) {
		t.Errorf("a file that everybody writes: %v", err)
	}
}

func FuzzGroups(f *testing.F) {
	f.Add("staff: alice, bob\n# x\n")
	f.Fuzz(func(t *testing.T, text string) {
		g, err := parseGroups("groups", text)
		if err != nil {
			return
		}
		for _, name := range g.Names() {
			if !g.Has(name) {
				t.Errorf("no group %q", name)
			}
		}
	})
}
