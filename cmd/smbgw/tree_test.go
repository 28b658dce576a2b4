package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/smbgw/smbgw"

// A sourceFile is one Go file of the tree.
type sourceFile struct {
	name  string // slashed, from the module's root
	pkg   string // its folder, "." for the root
	test  bool
	tags  bool // built under a constraint only
	lines int
	ast   *ast.File
}

// imports lists what the file imports.
func (f sourceFile) imports(t *testing.T) []string {
	var list []string
	for _, spec := range f.ast.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatalf("%s: %v", f.name, err)
		}
		list = append(list, p)
	}
	return list
}

// goFiles parses every Go file of the module by walking the tree. Not by
// running the go command: its result would not be an input that the test cache
// knows of.
func goFiles(t *testing.T) []sourceFile {
	t.Helper()
	var files []sourceFile
	walk(t, func(name string) {
		if !strings.HasSuffix(name, ".go") {
			return
		}
		src := read(t, name)
		f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ParseComments)
		if err != nil {
			t.Errorf("%v", err)
			return
		}
		files = append(files, sourceFile{
			name:  name,
			pkg:   path.Dir(name),
			test:  strings.HasSuffix(name, "_test.go"),
			tags:  strings.Contains(string(src), "\n//go:build") || strings.HasPrefix(string(src), "//go:build"),
			lines: strings.Count(string(src), "\n"),
			ast:   f,
		})
	})
	if len(files) == 0 {
		t.Fatal("no Go files found")
	}
	return files
}

// walk calls f with every regular file of the module, slashed and from its
// root. What begins with a dot is not part of the source, except .ci.
func walk(t *testing.T, f func(name string)) {
	t.Helper()
	root := moduleRoot(t)
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(d.Name(), ".") && d.Name() != ".ci" && p != root
		switch {
		case hidden && d.IsDir():
			return fs.SkipDir
		case hidden || !d.Type().IsRegular():
			return nil
		}
		rel, err := filepath.Rel(root, p)
		if err == nil {
			f(filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// read is a file of the module.
func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(moduleRoot(t), filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// moduleRoot is the folder of go.mod: tests run in their package's folder.
func moduleRoot(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the test's folder")
		}
		dir = parent
	}
}
