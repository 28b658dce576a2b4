package main

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// Every package has its page: a doc.go, and no second package comment that
// would be glued to it.
func TestPackageDocs(t *testing.T) {
	t.Parallel()
	docs := map[string][]string{}
	for _, f := range goFiles(t) {
		if f.test {
			continue
		}
		if _, ok := docs[f.pkg]; !ok {
			docs[f.pkg] = nil
		}
		if f.ast.Doc != nil {
			docs[f.pkg] = append(docs[f.pkg], f.name)
		}
		if path.Base(f.name) == "doc.go" {
			checkDoc(t, f)
		}
	}
	for pkg, files := range docs {
		if want := []string{path.Join(pkg, "doc.go")}; !slices.Equal(files, want) {
			t.Errorf("package %s has its comment in %v, want it in doc.go alone", pkg, files)
		}
	}
}

func checkDoc(t *testing.T, f sourceFile) {
	t.Helper()
	const shortest = 120 // bytes: a page says more than the package's name
	text := f.ast.Doc.Text()
	name := "Package " + f.ast.Name.Name + " "
	if f.ast.Name.Name == "main" {
		name = strings.ToUpper(path.Base(f.pkg)[:1]) + path.Base(f.pkg)[1:] + " "
	}
	if !strings.HasPrefix(text, name) {
		t.Errorf("%s does not begin with %q", f.name, name)
	}
	if len(text) < shortest {
		t.Errorf("%s has %d bytes of text; say what the package is, how it is used and what it lacks", f.name, len(text))
	}
}

// One concept a file.
func TestFileLength(t *testing.T) {
	t.Parallel()
	const longest = 600 // lines
	for _, f := range goFiles(t) {
		if f.lines > longest {
			t.Errorf("%s has %d lines, more than %d: split it", f.name, f.lines, longest)
		}
	}
}

// Folders are named for a place on the data path.
func TestFolderNames(t *testing.T) {
	t.Parallel()
	forbidden := []string{"util", "utils", "common", "helper", "helpers", "types", "misc", "base", "lib", "pkg", "internal"}
	for _, f := range goFiles(t) {
		for part := range strings.SplitSeq(f.pkg, "/") {
			if slices.Contains(forbidden, part) {
				t.Errorf("%s: folder %q names no place", f.name, part)
			}
		}
	}
}

// Nothing in the tree is left for later, and nothing names the place where it
// was written. Those names stand here as hashes: to list them would be to
// name them.
func TestWords(t *testing.T) {
	t.Parallel()
	unfinished := regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`)
	private := []string{"f0b7f71d2aceb43e", "524e783fe279e0e3", "81e88f989c2b4ff5", "8cf10d1b0e07c1d8", "fbb8037df8cc9050", "97693d9574f63159"}
	seen := map[string]bool{}
	walk(t, func(name string) {
		text := string(read(t, name))
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return // captures
		}
		if w := unfinished.FindString(text); w != "" {
			t.Errorf("%s says %s", name, w)
		}
		for _, w := range words(text) {
			found, known := seen[w]
			if !known {
				sum := sha256.Sum256([]byte(w))
				found = slices.Contains(private, hex.EncodeToString(sum[:8]))
				seen[w] = found
			}
			if found {
				t.Errorf("%s names %q, which means nothing outside", name, w)
			}
		}
	})
}

// words are the words of a text, and the pairs of words that a slash joins.
func words(text string) []string {
	var list []string
	for token := range strings.FieldsFuncSeq(strings.ToLower(text), notPath) {
		parts := strings.FieldsFunc(token, func(r rune) bool { return r == '/' })
		for i, p := range parts {
			list = append(list, p)
			if i > 0 {
				list = append(list, parts[i-1]+"/"+p)
			}
		}
	}
	return list
}

func notPath(r rune) bool {
	return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || strings.ContainsRune("-_/", r))
}
