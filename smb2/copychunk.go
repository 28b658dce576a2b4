package smb2

import "fmt"

// A CopyChunkRequest is the fixed part of the input of FsctlCopyChunk and
// FsctlCopyChunkWrite, [MS-SMB2] 2.2.31.1.
//
//	SourceKey[24] ChunkCount[4] Reserved[4] Chunks[24*ChunkCount]
type CopyChunkRequest struct {
	Source ResumeKey
	Count  uint32
}

const (
	copyChunkFixed = 32

	copyChunkRequest, copyChunkRequestSection   = "SRV_COPYCHUNK request", "2.2.31.1"
	copyChunkResponse, copyChunkResponseSection = "SRV_COPYCHUNK response", "2.2.32.1"
)

// ParseCopyChunkRequest reads the fixed part of an IOCTL's input.
func ParseCopyChunkRequest(input []byte) (r CopyChunkRequest, err error) {
	c := cursor{input, true}
	copy(r.Source[:], c.take(len(r.Source)))
	r.Count = c.u32()
	c.u32() // reserved, ignored
	return r, c.short(copyChunkRequest, copyChunkRequestSection)
}

// AppendBody appends the fixed part of an IOCTL's input.
func (r *CopyChunkRequest) AppendBody(b []byte) []byte {
	return le32(le32(append(b, r.Source[:]...), r.Count), 0)
}

// Chunks appends the chunks of an IOCTL's input to list, at most MaxChunks. A
// server answers more with its limits, [MS-SMB2] 3.3.5.15.6.1.
func (r *CopyChunkRequest) Chunks(list []Chunk, input []byte) ([]Chunk, error) {
	if r.Count > MaxChunks || uint64(len(input)) < copyChunkFixed+uint64(r.Count)*ChunkSize {
		return list, &ParseError{copyChunkRequest, copyChunkRequestSection, fmt.Sprintf("ChunkCount %d in %d bytes", r.Count, len(input))}
	}
	c := cursor{input[copyChunkFixed:], true}
	for range r.Count {
		list = append(list, Chunk{c.u64(), c.u64(), c.u32()})
		c.u32() // reserved, ignored
	}
	return list, nil
}

// Append appends an IOCTL's input: the fixed part with Count set, and chunks.
func (r *CopyChunkRequest) Append(b []byte, chunks []Chunk) []byte {
	v := *r
	v.Count = uint32(len(chunks))
	b = v.AppendBody(b)
	for _, k := range chunks {
		b = le32(le32(le64(le64(b, k.Source), k.Target), k.Length), 0)
	}
	return b
}

// A Chunk is a piece to copy, [MS-SMB2] 2.2.31.1.1.
//
//	SourceOffset[8] TargetOffset[8] Length[4] Reserved[4]
type Chunk struct {
	Source uint64
	Target uint64
	Length uint32
}

// ChunkSize is the length of a Chunk on the wire.
const ChunkSize = 24

// A CopyChunkResponse is the output of FsctlCopyChunk and FsctlCopyChunkWrite,
// [MS-SMB2] 2.2.32.1. With StatusInvalidParameter it is the server's limits:
// chunks, bytes of a chunk, bytes in all.
//
//	ChunksWritten[4] ChunkBytesWritten[4] TotalBytesWritten[4]
type CopyChunkResponse struct {
	Chunks     uint32
	ChunkBytes uint32 // of the chunk that was not written in full
	TotalBytes uint32
}

// ParseCopyChunkResponse reads an IOCTL's output.
func ParseCopyChunkResponse(output []byte) (r CopyChunkResponse, err error) {
	c := cursor{output, true}
	r.Chunks, r.ChunkBytes, r.TotalBytes = c.u32(), c.u32(), c.u32()
	return r, c.short(copyChunkResponse, copyChunkResponseSection)
}

// AppendBody appends an IOCTL's output.
func (r *CopyChunkResponse) AppendBody(b []byte) []byte {
	return le32(le32(le32(b, r.Chunks), r.ChunkBytes), r.TotalBytes)
}
