package back_test

import (
	"bytes"
	"testing"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/smb2test"
)

func wish(tag string, n int) smb2.CreateContext {
	return smb2.CreateContext{Tag: []byte(tag), Data: bytes.Repeat([]byte{7}, n)}
}

// asked is a CREATE as the server has got it.
type asked struct {
	oplock   smb2.OplockLevel
	name     string
	contexts []string
	length   int
}

// A client of many is promised nothing, and what else it asks for it gets.
func TestNoPromises(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"clear", "signed", "sealed"} {
		r := newRig(t, gmac)
		r.space.Options.Shared = true
		r.space.Options.Sign, r.space.Options.Encrypt = mode == "signed", mode == "sealed"
		r.server.ShareFlags = smb2.ShareForceLevelII | smb2.ShareAutoCaching | smb2.ShareDFS
		r.server.ShareCaps = smb2.ShareCapContinuousAvailability | smb2.ShareCapDFS
		r.server.Capabilities = smb2.CapabilityPersistentHandles
		var got []asked
		r.server.Script = func(q *smb2test.Request) smb2test.Action {
			if q.Command() == smb2.CommandCreate {
				got = append(got, heard(t, q.Header))
			}
			return smb2test.Action{}
		}
		r.mustConnect()
		if f := r.share.Flags; f != smb2.ShareNoCaching|smb2.ShareDFS || r.share.Capabilities != smb2.ShareCapDFS {
			t.Errorf("flags %#x, capabilities %#x", f, r.share.Capabilities)
		}
		lease, durable := wish(smb2.TagLease, 52), wish(smb2.TagDurableV2, 32)
		access, size := wish(smb2.TagMaximalAccess, 0), wish(smb2.TagAllocationSize, 8)
		for _, list := range [][]smb2.CreateContext{
			nil, {lease}, {lease, durable}, {access, lease, size}, {durable, size, access},
			{wish(smb2.TagDurable, 16), access, size, lease}, {access, size},
		} {
			if st := r.do(smb2.CommandCreate, openOf("file", 7, list...)).status(); st != smb2.StatusSuccess {
				t.Errorf("%s, %d contexts: %v", mode, len(list), st)
			}
		}
		want := []string{"", "", "", "MxAc AlSi", "AlSi MxAc", "MxAc AlSi", "MxAc AlSi"}
		if len(got) != len(want) {
			t.Fatalf("the server saw %d", len(got))
		}
		for i, a := range got {
			s := ""
			for _, tag := range a.contexts {
				s += " " + tag
			}
			if s = string(bytes.TrimSpace([]byte(s))); s != want[i] || a.oplock != smb2.OplockNone || a.name != "file" {
				t.Errorf("%s, %d: the server saw %q with oplock %v and contexts %q", mode, i, a.name, a.oplock, s)
			}
		}
		if a, b := got[0].length, got[2].length; b > a+8 {
			t.Errorf("without its contexts a CREATE has %d bytes, another %d", b, a)
		}
		r.end(nil)
	}
}

func heard(t *testing.T, element []byte) asked {
	q, err := smb2.ParseCreateRequest(element)
	if err != nil {
		t.Fatal(err)
	}
	a := asked{oplock: q.OplockLevel, length: len(element)}
	name, err := q.Name(element)
	if err != nil {
		t.Fatal(err)
	}
	a.name, _ = smb2.DecodeUTF16(name)
	b, err := q.Contexts(element)
	if err != nil {
		t.Fatal(err)
	}
	list, err := smb2.ParseCreateContexts(nil, b)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range list {
		a.contexts = append(a.contexts, string(x.Tag))
	}
	return a
}

// Who comes back for what nobody has promised learns that it is not there, and so
// does what follows in a compound.
func TestNothingToComeBackFor(t *testing.T) {
	t.Parallel()
	r := newRig(t, gmac)
	r.space.Options.Shared = true
	r.mustConnect()
	seen := len(r.server.Books.Requests)
	broken := openOf("file", 7, wish(smb2.TagLease, 52))
	resilient := smb2.IoctlRequest{Code: smb2.FsctlLMRRequestResiliency, Flags: smb2.IoctlIsFSCTL}
	for name, x := range map[string]struct {
		command smb2.Command
		body    func([]byte) []byte
		want    smb2.Status
	}{
		"DHnC": {smb2.CommandCreate, openOf("file", 7, wish(smb2.TagDurableReconn, 16), wish(smb2.TagLease, 52)), smb2.StatusObjectNameNotFound},
		"DH2C": {smb2.CommandCreate, openOf("file", 7, wish(smb2.TagDurableReconnV2, 36)), smb2.StatusObjectNameNotFound},
		"no list": {smb2.CommandCreate, func(b []byte) []byte {
			b = broken(b)
			b[len(b)-60]++ // in the list
			return b[:len(b)-20]
		}, smb2.StatusInvalidParameter},
		"resilience": {smb2.CommandIoctl, func(b []byte) []byte { return resilient.Append(b, make([]byte, 8)) }, smb2.StatusInvalidDeviceRequest},
	} {
		if st := r.do(x.command, x.body).status(); st != x.want {
			t.Errorf("%s: %v, want %v", name, st, x.want)
		}
	}
	if n := len(r.server.Books.Requests); n != seen {
		t.Errorf("the server saw %v", r.server.Books.Requests)
	}
	q := smb2.ReadRequest{FileID: smb2.NoFile, Length: 9}
	r.share.Server.Serve([]*tree.Request{
		r.front.request(smb2.CommandCreate, openOf("file", 7, wish(smb2.TagDurableReconn, 16))),
		r.front.request(smb2.CommandRead, func(b []byte) []byte {
			smb2.Header(b).Set(smb2.FlagRelated)
			return q.Append(b, nil)
		}),
	})
	for range 2 {
		if got := r.front.next(t); got.status() != smb2.StatusObjectNameNotFound {
			t.Errorf("%v of a compound: %v", got.r.Header().Command(), got.status())
		}
	}
	r.end(nil)
}
