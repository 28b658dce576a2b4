package guard

import (
	"testing"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/policy"
	"github.com/smbgw/smbgw/smb2"
)

// copying copies from the file of a key.
func copying(to smb2.FileID, code smb2.FSCTL, key smb2.ResumeKey) part {
	q := smb2.IoctlRequest{Code: code, FileID: to, MaxOutput: 1024, Flags: smb2.IoctlIsFSCTL}
	in := (&smb2.CopyChunkRequest{Source: key}).Append(nil, []smb2.Chunk{{Length: 1}})
	return part{smb2.CommandIoctl, func(b []byte) []byte { return q.Append(b, in) }}
}

// key is the resume key of an answer.
func key(t *testing.T, answer []byte) smb2.ResumeKey {
	t.Helper()
	q, err := smb2.ParseIoctlResponse(answer)
	if err != nil {
		t.Fatal(err)
	}
	out, err := q.Output(answer)
	if err != nil {
		t.Fatal(err)
	}
	k, err := smb2.ParseResumeKeyResponse(out)
	if err != nil {
		t.Fatal(err)
	}
	return k.Key
}

// Pieces are copied of what a key has been asked for on this tree. To some servers
// the FileId is the key, which whoever may but list a file has.
func TestCopy(t *testing.T) {
	t.Parallel()
	const gone = smb2.StatusObjectNameNotFound
	w := newWorld(t, allow(policy.List), allow(policy.ReadWrite, "pub"))
	w.make(`pub\`, `pub\to`, `pub\from`, "secret")
	to, from := w.guarded.open(opening(`pub\to`, toWrite)), w.guarded.open(opening(`pub\from`, toWrite))
	secret := w.guarded.open(opening("secret", smb2.AccessMaximumAllowed))
	foreign := w.free.open(opening(`pub\from`, toRead))
	w.guarded.do([]part{writing(from)}, ok)

	good := key(t, w.guarded.do([]part{controlling(from, smb2.FsctlRequestResumeKey)}, ok)[0])
	w.guarded.do([]part{controlling(secret, smb2.FsctlRequestResumeKey)}, denied)
	asked := 0
	w.guard.next = &spy{w.guard.next, func(r *tree.Request) { asked++ }}
	for _, code := range []smb2.FSCTL{smb2.FsctlCopyChunk, smb2.FsctlCopyChunkWrite} {
		for name, f := range map[string]smb2.FileID{"listed": secret, "readable": from, "foreign": foreign} {
			var k smb2.ResumeKey
			copy(k[:], f[:])
			if got := w.guarded.try(copying(to, code, k)); got != gone {
				t.Errorf("%v of the id of a %s file: %v", code, name, got)
			}
			k = smb2.ResumeKey{}
			copy(k[:], f[8:])
			copy(k[8:], f[:8])
			if got := w.guarded.try(copying(to, code, k)); got != gone {
				t.Errorf("%v of the id of a %s file, the halves the other way: %v", code, name, got)
			}
		}
		if asked != 0 {
			t.Errorf("%v: the server is asked %d times", code, asked)
		}
		w.guarded.do([]part{copying(to, code, good)}, ok)
		asked = 0
	}
	w.guard.renamed(`pub\from`, `moved`) // where it may be listed
	w.guarded.do([]part{copying(to, smb2.FsctlCopyChunk, good)}, denied)
	w.guarded.do([]part{closing(from)}, ok)
	w.guarded.do([]part{copying(to, smb2.FsctlCopyChunk, good)}, gone)
	for _, f := range []smb2.FileID{to, secret} {
		w.guarded.do([]part{closing(f)}, ok)
	}
	w.free.do([]part{closing(foreign)}, ok)
	if n := len(w.guard.keys); n != 0 {
		t.Errorf("%d keys are left", n)
	}
}
