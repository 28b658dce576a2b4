package store

import (
	"encoding/binary"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// What a client asks for of a descriptor, [MS-SMB2] 2.2.37.
const (
	securityOwner = 1 << 0
	securityGroup = 1 << 1
	securityDACL  = 1 << 2
	securitySACL  = 1 << 3
)

// everyone is S-1-1-0, [MS-DTYP] 2.4.2.2.
//
//	Revision[1] SubAuthorityCount[1] IdentifierAuthority[6] SubAuthority[4]
var everyone = [12]byte{1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}

// querySecurity answers with the one descriptor that all files have. A buffer
// that is too small is told what it lacks, [MS-SMB2] 3.3.5.20.3.
func (s *Server) querySecurity(k *call, o *open, r *smb2.QueryInfoRequest) *transports.Message {
	switch {
	case r.Additional&securitySACL != 0:
		return s.fail(k, smb2.StatusAccessDenied)
	case !o.access.Has(smb2.AccessReadControl):
		return s.fail(k, smb2.StatusAccessDenied)
	}
	d := appendDescriptor(nil, r.Additional)
	if len(d) <= int(r.OutputLength) {
		return s.replies.Output(k.request, smb2.StatusSuccess, &smb2.QueryInfoResponse{}, d)
	}
	return s.tooSmall(k, uint32(len(d)))
}

// tooSmall is STATUS_BUFFER_TOO_SMALL with the length that would do, [MS-SMB2]
// 2.2.2: in an error context where the dialect is 3.1.1.
func (s *Server) tooSmall(k *call, need uint32) *transports.Message {
	data := binary.LittleEndian.AppendUint32(nil, need)
	var e smb2.ErrorResponse
	if s.client.Dialect == smb2.Dialect311 {
		e.ContextCount = 1
		data = smb2.AppendErrorContexts(nil, []smb2.ErrorContext{{ID: smb2.ErrorDefault, Data: data}})
	}
	m := s.replies.Arena.New(smb2.HeaderSize + tree.OutputFixed)
	m.Resize(len(e.Append(smb2.AppendReply(m.Bytes()[:0], k.request.Header(), smb2.StatusBufferTooSmall, 0), data)))
	return m
}

// appendDescriptor appends a self-relative descriptor, [MS-DTYP] 2.4.6:
// everyone owns it and may do everything.
//
//	Revision[1] Sbz1[1] Control[2] OffsetOwner[4] OffsetGroup[4]
//	OffsetSacl[4] OffsetDacl[4]
func appendDescriptor(b []byte, parts uint32) []byte {
	const (
		selfRelative = 0x8000
		daclPresent  = 0x0004
		fixed        = 20
	)
	le := binary.LittleEndian
	control, at := uint16(selfRelative), uint32(fixed)
	place := func(part uint32, size int) (off uint32) {
		if parts&part != 0 {
			off = at
			at += uint32(size)
		}
		return off
	}
	owner, group := place(securityOwner, len(everyone)), place(securityGroup, len(everyone))
	dacl := place(securityDACL, 0)
	if dacl != 0 {
		control |= daclPresent
	}
	b = le.AppendUint16(append(b, 1, 0), control)
	b = le.AppendUint32(le.AppendUint32(b, owner), group)
	b = le.AppendUint32(le.AppendUint32(b, 0), dacl)
	if owner != 0 {
		b = append(b, everyone[:]...)
	}
	if group != 0 {
		b = append(b, everyone[:]...)
	}
	if dacl != 0 {
		b = appendDACL(b)
	}
	return b
}

// appendDACL appends a list of one entry, [MS-DTYP] 2.4.5, 2.4.4.2.
//
//	AclRevision[1] Sbz1[1] AclSize[2] AceCount[2] Sbz2[2]
//	AceType[1] AceFlags[1] AceSize[2] Mask[4] Sid[12]
func appendDACL(b []byte) []byte {
	le := binary.LittleEndian
	b = le.AppendUint16(append(b, 2, 0), 8+8+uint16(len(everyone)))
	b = le.AppendUint16(le.AppendUint16(b, 1), 0)
	b = le.AppendUint16(append(b, 0, 0), 8+uint16(len(everyone)))
	return append(le.AppendUint32(b, uint32(allAccess)), everyone[:]...)
}
