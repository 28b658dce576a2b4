package back

import (
	"slices"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
)

// A connection that clients share cannot keep what a server promises to a client
// by its ClientGuid: oplocks, leases and durable opens. They are not asked for
// there, and who comes back for one learns that there is none.

// promises are the create contexts that ask for them, [MS-SMB2] 2.2.13.2.
var promises = []string{
	smb2.TagLease, smb2.TagDurable, smb2.TagDurableV2, smb2.TagDurableReconn, smb2.TagDurableReconnV2,
}

// createLength is the shortest CREATE, [MS-SMB2] 2.2.13.
const createLength = smb2.HeaderSize + 57

// unpromise takes out of a chain what asks for promises. It is false when an
// element is to be refused, and then nothing has changed.
func unpromise(chain []*tree.Request) bool {
	for _, r := range chain {
		if unkept(r.Element) != smb2.StatusSuccess {
			return false
		}
	}
	for _, r := range chain {
		if r.Header().Command() == smb2.CommandCreate {
			unpromiseCreate(r)
		}
	}
	return true
}

// unkept is what an element is refused with that asks for what cannot be kept: an
// open of before, [MS-SMB2] 3.3.5.9.7 and 3.3.5.9.12, or one to become resilient,
// 3.3.5.15.9. What cannot be understood might be either.
func unkept(element []byte) smb2.Status {
	switch smb2.Header(element).Command() {
	case smb2.CommandCreate:
		list, err := contextsOf(element)
		switch {
		case err != nil:
			return smb2.StatusInvalidParameter
		case smb2.FindCreateContext(list, smb2.TagDurableReconn) != nil,
			smb2.FindCreateContext(list, smb2.TagDurableReconnV2) != nil:
			return smb2.StatusObjectNameNotFound
		case len(without(list)) < len(list) && !isRoomy(list, element):
			return smb2.StatusInvalidParameter
		}
	case smb2.CommandIoctl:
		r, err := smb2.ParseIoctlRequest(element)
		if err == nil && r.Code == smb2.FsctlLMRRequestResiliency {
			return smb2.StatusInvalidDeviceRequest
		}
	}
	return smb2.StatusSuccess
}

// unpromiseCreate takes oplock, lease and durability out of a CREATE that unkept has
// looked at, in its place. What the contexts do not need any more is cut off.
func unpromiseCreate(r *tree.Request) {
	q, _ := smb2.ParseCreateRequest(r.Element)
	q.OplockLevel = smb2.OplockNone
	list, _ := contextsOf(r.Element)
	rest := without(list)
	cut := 0
	if len(rest) < len(list) {
		was, _ := q.Contexts(r.Element)
		now := smb2.AppendCreateContexts(nil, rest)
		clear(was[copy(was, now):])
		if int(q.ContextsOffset)+len(was) == len(r.Element) {
			cut = len(was) - len(now)
		}
		if q.ContextsLength = uint32(len(now)); len(now) == 0 {
			q.ContextsOffset = 0
		}
	}
	q.AppendBody(r.Element[:smb2.HeaderSize])
	shorten(r, min(cut, len(r.Element)-createLength))
}

// shorten cuts bytes off the end of an element, and off its message where that
// ends with it.
func shorten(r *tree.Request, cut int) {
	if n := r.Message.Len() - len(r.Element); n == 0 || n == crypt.TransformSize {
		if b := r.Message.Bytes()[n:]; len(b) > 0 && &b[0] == &r.Element[0] {
			r.Message.Resize(r.Message.Len() - cut)
		}
	}
	r.Element = r.Element[:len(r.Element)-cut]
}

func contextsOf(element []byte) ([]smb2.CreateContext, error) {
	q, err := smb2.ParseCreateRequest(element)
	if err != nil {
		return nil, err
	}
	b, err := q.Contexts(element)
	if err != nil {
		return nil, err
	}
	return smb2.ParseCreateContexts(nil, b)
}

// without is a list without promises.
func without(list []smb2.CreateContext) []smb2.CreateContext {
	return slices.DeleteFunc(slices.Clone(list), func(x smb2.CreateContext) bool {
		return slices.Contains(promises, string(x.Tag))
	})
}

// isRoomy says that a list without its promises is no longer than it was: one whose
// data is not aligned as [MS-SMB2] 2.2.13.2 has it may be.
func isRoomy(list []smb2.CreateContext, element []byte) bool {
	q, _ := smb2.ParseCreateRequest(element)
	return len(smb2.AppendCreateContexts(nil, without(list))) <= int(q.ContextsLength)
}

// unpromiseShare makes of a share one whose clients are told not to cache: nobody would tell
// them of others' changes.
func unpromiseShare(s *tree.Share) {
	s.Flags = s.Flags&^(smb2.ShareCachingMask|smb2.ShareForceLevelII|smb2.ShareNamespaceCaching) | smb2.ShareNoCaching
	s.Capabilities &^= smb2.ShareCapContinuousAvailability
}
