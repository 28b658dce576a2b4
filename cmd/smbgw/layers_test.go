package main

import (
	"go/ast"
	"path"
	"slices"
	"strings"
	"testing"
)

// layers says which packages of this module a package may import, from the
// outside of the data path inwards. A pattern that ends in /... means
// everything below, an empty list nothing at all.
var layers = map[string][]string{
	"cmd/smbgw":        {"..."},
	"cmd/smbgw/config": {"gateway", "gateway/health", "gateway/limit", "policy", "auth", "auth/users", "smb2", "transports", "transports/access"},

	"cmd/smbgw/notify": {},

	"cmd/smbgw/demo": {"gateway", "gateway/client", "gateway/back", "gateway/store", "gateway/tree", "auth", "auth/ntlm", "smb2", "transports"},

	"gateway":        {"gateway/tree", "gateway/guard", "gateway/store", "gateway/ipc", "gateway/rooted", "gateway/front", "gateway/back", "gateway/limit", "gateway/remap", "gateway/credit", "policy", "auth/...", "smb2", "smb2/crypt", "transports", "transports/access", "gateway/health"},
	"gateway/guard":  {"gateway/tree", "policy", "auth", "smb2", "smb2/fscc", "transports"},
	"gateway/front":  {"gateway/tree", "gateway/remap", "gateway/credit", "policy", "auth/...", "smb2", "smb2/crypt", "transports"},
	"gateway/back":   {"gateway/tree", "gateway/remap", "gateway/credit", "policy", "auth/...", "smb2", "smb2/crypt", "transports"},
	"gateway/client": {"gateway/back", "gateway/tree", "auth/...", "smb2", "transports"},
	"gateway/tree":   {"auth", "smb2", "transports"},
	"gateway/store":  {"gateway/tree", "auth", "smb2", "smb2/fscc", "transports"},
	"gateway/rooted": {"gateway/tree", "smb2", "smb2/fscc", "transports"},
	"gateway/ipc":    {"gateway/tree", "auth", "smb2", "smb2/fscc", "transports"},
	"gateway/health": {},
	"gateway/remap":  {"smb2"},
	"gateway/credit": {"smb2"},
	"gateway/limit":  {},
	"policy":         {"auth", "smb2"},

	"auth":          {},
	"auth/*":        {"auth"},
	"smb2":          {},
	"smb2/*":        {"smb2"},
	"smb2/smb2test": {"smb2", "smb2/crypt", "transports"},

	"transports":                 {},
	"transports/*":               {"transports"},
	"transports/access":          {},
	"transports/mapped":          {},
	"transports/sock":            {},
	"transports/quic":            {"transports", "transports/access"},
	"transports/tcp":             {"transports", "transports/sock"},
	"transports/smbdirect":       {"transports", "transports/smbdirect/rdma"},
	"transports/smbdirect/rdma":  {},
	"transports/smbdirect/*":     {"transports/smbdirect/rdma", "transports/mapped"},
	"transports/smbdirect/iwarp": {"transports/smbdirect/rdma", "transports/sock"},

	"etc/*/*": {"..."}, // programs beside the product
}

// testLayers is what tests may import besides: peers and suites.
var testLayers = map[string][]string{
	"cmd":        {"transports/..."},
	"gateway":    {"gateway/...", "transports/...", "smb2/..."},
	"transports": {"transports/..."},
	"smb2":       {"smb2/...", "transports/..."},
	"auth":       {"auth/..."},
}

// outside says who alone may import a module from elsewhere; what is not here
// must not be imported at all. Each has its reason in go.mod.
var outside = map[string][]string{
	"github.com/hashicorp/hcl/v2":  {"cmd/smbgw/config"},
	"github.com/zclconf/go-cty":    {"cmd/smbgw/config"},
	"github.com/agext/levenshtein": {"cmd/smbgw/config"},
	"github.com/quic-go/quic-go":   {"transports/quic"},
	"github.com/ebitengine/purego": {"transports/smbdirect/verbs"},
	"golang.org/x/crypto":          {"auth/ntlm"},
	"golang.org/x/sys":             {"transports/...", "cmd/smbgw", "cmd/smbgw/notify", "etc/bench/hops"},
}

// pure packages touch no socket, file, log, clock or goroutine.
var pure = []string{"smb2", "smb2/crypt", "policy", "gateway/remap", "gateway/credit", "transports/access"}

var impure = []string{"net", "os", "log", "log/slog", "context", "sync", "syscall"}

func TestLayers(t *testing.T) {
	t.Parallel()
	for _, f := range goFiles(t) {
		allowed, ok := rowOf(f.pkg)
		if !ok {
			t.Errorf("%s: package %s has no row in layers", f.name, f.pkg)
			continue
		}
		if f.test {
			top, _, _ := strings.Cut(f.pkg, "/")
			allowed = slices.Concat(allowed, testLayers[top], []string{f.pkg})
		}
		for _, imported := range f.imports(t) {
			checkImport(t, f, imported, allowed)
		}
	}
}

func checkImport(t *testing.T, f sourceFile, imported string, allowed []string) {
	t.Helper()
	if inner, ok := strings.CutPrefix(imported, module+"/"); ok {
		if !matchesAny(inner, allowed) {
			t.Errorf("%s imports %s; package %s may import %v", f.name, inner, f.pkg, allowed)
		}
		return
	}
	if !f.test && slices.Contains(pure, f.pkg) && slices.Contains(impure, imported) {
		t.Errorf("%s imports %s, but package %s is pure", f.name, imported, f.pkg)
	}
	if host, _, _ := strings.Cut(imported, "/"); !strings.Contains(host, ".") {
		return // the standard library
	}
	for prefix, who := range outside {
		if (imported == prefix || strings.HasPrefix(imported, prefix+"/")) && matchesAny(f.pkg, who) {
			return
		}
	}
	t.Errorf("%s imports %s, which package %s may not", f.name, imported, f.pkg)
}

// rowOf finds a package's row: its own, else that of its siblings.
func rowOf(pkg string) ([]string, bool) {
	if row, ok := layers[pkg]; ok {
		return row, true
	}
	for pattern, row := range layers {
		if ok, _ := path.Match(pattern, pkg); ok {
			return row, true
		}
	}
	return nil, false
}

func matchesAny(pkg string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		if below, ok := strings.CutSuffix(p, "..."); ok {
			return pkg+"/" == below || strings.HasPrefix(pkg, below)
		}
		return p == pkg
	})
}

// The test that guards the layers is itself wrong when it lets these pass.
func TestLayersRefuse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ from, to string }{
		{"transports", "smb2"},
		{"transports/tcp", "transports/quic"},
		{"transports/smbdirect/iwarp", "transports/smbdirect"},
		{"smb2", "transports"},
		{"gateway", "transports/tcp"},
		{"gateway/front", "gateway/back"},
		{"auth/ntlm", "smb2"},
	} {
		row, ok := rowOf(c.from)
		if !ok || matchesAny(c.to, row) {
			t.Errorf("%s may import %s (row found: %v)", c.from, c.to, ok)
		}
	}
	if !matchesAny("transports/tcp", []string{"..."}) || !matchesAny("auth", []string{"auth/..."}) {
		t.Error("patterns with dots match nothing")
	}
}

// Pure packages are also free of goroutines and of the clock; libraries read
// no environment and have no hidden start.
func TestCalls(t *testing.T) {
	t.Parallel()
	for _, f := range goFiles(t) {
		if f.test {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				if slices.Contains(pure, f.pkg) {
					t.Errorf("%s starts a goroutine, but package %s is pure", f.name, f.pkg)
				}
			case *ast.FuncDecl:
				if n.Recv == nil && n.Name.Name == "init" {
					t.Errorf("%s has an init function; tables are plain values", f.name)
				}
			case *ast.SelectorExpr:
				checkSelector(t, f, n)
			}
			return true
		})
	}
}

func checkSelector(t *testing.T, f sourceFile, s *ast.SelectorExpr) {
	t.Helper()
	x, ok := s.X.(*ast.Ident)
	if !ok {
		return
	}
	call := x.Name + "." + s.Sel.Name
	switch call {
	case "os.Getenv", "os.LookupEnv", "os.Environ":
		if f.ast.Name.Name != "main" {
			t.Errorf("%s reads the environment; only main does", f.name)
		}
	case "time.Now", "time.Since", "time.Sleep":
		if slices.Contains(pure, f.pkg) {
			t.Errorf("%s calls %s, but package %s is pure", f.name, call, f.pkg)
		}
	}
}
