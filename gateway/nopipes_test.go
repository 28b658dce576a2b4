package gateway

import (
	"errors"
	"testing"

	"github.com/smbgw/smbgw/gateway/back"
	"github.com/smbgw/smbgw/smb2"
)

// [MS-SMB2] 3.3.5.9: where pipes are not for clients, IPC$ can be connected to and
// each CREATE in it is denied, the gateway's own pipe as well as a backend's.
// Files are there as ever.
func TestNoPipes(t *testing.T) {
	t.Parallel()
	for name, refused := range map[string]bool{"served": false, "refused": true} {
		t.Run(name, func(t *testing.T) { t.Parallel(); pipesAre(t, refused) })
	}
}

func pipesAre(t *testing.T, refused bool) {
	h := newHouse(t, Terms{})
	h.gw = newStage(t, h.known.service(
		Mount{Name: "theirs", Share: "IPC$", Backend: h.backend("plain"), As: &Login{Initiator: sameUser}},
		Mount{Name: "data", Backend: h.backend("plain"), As: &Login{Initiator: sameUser}},
	), h.listeners(Terms{NoPipes: refused})...)
	c := h.client(h.dial("plain"), back.Options{})
	for _, name := range []string{"IPC$", "ipc$", "theirs"} {
		s := h.connect(c, "alice", name)
		for pipe, status := range map[string]smb2.Status{"srvsvc": smb2.StatusSuccess, "lsarpc": smb2.StatusObjectNameNotFound} {
			if refused {
				status = smb2.StatusAccessDenied
			}
			f, err := s.Open(pipe)
			if !errors.Is(err, status) && (err != nil || status != smb2.StatusSuccess) {
				t.Errorf("%s of %s: %v, want %v", pipe, name, err, status)
			}
			if err == nil {
				f.Close()
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	s := h.connect(c, "alice", "data")
	copied(t, s)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	c.Close()
}
