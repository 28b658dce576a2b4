package gateway

import (
	"errors"
	"testing"

	"github.com/smbgw/smbgw/gateway/back"
	"github.com/smbgw/smbgw/smb2"
)

// A mount of a directory below a share, behind any leg: what is copied there is
// there, placed where the leg places, and nothing else is.
func TestDirectory(t *testing.T) {
	t.Parallel()
	h := newHouse(t, Terms{})
	login := &Login{Initiator: sameUser}
	h.gw = newStage(t, h.known.service(
		Mount{Name: "all", Share: "data", Backend: h.backend("plain"), As: login},
		Mount{Name: "plain", Share: "data", Path: "dept/a", Backend: h.backend("plain"), As: login},
		Mount{Name: "direct", Share: "data", Path: `dept\a`, Backend: h.backend("direct"), As: login},
		Mount{Name: "memory", Share: "data", Path: "DEPT/A", Store: h.memory},
		Mount{Name: "missing", Share: "data", Path: "dept/b", Backend: h.backend("plain"), As: login},
		Mount{Name: "ipc", Share: "IPC$", Path: "dept", Backend: h.backend("plain"), As: login},
	), h.listeners(Terms{})...)
	c := h.client(h.dial("plain"), back.Options{})
	all := h.connect(c, "alice", "all")
	for _, name := range []string{"dept", `dept\a`} {
		f, err := all.OpenAs(name, smb2.CreateRequest{Access: smb2.AccessReadAttributes, Disposition: smb2.DispositionCreate, Options: smb2.OptionDirectory})
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	if f, err := all.Create("outside"); err != nil {
		t.Fatal(err)
	} else {
		f.Close()
	}
	for _, mount := range []string{"plain", "direct", "memory"} {
		s := h.connect(c, "alice", mount)
		copied(t, s)
		for name, want := range map[string]smb2.Status{
			`..\..\outside`: smb2.StatusObjectPathSyntaxBad, "outside": smb2.StatusObjectNameNotFound, `dept\a\copy`: smb2.StatusObjectPathNotFound,
		} {
			if f, err := s.Open(name); !errors.Is(err, want) {
				t.Errorf("%s: %s: %v, %v", mount, name, f, err)
			}
		}
		if f, err := all.Open(`dept\a\copy`); err != nil {
			t.Errorf("%s: what was copied: %v", mount, err)
		} else {
			f.Close()
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, mount := range []string{"missing", "ipc"} {
		if s, err := c.Connect(t.Context(), as("alice", "alice"), mount); !errors.Is(err, smb2.StatusBadNetworkName) {
			t.Errorf("%s: %v, %v", mount, s, err)
		}
	}
	all.Close()
	c.Close()
}
