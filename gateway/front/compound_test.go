package front

import (
	"slices"
	"testing"

	"github.com/smbgw/smbgw/smb2"
)

func TestCompounds(t *testing.T) {
	t.Parallel()
	const ok, invalid = smb2.StatusSuccess, smb2.StatusInvalidParameter
	badCreate := func(p *peer) []byte {
		q := smb2.CreateRequest{Disposition: smb2.DispositionOpen}
		return q.Append(p.Header(smb2.CommandCreate, 1), smb2.AppendUTF16(nil, "missing"), nil)
	}
	for _, c := range []struct {
		name    string
		related bool
		list    func(p *peer) [][]byte
		want    []smb2.Status
	}{
		{"related", true, func(p *peer) [][]byte {
			return [][]byte{p.create(), p.WriteRequest(0, []byte("123")), p.ReadRequest(0, 3), p.closeFile(smb2.NoFile)}
		}, []smb2.Status{ok, ok, ok, ok}},
		{"unrelated", false, func(p *peer) [][]byte {
			return [][]byte{p.echo(), p.ReadRequest(0, 3), p.echo()}
		}, []smb2.Status{ok, ok, ok}},
		{"CREATE fails", true, func(p *peer) [][]byte {
			return [][]byte{badCreate(p), p.ReadRequest(0, 3), p.closeFile(smb2.NoFile)}
		}, []smb2.Status{smb2.StatusObjectNameNotFound, smb2.StatusObjectNameNotFound, smb2.StatusObjectNameNotFound}},
		{"no file before", true, func(p *peer) [][]byte {
			return [][]byte{p.echo(), p.closeFile(smb2.NoFile)}
		}, []smb2.Status{ok, smb2.StatusInvalidHandle}},
		{"TREE_DISCONNECT before", true, func(p *peer) [][]byte {
			return [][]byte{p.treeOff(), p.create()}
		}, []smb2.Status{ok, smb2.StatusNetworkNameDeleted}},
		{"LOGOFF before", true, func(p *peer) [][]byte {
			return [][]byte{p.logoff(), p.echo()}
		}, []smb2.Status{ok, smb2.StatusUserSessionDeleted}},
		{"no tree before", true, func(p *peer) [][]byte {
			tree := p.Tree
			p.Tree = 0
			list := [][]byte{p.echo(), p.create()}
			p.Tree = tree
			return list
		}, []smb2.Status{ok, invalid}},
		{"TREE_CONNECT before", true, func(p *peer) [][]byte {
			return [][]byte{p.treeConnectRequest(`\\gateway\data`), p.create()}
		}, []smb2.Status{ok, ok}},
		{"padding behind the last", true, func(p *peer) [][]byte {
			return [][]byte{p.create(), append(p.closeFile(smb2.NoFile), make([]byte, 7)...)}
		}, []smb2.Status{ok, ok}},
		{"eight bytes behind the last", true, func(p *peer) [][]byte { // as old mounts of Linux send them
			return [][]byte{p.create(), append(p.closeFile(smb2.NoFile), "garbage!"...)}
		}, []smb2.Status{ok, ok}},
		{"unknown command inside", false, func(p *peer) [][]byte {
			return [][]byte{p.ReadRequest(2<<20, 1), append(p.Header(0xff, 1), 4, 0, 0, 0), p.echo()}
		}, []smb2.Status{smb2.StatusEndOfFile, invalid, ok}},
		{"SESSION_SETUP inside", false, func(p *peer) [][]byte {
			return [][]byte{p.echo(), (&smb2.SessionSetupRequest{}).Append(p.Header(smb2.CommandSessionSetup, 1), nil), p.echo()}
		}, []smb2.Status{ok, invalid, ok}},
	} {
		for _, seal := range []bool{false, true} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				p := newRig(t, nil).user("alice")
				p.sign, p.seal = !seal, seal
				reply := p.ask(chain(c.related, c.list(p)...)) // verified element by element
				if got := statuses(t, reply); !slices.Equal(got, c.want) {
					t.Errorf("%v, want %v", got, c.want)
				}
				elements, _ := smb2.Elements(nil, reply.Message)
				for i, e := range elements {
					h := smb2.Header(e)
					if !seal && !h.Has(smb2.FlagSigned) && h.Status() != invalid && h.Status() != smb2.StatusUserSessionDeleted {
						t.Errorf("element %d is not signed", i)
					}
					if h.Has(smb2.FlagRelated) != (c.related && i > 0) || len(e)%8 != 0 {
						t.Errorf("element %d: flags %#x, %d bytes", i, h.Flags(), len(e))
					}
				}
			})
		}
	}
}

// An element that is not signed is refused alone.
func TestCompoundUnsignedElement(t *testing.T) {
	t.Parallel()
	p := newRig(t, func(r *rig) { r.s.RequireSigning = true }).user("alice")
	b := chain(false, p.echo(), p.echo())
	first, _, err := smb2.Split(b)
	must(t, err)
	must(t, p.signer.Sign(first))
	must(t, p.Client.Send(b))
	reply, err := p.Receive()
	must(t, err)
	if got := statuses(t, reply); !slices.Equal(got, []smb2.Status{0, smb2.StatusAccessDenied}) {
		t.Error(got)
	}
}

// A tree is told one file for all of a chain, whichever its requests have: that of
// the CREATE, or the first one's.
func TestCompoundFile(t *testing.T) {
	t.Parallel()
	one, other := smb2.NewFileID(1, 1), smb2.NewFileID(9, 9)
	r := newRig(t, nil)
	p := r.user("alice")
	p.ask(chain(true, p.create(), p.closeFile(other)))
	p.ask(chain(true, p.closeFile(one), p.closeFile(other), p.closeFile(smb2.NoFile)))
	p.ask(chain(false, p.closeFile(one), p.closeFile(other)))
	if want := []smb2.FileID{smb2.NoFile, one, smb2.NoFile, smb2.NoFile, one, other}; !slices.Equal(r.shop.files, want) {
		t.Errorf("%v, want %v", r.shop.files, want)
	}
}

// What is related to nothing is refused, and all that is related to it.
func TestCompoundRelatedFirst(t *testing.T) {
	t.Parallel()
	p := newRig(t, nil).user("alice")
	b := chain(true, p.echo(), p.ReadRequest(0, 1))
	smb2.Header(b).Set(smb2.FlagRelated)
	must(t, p.Send(b))
	reply, err := p.Receive()
	must(t, err)
	if got := statuses(t, reply); !slices.Equal(got, []smb2.Status{smb2.StatusInvalidParameter, smb2.StatusInvalidParameter}) {
		t.Error(got)
	}
}

// What is related to an element without a session has none either, [MS-SMB2]
// 3.3.5.2.7.2.
func TestCompoundWithoutSession(t *testing.T) {
	t.Parallel()
	p := newRig(t, nil).user("alice")
	id := p.Session
	p.Session++
	b := chain(true, p.create(), p.ReadRequest(0, 1))
	p.Session = id
	must(t, p.Client.Send(b))
	reply, err := p.Receive()
	must(t, err)
	if got := statuses(t, reply); !slices.Equal(got, []smb2.Status{smb2.StatusUserSessionDeleted, smb2.StatusInvalidParameter}) {
		t.Error(got)
	}
}

// One that waits, last in a chain: what is there comes first, then the interim
// response, then the answer by itself.
func TestCompoundWaits(t *testing.T) {
	t.Parallel()
	p := newRig(t, nil).user("alice")
	lock := p.lock()
	must(t, p.Send(chain(true, p.create(), lock)))
	reply, err := p.Receive()
	must(t, err)
	if got := statuses(t, reply); !slices.Equal(got, []smb2.Status{0}) {
		t.Fatal("first:", got)
	}
	interim, err := p.Receive()
	must(t, err)
	if interim.Status() != smb2.StatusPending || interim.AsyncID() == 0 {
		t.Fatal("then:", interim.Status())
	}
	must(t, p.Send(p.cancel(lock, interim.AsyncID())))
	last, err := p.Receive()
	must(t, err)
	if last.Status() != smb2.StatusCancelled || last.Has(smb2.FlagRelated) || !last.Has(smb2.FlagSigned) {
		t.Error("last:", last.Status(), last.Flags())
	}
}
