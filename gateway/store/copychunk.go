package store

import (
	"crypto/rand"
	"math"

	"github.com/smbgw/smbgw/smb2"
)

// statusInvalidViewSize is a chunk that is not all in its source,
// [MS-SMB2] 3.3.5.15.6.
const statusInvalidViewSize smb2.Status = 0xc000001f

// resumeKey names an open as the source of copies, [MS-SMB2] 3.3.5.15.5. The
// name is good in this tree alone.
func (s *Server) resumeKey(o *open, r *smb2.IoctlRequest) ([]byte, smb2.Status) {
	b := (&smb2.ResumeKeyResponse{}).AppendBody(nil)
	if int(r.MaxOutput) < len(b) {
		return nil, smb2.StatusInvalidParameter
	}
	for o.resume == (smb2.ResumeKey{}) || s.resume[o.resume] != o {
		rand.Read(o.resume[:])
		s.resume[o.resume] = o
	}
	return (&smb2.ResumeKeyResponse{Key: o.resume}).AppendBody(nil), smb2.StatusSuccess
}

// copyChunk copies pieces of another open of the tree, [MS-SMB2] 3.3.5.15.6.
func (s *Server) copyChunk(to *open, r *smb2.IoctlRequest, input []byte) ([]byte, smb2.Status) {
	var reply smb2.CopyChunkResponse
	if int(r.MaxOutput) < len(reply.AppendBody(nil)) {
		return nil, smb2.StatusInvalidParameter
	}
	q, err := smb2.ParseCopyChunkRequest(input)
	if err != nil {
		return nil, smb2.StatusInvalidParameter
	}
	from := s.resume[q.Source]
	if from == nil {
		return nil, smb2.StatusObjectNameNotFound
	}
	if status := copyable(from, to, r.Code); status != smb2.StatusSuccess {
		return nil, status
	}
	chunks, err := q.Chunks(nil, input)
	if q.Count > smb2.MaxChunks || err == nil && tooMuch(chunks) {
		return copyLimits(), smb2.StatusInvalidParameter
	}
	if err != nil {
		return nil, smb2.StatusInvalidParameter
	}
	for _, c := range chunks {
		if status := s.volume.copy(from, to, c); status != smb2.StatusSuccess {
			return nil, status
		}
		reply.Chunks++
		reply.TotalBytes += c.Length
	}
	return reply.AppendBody(nil), smb2.StatusSuccess
}

func copyable(from, to *open, code smb2.FSCTL) smb2.Status {
	switch {
	case from.isDirectory() || to.isDirectory():
		return smb2.StatusInvalidDeviceRequest
	case from.access&readers == 0 || to.access&writers == 0:
		return smb2.StatusAccessDenied
	case code == smb2.FsctlCopyChunk && !to.access.Has(smb2.AccessReadData):
		return smb2.StatusAccessDenied
	}
	return smb2.StatusSuccess
}

// tooMuch says whether chunks are beyond the limits. None of them is empty.
func tooMuch(chunks []smb2.Chunk) bool {
	total := uint64(0)
	for _, c := range chunks {
		if c.Length > maxChunkBytes || c.Length == 0 {
			return true
		}
		total += uint64(c.Length)
	}
	return total > maxCopyBytes
}

func copyLimits() []byte {
	x := smb2.CopyChunkResponse{Chunks: smb2.MaxChunks, ChunkBytes: maxChunkBytes, TotalBytes: maxCopyBytes}
	return x.AppendBody(nil)
}

// copy copies one chunk, as if it were read and then written.
func (v *volume) copy(from, to *open, c smb2.Chunk) smb2.Status {
	n := uint64(c.Length)
	if c.Source > math.MaxInt64 || c.Target > math.MaxInt64 {
		return smb2.StatusInvalidParameter
	}
	if c.Source+n > from.stream.content.size {
		return statusInvalidViewSize
	}
	if s := from.readable(c.Source, n); s != smb2.StatusSuccess {
		return s
	}
	b := make([]byte, n)
	from.stream.content.readAt(b, c.Source)
	return v.writeOpen(to, b, c.Target)
}
