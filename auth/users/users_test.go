package users

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/auth/ntlm"
)

var _ ntlm.Users = (*File)(nil)

// The NT hashes of "secret" and of "Password".
const (
	secretHash   = "878D8014606CDA29677A44EFA1353FC7"
	passwordHash = "A4F49C406510BDCAB6824EE7C30FD852"
)

func line(name, hash, flags string) string {
	return name + ":1000:" + noHash + ":" + hash + ":" + flags + ":LCT-5F000000:\n"
}

func hashOf(t testing.TB, digits string) auth.Secret {
	b, err := hex.DecodeString(digits)
	if err != nil {
		t.Fatal(err)
	}
	return auth.NewSecret(b)
}

// store writes a file under a test's folder, as whole and as private as an
// administrator would.
func store(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "users")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A clock stands until a test moves it.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func TestLookup(t *testing.T) {
	t.Parallel()
	path := store(t, "# who may log in\n\n"+
		line("Alice", secretHash, "[U          ]")+
		line("bob", strings.ToLower(secretHash), "[UD         ]")+
		line("locked", secretHash, "[UL         ]")+
		line("carol", secretHash, "[UN         ]")+
		line("dave", noHash, "[U          ]")+
		line("erin", "NO PASSWORDXXXXXXXXXXXXXXXXXXXXX", "[U          ]")+
		line("empty", strings.ToUpper(emptyPassword), "[U          ]")+
		"old:0:"+noHash+":"+secretHash+"\n"+
		"older:0:"+noHash+":"+secretHash+":LCT-5F000000:\n"+
		"dos:0:"+noHash+":"+secretHash+":[U          ]:LCT-5F000000:\r\n"+
		"ünal:0:"+noHash+":"+secretHash+":[U          ]:LCT-5F000000:\n"+
		"last:0:"+noHash+":"+secretHash+":[U          ]:")
	f, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if f.Len() != 12 {
		t.Errorf("%d accounts", f.Len())
	}
	for _, c := range []struct {
		ask, name string
		hash, off bool
	}{
		{"Alice", "Alice", true, false},
		{"aLICE", "Alice", true, false},
		{"bob", "bob", true, true},
		{"locked", "locked", true, true},
		{"carol", "carol", false, false},
		{"dave", "dave", false, false},
		{"erin", "erin", false, false},
		{"empty", "empty", false, false},
		{"old", "old", true, false},
		{"older", "older", true, false},
		{"dos", "dos", true, false},
		{"ÜNAL", "ünal", true, false},
		{"last", "last", true, false},
	} {
		a, err := f.Lookup(c.ask)
		if err != nil || a.Name != c.name || a.Disabled != c.off {
			t.Errorf("%s: %+v, %v", c.ask, a, err)
		}
		if c.hash != a.Hash.Equal(hashOf(t, secretHash)) || c.hash == a.Hash.None() {
			t.Errorf("%s: hash %v", c.ask, !a.Hash.None())
		}
	}
	for _, name := range []string{"mallory", "", "# who may log in"} {
		if _, err := f.Lookup(name); !errors.Is(err, auth.ErrNoUser) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// Each mistake is told with its place and a way out, and shows no hash.
func TestMistakes(t *testing.T) {
	t.Parallel()
	good := line("alice", secretHash, "[U          ]")
	for _, c := range []struct{ name, text, want string }{
		{"words", good + "hello\n", ":2: 1 fields, not name:uid"},
		{"no name", good + line("", secretHash, "[U]"), ":2: the name is empty"},
		{"long name", line(strings.Repeat("n", maxName+1), secretHash, "[U]"), ":1: the name has 257 bytes, more than 256"},
		{"not UTF-8", line("n\xff", secretHash, "[U]"), ":1: the name is not UTF-8"},
		{"control", line("n\tn", secretHash, "[U]"), ":1: the name has one of"},
		{"group", line("@staff", secretHash, "[U]"), ":1: the name begins with # or @"},
		{"space", line(" n", secretHash, "[U]"), ":1: the name begins"},
		{"short hash", line("bob", secretHash[:31], "[U]"), ":1: the NT hash has 31 digits, not 32"},
		{"wrong hash", line("bob", "Z"+secretHash[1:], "[U]"), ":1: the NT hash is not hexadecimal"},
		{"flags", line("bob", secretHash, "U"), ":1: the flags are not letters"},
		{"flags open", line("bob", secretHash, "[U"), ":1: the flags are not letters"},
		{"flags small", line("bob", secretHash, "[u]"), ":1: the flags are not letters"},
		{"twice", good + "\n" + line("ALICE", secretHash, "[U]"), `:3: user "ALICE" stands in line 1 already`},
		{"long line", good + strings.Repeat("#", maxLine+1), ":2: the line has more than"},
		{"long file", strings.Repeat("#\n", maxFile/2+1), "it has more than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := store(t, c.text)
			_, err := Open(path, Options{})
			e, ok := errors.AsType[*Error](err)
			if !ok || !strings.HasPrefix(err.Error(), path) || !strings.Contains(err.Error(), c.want) || e.Remedy == "" {
				t.Errorf("%v, want %s", err, c.want)
			}
			if ok && (strings.Contains(err.Error(), secretHash[:8]) || strings.Contains(err.Error(), secretHash[8:16])) {
				t.Errorf("a hash shows: %v", err)
			}
		})
	}
}

func TestFilesThatAreNone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := Open(filepath.Join(dir, "missing"), Options{}); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "smbgw passwd -f "+filepath.Join(dir, "missing")+" NAME makes it") {
		t.Errorf("missing: %v", err)
	}
	if _, err := Open(dir, Options{}); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("folder: %v", err)
	}
}

func TestExposed(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the mode does not say")
	}
	path := store(t, line("alice", secretHash, "[U]"))
	for mode, ok := range map[fs.FileMode]bool{0o600: true, 0o400: true, 0o640: true, 0o644: false, 0o660: false, 0o601: false, 0o602: false, 0o620: false} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err := Open(path, Options{})
		if (err == nil) != ok || !ok && !strings.Contains(err.Error(), "chmod 600 "+path) {
			t.Errorf("mode %04o: %v", mode, err)
		}
	}
}

// A file is read again when it has changed, and not more than once a second;
// one that is wrong changes nothing and is told once.
func TestReread(t *testing.T) {
	t.Parallel()
	path := store(t, line("alice", secretHash, "[U]"))
	c := &clock{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	var told []error
	f, err := Open(path, Options{Now: c.now, Report: func(err error) { told = append(told, err) }})
	if err != nil {
		t.Fatal(err)
	}
	knows := func(want ...string) {
		t.Helper()
		for _, name := range []string{"alice", "bob"} {
			_, err := f.Lookup(name)
			if known := strings.Contains(strings.Join(want, " "), name); known != (err == nil) {
				t.Errorf("%s: %v, want %v", name, err, want)
			}
		}
	}
	put := func(text string) {
		t.Helper()
		if err := replace(path, text, nil); err != nil {
			t.Fatal(err)
		}
	}
	knows("alice")
	put(line("bob", secretHash, "[U]"))
	knows("alice") // less than a second
	c.t = c.t.Add(checkEvery)
	knows("bob")

	put("broken\n")
	c.t = c.t.Add(checkEvery)
	knows("bob")
	c.t = c.t.Add(checkEvery)
	knows("bob")
	if len(told) != 1 || !strings.Contains(told[0].Error(), ":1: ") || f.Err() == nil {
		t.Errorf("told %v, Err %v", told, f.Err())
	}
	os.Remove(path)
	c.t = c.t.Add(checkEvery)
	knows("bob")
	c.t = c.t.Add(checkEvery)
	knows("bob")
	if len(told) != 2 || !errors.Is(told[1], fs.ErrNotExist) {
		t.Errorf("told %v", told)
	}
	put(line("alice", secretHash, "[U]") + line("bob", secretHash, "[U]"))
	c.t = c.t.Add(-time.Hour) // a clock that was put back does not stop it
	knows("alice", "bob")
	if len(told) != 2 || f.Err() != nil {
		t.Errorf("told %v, Err %v", told, f.Err())
	}
	if runtime.GOOS != "windows" {
		os.Chmod(path, 0o644)
		c.t = c.t.Add(checkEvery)
		knows("alice", "bob")
		if len(told) != 3 {
			t.Errorf("told %v", told)
		}
	}
}

func TestSet(t *testing.T) {
	t.Parallel()
	now := time.Unix(0x6a000000, 0)
	fresh := func(name, uid, flags string) string {
		return name + ":" + uid + ":" + noHash + ":" + passwordHash + ":" + flags + ":LCT-6A000000:"
	}
	other := "# comment: with: colons\n\n" + line("zoe", secretHash, "[U          ]")
	for _, c := range []struct {
		name, before, user, after string
		added, disabled           bool
	}{
		{"no file", "", "alice", fresh("alice", nobody, "[U          ]") + "\n", true, false},
		{"new", other, "alice", other + fresh("alice", nobody, "[U          ]") + "\n", true, false},
		{"no end of line", strings.TrimSuffix(other, "\n"), "alice", other + fresh("alice", nobody, "[U          ]") + "\n", true, false},
		{"again", other + line("Alice", secretHash, "[UX         ]") + "# end", "aLICE", other + fresh("Alice", "1000", "[UX         ]") + "\n# end", false, false},
		{"had none", line("alice", noHash, "[NU         ]") + other, "alice", fresh("alice", "1000", "[U          ]") + "\n" + other, false, false},
		{"disabled", line("alice", secretHash, "[UD         ]"), "alice", fresh("alice", "1000", "[UD         ]") + "\n", false, true},
		{"dos", "# c\r\n" + strings.ReplaceAll(line("alice", secretHash, "[U]"), "\n", "\r\n"), "alice", "# c\r\n" + fresh("alice", "1000", "[U          ]") + "\r\n", false, false},
		{"old form", "alice:7:" + noHash + ":" + secretHash, "alice", fresh("alice", "7", "[U          ]"), false, false},
		{"only a comment", "#alice:7:" + noHash + ":" + secretHash + "\n", "alice", "#alice:7:" + noHash + ":" + secretHash + "\n" + fresh("alice", nobody, "[U          ]") + "\n", true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := store(t, c.before)
			if c.before == "" {
				os.Remove(path)
			} else {
				os.Chmod(path, 0o644) // what a slip of the hand left
			}
			added, disabled, err := Set(path, c.user, hashOf(t, passwordHash), now)
			if err != nil || added != c.added || disabled != c.disabled {
				t.Fatalf("added %v, disabled %v, %v", added, disabled, err)
			}
			checkFile(t, path, c.after)
			f, err := Open(path, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if a, err := f.Lookup(c.user); err != nil || !a.Hash.Equal(hashOf(t, passwordHash)) {
				t.Errorf("%+v, %v", a, err)
			}
		})
	}
}

// checkFile: the content, the mode, and nothing left beside it.
func checkFile(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, []byte(want)) {
		t.Errorf("%v\n%q, want\n%q", err, got, want)
	}
	stat, err := os.Stat(path)
	if err != nil || runtime.GOOS != "windows" && stat.Mode() != 0o600 {
		t.Errorf("mode %v, %v", stat.Mode(), err)
	}
	beside, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(beside) != 1 {
		t.Errorf("beside it: %v, %v", beside, err)
	}
}

func TestSetRefuses(t *testing.T) {
	t.Parallel()
	broken := "broken\n" + line("alice", secretHash, "[U]")
	path := store(t, broken)
	if _, _, err := Set(path, "alice", hashOf(t, passwordHash), time.Now()); err == nil || !strings.Contains(err.Error(), ":1: ") {
		t.Errorf("a broken file: %v", err)
	}
	if err := Delete(path, "alice"); err == nil || !strings.Contains(err.Error(), ":1: ") {
		t.Errorf("a broken file: %v", err)
	}
	if _, _, err := Set(path, "a:b", hashOf(t, passwordHash), time.Now()); err == nil {
		t.Error("a name with a colon")
	}
	checkFile(t, path, broken)
	if _, _, err := Set(filepath.Join(t.TempDir(), "no", "users"), "alice", hashOf(t, passwordHash), time.Now()); err == nil || !strings.Contains(err.Error(), "cannot be written") {
		t.Errorf("no folder: %v", err)
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	other := "# c\r\n" + line("zoe", secretHash, "[U]")
	path := store(t, other+line("Alice", secretHash, "[U]")+"# end")
	if err := Delete(path, "alice"); err != nil {
		t.Fatal(err)
	}
	checkFile(t, path, other+"# end")
	if err := Delete(path, "alice"); !errors.Is(err, auth.ErrNoUser) {
		t.Errorf("a second time: %v", err)
	}
	if err := Delete(filepath.Join(t.TempDir(), "users"), "alice"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// A link to the file stays a link.
func TestSetThroughLink(t *testing.T) {
	t.Parallel()
	path := store(t, line("alice", secretHash, "[U]"))
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(path, link); err != nil {
		t.Skip(err)
	}
	if err := Delete(link, "alice"); err != nil {
		t.Fatal(err)
	}
	checkFile(t, path, "")
	if stat, err := os.Lstat(link); err != nil || stat.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("%v, %v", stat, err)
	}
}

// FuzzParse reads any file. What a file means to a program is what it means
// after somebody's line was replaced, but for that line.
func FuzzParse(f *testing.F) {
	f.Add(line("alice", secretHash, "[U]") + "# c\n" + line("bob", noHash, "[N]"))
	f.Add("alice:1:x:" + secretHash + "\r\n\r\n#")
	now := time.Unix(0, 0)
	f.Fuzz(func(t *testing.T, text string) {
		before, err := parse("f", text)
		if err != nil {
			return
		}
		for key, a := range before {
			hash := hashOf(t, passwordHash)
			once, found := edit(text, a.Name, func(old string) string { return formatLine(a.Name, hash, old, now) })
			after, err := parse("f", once)
			if !found || err != nil || len(after) != len(before) {
				t.Fatalf("%q: %v, became %q: %v", a.Name, found, once, err)
			}
			twice, _ := edit(once, a.Name, func(old string) string { return formatLine(a.Name, hash, old, now) })
			if twice != once {
				t.Fatalf("built\n%q, then\n%q", once, twice)
			}
			for k := range before {
				if same := after[k].Hash.Equal(before[k].Hash) && after[k].Disabled == before[k].Disabled; k != key && !same {
					t.Fatalf("%q changed with %q", k, a.Name)
				}
			}
			if !after[key].Hash.Equal(hash) {
				t.Fatalf("%q has another hash in %q", a.Name, once)
			}
		}
	})
}
