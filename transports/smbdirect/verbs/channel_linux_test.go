//go:build linux && (amd64 || arm64) && !noverbs

package verbs

import (
	"testing"

	"github.com/ebitengine/purego"
)

type deafHandler struct{}

func (deafHandler) onEvent(*event) {}

// TestAddressOfID: the address of an ID that is destroyed may be that of the
// next request before destroy has returned.
func TestAddressOfID(t *testing.T) {
	t.Parallel()
	c := &channel{l: new(library), handlers: make(map[pointer]handler)}
	const id = 0x1000
	c.l.destroyID = purego.NewCallback(func(p uintptr) uintptr {
		c.adopt(pointer(p), deafHandler{})
		return 0
	})
	c.adopt(id, deafHandler{})
	c.destroy(id)
	if c.handlers[id] == nil || c.ids != 1 {
		t.Errorf("the new ID has handler %v, the channel %d IDs", c.handlers[id], c.ids)
	}
}
