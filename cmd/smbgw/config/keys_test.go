package config

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// schemas is what each block may have in it, by its path.
var schemas = map[string]*hcl.BodySchema{
	"":           rootSchema,
	"log":        logSchema,
	"listen":     listenSchema,
	"listen.tls": serverTLSSchema,
	"backend":    backendSchema,

	"listen.tls.access": accessSchema,

	"backend.tls":    clientTLSSchema,
	"backend.health": healthSchema,
	"backend.pool":   poolSchema,

	"users": usersSchema,
	"mount": mountSchema,

	"host":     hostSchema,
	"host.tls": hostTLSSchema,

	"mount.source": sourceSchema,

	"policy":         policySchema,
	"policy.require": requireSchema,
	"policy.allow":   ruleSchema(),
	"policy.deny":    ruleSchema(),

	"limit": limitSchema,
}

// commented is a setting, or a block, that the sample shows without making it.
var commented = regexp.MustCompile(`(?m)^(\s*)#( +)(\w+\s*=\s*["\[{\dtf]|\w+ \{|\}$)`)

// The sample has every block and every key that there is, and so has the
// package's page.
func TestSampleIsComplete(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile(filepath.Join("..", "..", "..", "etc", "smbgw.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	f, diags := hclsyntax.ParseConfig(commented.ReplaceAll(src, []byte("$1$2$3")), "smbgw.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	shown := map[string]bool{}
	keys(f.Body.(*hclsyntax.Body), "", shown)
	for path, schema := range schemas {
		for _, a := range schema.Attributes {
			key := join(path, a.Name)
			if !shown[key] {
				t.Errorf("etc/smbgw.hcl does not show %s", key)
			}
			if !regexp.MustCompile(`\b` + a.Name + `\s*=`).Match(page) {
				t.Errorf("doc.go does not show %s", key)
			}
		}
		for _, b := range schema.Blocks {
			block := join(path, b.Type)
			if !shown[block] {
				t.Errorf("etc/smbgw.hcl does not show the block %s", block)
			}
			if schemas[block] == nil {
				t.Errorf("the block %s has no row in schemas", block)
			}
		}
	}
	// These are no block's keys: account decodes them.
	for _, key := range []string{"user", "password_file"} {
		if !regexp.MustCompile(`as\s*=.*\{.*\b` + key + ` = "`).Match(src) {
			t.Errorf("etc/smbgw.hcl does not show as = { %s }", key)
		}
	}
}

// keys enters every block and attribute of a body.
func keys(body *hclsyntax.Body, path string, shown map[string]bool) {
	for name := range body.Attributes {
		shown[join(path, name)] = true
	}
	for _, b := range body.Blocks {
		block := join(path, b.Type)
		shown[block] = true
		keys(b.Body, block, shown)
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
