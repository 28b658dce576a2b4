package ipc

import (
	"strings"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// allAccess is what everybody may do with a pipe, and readAccess and writeAccess
// what it takes to read and write.
const (
	allAccess   smb2.Access = 0x001f01ff
	readAccess              = smb2.AccessReadData
	writeAccess             = smb2.AccessWriteData
)

// pipeAllocation is the AllocationSize of a pipe, as Windows has it.
const pipeAllocation = 4096

// isPipe says whether a name is the one pipe's, in the forms that clients send.
func isPipe(name string) bool {
	name = strings.TrimPrefix(auth.Upper(name), `\`)
	return strings.TrimPrefix(name, `PIPE\`) == "SRVSVC"
}

// create does CREATE, [MS-SMB2] 3.3.5.9. A pipe is there or not, so it is opened
// whatever the disposition. It has no oplock, lease or durability, and create
// contexts mean nothing to it.
func (s *Server) create(k *call) *transports.Message {
	k.known, k.failed = false, smb2.StatusSuccess
	o, status := s.open(k.element)
	if status != smb2.StatusSuccess {
		k.failed = status
		return s.fail(k, status)
	}
	k.file, k.known = o.id, true
	return s.replies.Answer(k.request, 88, &smb2.CreateResponse{
		Action: smb2.ActionOpened, AllocationSize: pipeAllocation, Attributes: smb2.AttributeNormal, FileID: o.id,
	})
}

func (s *Server) open(element []byte) (*open, smb2.Status) {
	r, err := smb2.ParseCreateRequest(element)
	if err != nil || r.Disposition > smb2.DispositionOverwriteIf {
		return nil, smb2.StatusInvalidParameter
	}
	raw, err := r.Name(element)
	if err != nil {
		return nil, smb2.StatusInvalidParameter
	}
	name, ok := smb2.DecodeUTF16(raw)
	access := granted(r.Access)
	switch {
	case s.refuses: // before the name: nobody learns which pipes there are
		return nil, smb2.StatusAccessDenied
	case r.Impersonation > smb2.ImpersonateDelegate:
		return nil, smb2.StatusBadImpersonationLevel
	case !ok || !isPipe(name):
		return nil, smb2.StatusObjectNameNotFound
	case r.Options.Has(smb2.OptionDirectory):
		return nil, smb2.StatusNotADirectory
	case access == 0:
		return nil, smb2.StatusAccessDenied
	case len(s.opens) >= maxOpens || s.service.Held() > maxHeld:
		return nil, smb2.StatusTooManyOpenedFiles
	}
	o := &open{access: access, association: newAssociation(s.service.srvsvc(s.client, s.shares), s.service)}
	s.publish(o)
	s.account(o)
	return o, smb2.StatusSuccess
}

// granted replaces the generic bits, [MS-SMB2] 2.2.13.1. Nothing is left of what
// nobody gets.
func granted(a smb2.Access) smb2.Access {
	if a&(smb2.AccessMaximumAllowed|smb2.AccessGenericAll) != 0 {
		return allAccess
	}
	if a.Has(smb2.AccessGenericRead) {
		a |= 0x120089
	}
	if a.Has(smb2.AccessGenericWrite) {
		a |= 0x120116
	}
	if a.Has(smb2.AccessGenericExecute) {
		a |= 0x1200a0
	}
	a &^= smb2.AccessGenericRead | smb2.AccessGenericWrite | smb2.AccessGenericExecute
	if a&^allAccess != 0 {
		return 0
	}
	return a
}

// close does CLOSE, [MS-SMB2] 3.3.5.10. What has not been read is lost.
func (s *Server) close(k *call) *transports.Message {
	r, err := smb2.ParseCloseRequest(k.element)
	if err != nil {
		return s.malformed(k)
	}
	o, status := s.file(k, r.FileID)
	if status != smb2.StatusSuccess {
		return s.fail(k, status)
	}
	s.forget(o)
	var reply smb2.CloseResponse
	if r.Flags&smb2.ClosePostQuery != 0 {
		reply = smb2.CloseResponse{
			Flags: smb2.ClosePostQuery, AllocationSize: pipeAllocation, Attributes: smb2.AttributeNormal,
		}
	}
	return s.replies.Answer(k.request, tree.OutputFixed, &reply)
}
