package store

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/fscc"
)

// A model is a file system that is too simple to be wrong: whole files by their
// name in lower case, directories without content.
type model struct {
	files map[string][]byte
	dirs  map[string]bool
}

func (m *model) parent(name string) bool {
	i := strings.LastIndex(name, `\`)
	return i < 0 || m.dirs[name[:i]]
}

func (m *model) empty(dir string) bool {
	for _, names := range []map[string]bool{m.dirs, m.names()} {
		for name := range names {
			if strings.HasPrefix(name, dir+`\`) {
				return false
			}
		}
	}
	return true
}

func (m *model) names() map[string]bool {
	names := map[string]bool{}
	for name := range m.files {
		names[name] = true
	}
	return names
}

// Random operations come to the same in the store and in the model.
func TestAgainstModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, Config{})
			r := rand.New(rand.NewPCG(seed, 1))
			p := &play{t, w.connect(), &model{map[string][]byte{}, map[string]bool{}}, r}
			for range 1500 {
				p.step()
			}
			p.compare()
			if v := w.store.volumes["STORE"]; v.nodes != 1+len(p.m.files)+len(p.m.dirs) || v.root.below != 0 {
				t.Errorf("%d files, %d opens", v.nodes, v.root.below)
			}
		})
	}
}

type play struct {
	t *testing.T
	c *client
	m *model
	r *rand.Rand
}

// name is one of few, so that they meet, in any case.
func (p *play) name() string {
	var names []string
	for range 1 + p.r.IntN(3) {
		names = append(names, string(rune("abAB"[p.r.IntN(4)])))
	}
	return strings.Join(names, `\`)
}

func (p *play) step() {
	name := p.name()
	key := strings.ToLower(name)
	_, isFile := p.m.files[key]
	isDir := p.m.dirs[key]
	switch p.r.IntN(6) {
	case 0:
		status, b := p.c.wait(p.c.send(wish{name: name, disposition: smb2.DispositionCreate, options: mkdir}.part())[0])
		p.check(status == ok, !isFile && !isDir && p.m.parent(key), "mkdir", name, status)
		if status == ok {
			p.m.dirs[key] = true
			p.c.close(p.c.created(b).FileID)
		}
	case 1, 2:
		p.change(name, key, isDir)
	case 3:
		p.rename(name, key, isFile)
	case 4:
		status, b := p.c.wait(p.c.send(wish{name: name, disposition: smb2.DispositionOpen}.part())[0])
		p.check(status == ok, isFile || isDir, "open", name, status)
		if status != ok {
			return
		}
		f := p.c.created(b).FileID
		status, _ = p.c.wait(p.c.send(setting(f, smb2.FileDispositionInfo, []byte{1}))[0])
		p.check(status == ok, isFile || p.m.empty(key), "delete", name, status)
		if status == ok {
			delete(p.m.files, key)
			delete(p.m.dirs, key)
		}
		p.c.close(f)
	case 5:
		if isFile {
			p.same(name, key)
		}
	}
}

// change writes, cuts or zeroes somewhere.
func (p *play) change(name, key string, isDir bool) {
	status, b := p.c.wait(p.c.send(wish{name: name, disposition: openIf, options: smb2.OptionNonDirectory}.part())[0])
	p.check(status == ok, !isDir && p.m.parent(key), "create", name, status)
	if status != ok {
		return
	}
	f := p.c.created(b).FileID
	content := p.m.files[key]
	off, n := p.r.IntN(3*pageSize), p.r.IntN(2*pageSize)
	switch p.r.IntN(3) {
	case 0:
		data := bytes.Repeat([]byte{byte(p.r.IntN(255) + 1)}, n)
		p.c.write(ok, f, uint64(off), string(data))
		if n > 0 {
			content = append(content, make([]byte, max(0, off+n-len(content)))...)
			copy(content[off:], data)
		}
	case 1:
		p.c.set(ok, f, smb2.FileEndOfFileInfo, fscc.Long(off))
		content = slices.Clone(append(content, make([]byte, max(0, off-len(content)))...)[:off])
	case 2:
		p.c.control(ok, f, smb2.FsctlSetZeroData, (&fscc.ZeroData{Offset: uint64(off), Beyond: uint64(off + n)}).AppendBody(nil), 0)
		if off < len(content) {
			clear(content[off:min(off+n, len(content))])
		}
	}
	p.m.files[key] = content
	p.c.close(f)
}

func (p *play) rename(name, key string, isFile bool) {
	to := p.name()
	toKey := strings.ToLower(to)
	status, b := p.c.wait(p.c.send(wish{name: name, disposition: smb2.DispositionOpen}.part())[0])
	if status != ok {
		return
	}
	f := p.c.created(b).FileID
	possible := p.m.parent(toKey) && (toKey == key || !p.m.dirs[toKey]) && !strings.HasPrefix(toKey, key+`\`)
	data := (&fscc.Rename{Replace: true, Name: wire(to)}).AppendBody(nil)
	status, _ = p.c.wait(p.c.send(setting(f, smb2.FileRenameInfo, data))[0])
	p.check(status == ok, possible, "rename "+name, to, status)
	p.c.close(f)
	if status != ok || key == toKey {
		return
	}
	if isFile {
		p.m.files[toKey] = p.m.files[key]
		delete(p.m.files, key)
		return
	}
	delete(p.m.files, toKey)
	p.m.move(key, toKey)
}

// move renames a directory and all in it.
func (m *model) move(from, to string) {
	for name, content := range m.files {
		if rest, ok := strings.CutPrefix(name, from+`\`); ok {
			delete(m.files, name)
			m.files[to+`\`+rest] = content
		}
	}
	for name := range m.dirs {
		if rest, ok := strings.CutPrefix(name+`\`, from+`\`); ok {
			delete(m.dirs, name)
			m.dirs[strings.TrimSuffix(to+`\`+rest, `\`)] = true
		}
	}
}

func (p *play) same(name, key string) {
	f := p.c.create(ok, wish{name: name, disposition: smb2.DispositionOpen})
	want := p.m.files[key]
	got := ""
	if len(want) > 0 {
		got = p.c.read(ok, f, 0, uint32(len(want)+10))
	}
	if r := p.c.close(f); got != string(want) || r.EndOfFile != uint64(len(want)) {
		p.t.Fatalf("%s has %d bytes, not %d, or others", name, len(got), len(want))
	}
}

func (p *play) compare() {
	for name := range p.m.files {
		p.same(name, name)
	}
	for name := range p.m.dirs {
		p.c.close(p.c.create(ok, wish{name: name, disposition: smb2.DispositionOpen, options: mkdir}))
	}
}

func (p *play) check(got, want bool, what, name string, status smb2.Status) {
	p.t.Helper()
	if got != want {
		p.t.Fatalf("%s %s: %v", what, name, status)
	}
}
