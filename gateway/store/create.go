package store

import (
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// create does CREATE, [MS-SMB2] 3.3.5.9. Oplocks, leases and durability are
// asked for and not granted.
func (s *Server) create(k *call) *transports.Message {
	k.chain.known, k.chain.failed = false, smb2.StatusSuccess
	m, status := s.tryCreate(k)
	if status != smb2.StatusSuccess {
		k.chain.failed = status
		return s.fail(k, status)
	}
	return m
}

func (s *Server) tryCreate(k *call) (*transports.Message, smb2.Status) {
	r, err := smb2.ParseCreateRequest(k.element)
	if err != nil {
		return nil, smb2.StatusInvalidParameter
	}
	c, status := parseCreation(&r, k.element)
	if status != smb2.StatusSuccess {
		return nil, status
	}
	wants, status := parseWants(&r, k.element, &c)
	if status != smb2.StatusSuccess {
		return nil, status
	}
	s.volume.mu.Lock()
	defer s.unlock()
	if len(s.opens) >= maxOpens {
		return nil, smb2.StatusTooManyOpenedFiles
	}
	o, action, status := s.volume.open(&c)
	if status != smb2.StatusSuccess {
		return nil, status
	}
	s.publish(o)
	k.chain.file, k.chain.known = o.id, true
	return s.created(k.request, o, action, wants), smb2.StatusSuccess
}

// created is the reply.
func (s *Server) created(r *tree.Request, o *open, action smb2.CreateAction, w wants) *transports.Message {
	n := o.node()
	reply := smb2.CreateResponse{Action: action, Times: n.times, Attributes: n.wireAttributes(), FileID: o.id}
	reply.AllocationSize, reply.EndOfFile = o.stream.sizes()
	var contexts []smb2.CreateContext
	if w.maximal {
		x := smb2.MaximalAccessResponse{Access: o.stream.maximal()}
		contexts = append(contexts, smb2.CreateContext{Tag: []byte(smb2.TagMaximalAccess), Data: x.AppendBody(nil)})
	}
	if w.diskID {
		x := smb2.DiskID{File: n.id, Volume: s.volume.serial}
		contexts = append(contexts, smb2.CreateContext{Tag: []byte(smb2.TagDiskID), Data: x.AppendBody(nil)})
	}
	const most = 88 + 2*(24+32)
	m := s.replies.Arena.New(smb2.HeaderSize + most)
	m.Resize(len(reply.Append(smb2.AppendReply(m.Bytes()[:0], r.Header(), smb2.StatusSuccess, 0), contexts)))
	return m
}

// parseCreation checks what is in the fixed part.
func parseCreation(r *smb2.CreateRequest, element []byte) (c creation, s smb2.Status) {
	name, err := r.Name(element)
	switch {
	case err != nil || r.Disposition > smb2.DispositionOverwriteIf:
		return c, smb2.StatusInvalidParameter
	case r.Impersonation > smb2.ImpersonateDelegate:
		return c, smb2.StatusBadImpersonationLevel
	case r.Options.Has(smb2.OptionOpenByFileID):
		return c, smb2.StatusNotSupported
	case r.Options.Has(directoryOnly | fileOnly):
		return c, smb2.StatusInvalidParameter
	}
	c = creation{
		share: r.Share, disposition: r.Disposition, options: r.Options, attributes: r.Attributes,
	}
	if c.options.Has(directoryOnly) && c.overwrites() {
		return c, smb2.StatusInvalidParameter
	}
	if c.access, c.maximum, s = mapAccess(r.Access); s != smb2.StatusSuccess {
		return c, s
	}
	if c.options.Has(smb2.OptionDeleteOnClose) && !c.access.Has(smb2.AccessDelete) && !c.maximum {
		return c, smb2.StatusAccessDenied
	}
	c.path, s = parsePath(name)
	return c, s
}

// mapAccess replaces the generic bits, [MS-SMB2] 2.2.13.1. No bits at all,
// reserved ones, and those that need a privilege are refused.
func mapAccess(a smb2.Access) (access smb2.Access, maximum bool, s smb2.Status) {
	const generic = smb2.AccessGenericAll | smb2.AccessGenericRead | smb2.AccessGenericWrite |
		smb2.AccessGenericExecute | smb2.AccessMaximumAllowed
	if a == 0 || a&^(allAccess|generic) != 0 {
		return 0, false, smb2.StatusAccessDenied
	}
	for bit, rights := range map[smb2.Access]smb2.Access{
		smb2.AccessGenericAll: allAccess, smb2.AccessGenericRead: 0x120089,
		smb2.AccessGenericWrite: 0x120116, smb2.AccessGenericExecute: 0x1200a0,
	} {
		if a.Has(bit) {
			access |= rights
		}
	}
	return access | a&^generic, a.Has(smb2.AccessMaximumAllowed), smb2.StatusSuccess
}
