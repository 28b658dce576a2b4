package config

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/smbgw/smbgw/auth/users"
)

// Load reads and checks the file. An error is of type Mistakes when the
// content is at fault, else about reading the file.
func Load(file string, networks map[string]Network) (*Config, error) {
	src, err := readFile(file)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	return parse(file, src, networks)
}

// parse is Load of a file whose content is already in memory. Files that it
// names are looked for in file's folder.
func parse(file string, src []byte, networks map[string]Network) (*Config, error) {
	l := &loader{file: file, src: src, networks: networks, sockets: map[socket][]boundSocket{}, relaying: map[string]bool{}}
	f, diags := hclsyntax.ParseConfig(src, file, hcl.InitialPos)
	if diags.HasErrors() {
		l.syntax(diags)
		return nil, l.err()
	}
	c := l.root(f.Body)
	if err := l.err(); err != nil {
		return nil, err
	}
	return c, nil
}

// A loader is the state of one Load.
type loader struct {
	file     string
	src      []byte
	networks map[string]Network
	mistakes Mistakes
	sockets  map[socket][]boundSocket
	nameless bool            // a backend has no name: what names it cannot be told from a mistake
	relaying map[string]bool // listeners that relay, or are meant to
	users    *users.File     // nil when there is none that can be read
	hosts    []*Host
	seers    []word // listeners that mounts are for
	who      *Users
}

var rootSchema = &hcl.BodySchema{
	Blocks: []hcl.BlockHeaderSchema{
		{Type: "log"},
		{Type: "listen", LabelNames: []string{"name"}},
		{Type: "backend", LabelNames: []string{"name"}},
		{Type: "host", LabelNames: []string{"name"}},
		{Type: "users"},
		{Type: "mount", LabelNames: []string{"name"}},
		{Type: "policy", LabelNames: []string{"name"}},
		{Type: "limit"},
	},
}

func (l *loader) root(body hcl.Body) *Config {
	content, diags := l.named(body).Content(rootSchema)
	l.diagnostics(diags)
	c := &Config{Log: Log{Format: FormatText}}
	l.logs(content.Blocks.OfType("log"), &c.Log)

	backends := content.Blocks.OfType("backend")
	l.names(backends)
	for _, b := range backends {
		c.Backends = append(c.Backends, l.backend(b))
	}
	hosts := content.Blocks.OfType("host")
	c.Hosts = l.hostBlocks(hosts)
	c.Users = l.usersBlock(content.Blocks.OfType("users"))
	l.who = c.Users
	mounts := content.Blocks.OfType("mount")
	c.Mounts = l.mounts(mounts, c.Backends)
	listeners := content.Blocks.OfType("listen")
	l.names(listeners)
	for _, b := range listeners {
		c.Listeners = append(c.Listeners, l.listener(b, c.Backends))
	}
	policies := content.Blocks.OfType("policy")
	l.names(policies)
	l.policies(policies, listeners, c)
	if len(listeners) == 0 {
		l.report(hcl.Range{Start: hcl.InitialPos, End: hcl.InitialPos},
			"nothing to listen on; add a listen block with an address, and a relay or mounts")
	}
	l.serving(listeners, mounts, c)
	c.Limits = l.limits(content.Blocks.OfType("limit"), c)
	l.hosting(hosts, c)
	l.seen(c)
	return c
}

// named is the body with one label for every block that has a name, and none for
// the others.
func (l *loader) named(body hcl.Body) hcl.Body {
	named := *body.(*hclsyntax.Body)
	blocks := named.Blocks
	named.Blocks = nil
	for _, b := range blocks {
		schema := slices.IndexFunc(rootSchema.Blocks, func(s hcl.BlockHeaderSchema) bool { return s.Type == b.Type })
		labels := 0
		if schema >= 0 {
			labels = len(rootSchema.Blocks[schema].LabelNames)
		}
		switch {
		case len(b.Labels) < labels:
			l.report(b.DefRange(), `%s has no name; write %s "NAME" {`, b.Type, b.Type)
			l.nameless = l.nameless || b.Type == "backend"
			continue
		case schema >= 0 && len(b.Labels) > labels:
			l.labelled(b, labels)
			few := *b
			few.Labels, few.LabelRanges = b.Labels[:labels], b.LabelRanges[:labels]
			b = &few
		}
		named.Blocks = append(named.Blocks, b)
	}
	return &named
}

// labelled reports a block with more than its one name, or with a name where
// there is none.
func (l *loader) labelled(b *hclsyntax.Block, labels int) {
	if labels == 0 {
		l.report(b.LabelRanges[0], "%s has no name; write %s {", b.Type, b.Type)
		return
	}
	l.report(b.LabelRanges[1], "%s has one name, %q; remove what follows it", b.Type, b.Labels[0])
}

// names checks that blocks of one type have different names.
func (l *loader) names(blocks hcl.Blocks) {
	lines := map[string]int{}
	for _, b := range blocks {
		name, at := b.Labels[0], b.LabelRanges[0]
		if name == "" {
			l.report(at, "%s needs a name between the quotes", b.Type)
			l.nameless = l.nameless || b.Type == "backend"
			continue
		}
		if line, ok := lines[name]; ok {
			l.report(at, "%s %q exists already, at line %d; names are unique among the %s blocks", b.Type, name, line, b.Type)
			continue
		}
		lines[name] = at.Start.Line
	}
}

// content decodes a block's body.
func (l *loader) content(b *hcl.Block, schema *hcl.BodySchema) *hcl.BodyContent {
	content, diags := b.Body.Content(schema)
	l.diagnostics(diags)
	return content
}

// single reports all but the first of blocks of one type. They are still worth
// decoding, for their own mistakes.
func (l *loader) single(blocks hcl.Blocks) hcl.Blocks {
	for _, b := range blocks[min(1, len(blocks)):] {
		l.report(b.DefRange, "%s is there already, at line %d; put everything into one block", b.Type, blocks[0].DefRange.Start.Line)
	}
	return blocks
}

// path is where a file that the configuration names is.
func (l *loader) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(l.file), name)
}

// readFile reads a file of at most maxFile bytes.
func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxFile {
		return nil, fmt.Errorf("%s has more than %d bytes, which no such file needs", name, maxFile)
	}
	return b, nil
}
