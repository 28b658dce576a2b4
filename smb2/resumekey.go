package smb2

// A ResumeKey names an open file as the source of a server-side copy,
// [MS-SMB2] 2.2.32.3. It is the server's own and means nothing elsewhere.
type ResumeKey [24]byte

// A ResumeKeyResponse is the output of FsctlRequestResumeKey,
// [MS-SMB2] 2.2.32.3.
//
//	ResumeKey[24] ContextLength[4]=0 Context[4]
type ResumeKeyResponse struct {
	Key ResumeKey
}

const resumeKey, resumeKeySection = "SRV_REQUEST_RESUME_KEY response", "2.2.32.3"

// ParseResumeKeyResponse reads an IOCTL's output. The context is not used and
// may be missing.
func ParseResumeKeyResponse(output []byte) (r ResumeKeyResponse, err error) {
	c := cursor{output, true}
	copy(r.Key[:], c.take(len(r.Key)))
	c.u32() // ContextLength: ignored
	return r, c.short(resumeKey, resumeKeySection)
}

// AppendBody appends an IOCTL's output.
func (r *ResumeKeyResponse) AppendBody(b []byte) []byte {
	return le64(append(b, r.Key[:]...), 0)
}
