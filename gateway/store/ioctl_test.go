package store

import (
	"math"
	"strings"
	"testing"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/fscc"
)

func (c *client) resumeKey(f smb2.FileID) smb2.ResumeKey {
	c.t.Helper()
	r, err := smb2.ParseResumeKeyResponse(c.control(ok, f, smb2.FsctlRequestResumeKey, nil, 32))
	if err != nil {
		c.t.Fatal(err)
	}
	return r.Key
}

// A server-side copy, its limits and whom it obeys, [MS-SMB2] 3.3.5.15.6.
func TestCopyChunk(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Config{})
	c := w.connect()
	from, to := c.file("from"), c.file("to")
	c.write(ok, from, 0, strings.Repeat("0123456789", 10))
	key := c.resumeKey(from)
	if c.resumeKey(from) != key {
		t.Error("the key has changed")
	}
	copies := func(want smb2.Status, c *client, to smb2.FileID, code smb2.FSCTL, chunks ...smb2.Chunk) smb2.CopyChunkResponse {
		t.Helper()
		b := c.control(want, to, code, (&smb2.CopyChunkRequest{Source: key}).Append(nil, chunks), 12)
		if b == nil {
			return smb2.CopyChunkResponse{}
		}
		r, err := smb2.ParseCopyChunkResponse(b)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	const code, codeWrite = smb2.FsctlCopyChunk, smb2.FsctlCopyChunkWrite
	if r := copies(ok, c, to, code, smb2.Chunk{Source: 5, Target: 2, Length: 5}, smb2.Chunk{Target: 9, Length: 3}); r != (smb2.CopyChunkResponse{Chunks: 2, TotalBytes: 8}) {
		t.Errorf("%+v", r)
	}
	if got := c.read(ok, to, 0, 100); got != "\x00\x0056789\x00\x00012" {
		t.Errorf("%q", got)
	}
	limits := smb2.CopyChunkResponse{Chunks: 256, ChunkBytes: 1 << 20, TotalBytes: 16 << 20}
	for _, chunks := range [][]smb2.Chunk{
		{{Length: 1<<20 + 1}}, {{Length: 0}}, make([]smb2.Chunk, 257),
	} {
		if r := copies(invalid, c, to, code, chunks...); r != limits {
			t.Errorf("%+v", r)
		}
	}
	copies(statusInvalidViewSize, c, to, code, smb2.Chunk{Source: 99, Length: 2})
	copies(invalid, c, to, code, smb2.Chunk{Source: math.MaxUint64, Length: 2})
	c.control(invalid, to, code, make([]byte, 10), 12)
	c.control(invalid, to, code, (&smb2.CopyChunkRequest{Source: key}).Append(nil, nil), 11)
	cut := (&smb2.CopyChunkRequest{Source: key}).Append(nil, make([]smb2.Chunk, 2))
	c.control(invalid, to, code, cut[:len(cut)-1], 12)

	writer := c.create(ok, wish{name: "to", access: smb2.AccessWriteData, disposition: openIf})
	copies(denied0, c, writer, code, smb2.Chunk{Length: 1})
	copies(ok, c, writer, codeWrite, smb2.Chunk{Length: 1})
	reader := c.create(ok, wish{name: "to", access: smb2.AccessReadData, disposition: openIf})
	copies(denied0, c, reader, codeWrite, smb2.Chunk{Length: 1})

	other := w.connect()
	copies(notFound, other, other.file("to"), code, smb2.Chunk{Length: 1}) // a key of another tree
	c.close(from)
	copies(notFound, c, to, code, smb2.Chunk{Length: 1})
}

// Holes, made by not writing and by zeroing.
func TestRanges(t *testing.T) {
	t.Parallel()
	c := newWorld(t, Config{}).connect()
	f := c.file("f")
	c.write(ok, f, 0, strings.Repeat("a", pageSize))
	c.write(ok, f, 3*pageSize, strings.Repeat("b", 2*pageSize))
	ranges := func(want smb2.Status, off, n uint64, most uint32) (list []fscc.Range) {
		t.Helper()
		b := c.control(want, f, smb2.FsctlQueryAllocatedRanges, (&fscc.Range{Offset: off, Length: n}).AppendBody(nil), most)
		for ; len(b) > 0; b = b[fscc.RangeSize:] {
			r, err := fscc.ParseRange(b)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, r)
		}
		return list
	}
	if got := ranges(ok, 10, 1<<40, 1000); len(got) != 2 || got[0] != (fscc.Range{Offset: 10, Length: pageSize - 10}) ||
		got[1] != (fscc.Range{Offset: 3 * pageSize, Length: 2 * pageSize}) {
		t.Errorf("%+v", got)
	}
	if got := ranges(smb2.StatusBufferOverflow, 0, 1<<40, 31); len(got) != 1 {
		t.Errorf("%+v", got)
	}
	ranges(smb2.StatusBufferTooSmall, 0, 1<<40, 15)
	ranges(invalid, 1<<63, 1, 100)
	ranges(invalid, 1, math.MaxInt64, 100)

	zero := func(want smb2.Status, off, beyond uint64) {
		t.Helper()
		c.control(want, f, smb2.FsctlSetZeroData, (&fscc.ZeroData{Offset: off, Beyond: beyond}).AppendBody(nil), 0)
	}
	c.control(ok, f, smb2.FsctlSetSparse, nil, 0)
	zero(ok, 5, 4*pageSize)
	if got := ranges(ok, 0, 1<<40, 1000); len(got) != 2 || got[1].Offset != 4*pageSize {
		t.Errorf("%+v", got)
	}
	if got := c.read(ok, f, 3, 4); got != "aa\x00\x00" {
		t.Errorf("%q", got)
	}
	zero(ok, 1<<40, 1<<41)
	zero(invalid, 2, 1)
	zero(invalid, 0, 1<<63)
	if r := c.close(f); r.EndOfFile != 5*pageSize || !r.Attributes.Has(smb2.AttributeSparse) {
		t.Errorf("%+v", r)
	}
}

// Codes that are not known, and those that are somebody else's.
func TestOtherControls(t *testing.T) {
	t.Parallel()
	c := newWorld(t, Config{}).connect()
	f := c.file("f")
	c.control(smb2.StatusInvalidDeviceRequest, f, smb2.FsctlGetCompression, nil, 100)
	c.control(smb2.StatusInvalidDeviceRequest, f, 0x12345678, nil, 100)
	c.control(statusNotAReparsePoint, f, smb2.FsctlGetReparsePoint, nil, 100)
	c.control(smb2.StatusFSDriverRequired, smb2.NoFile, smb2.FsctlDFSGetReferrals, nil, 100)
	c.control(invalid, f, smb2.FsctlDFSGetReferrals, nil, 100)
	c.control(invalid, f, smb2.FsctlSetSparse, nil, maxTransfer+1)
	r := smb2.IoctlRequest{Code: smb2.FsctlSetSparse, FileID: f}
	c.do(smb2.StatusNotSupported, part{smb2.CommandIoctl, func(b []byte) []byte { return r.Append(b, nil) }})
}
