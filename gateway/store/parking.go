package store

import (
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A parking is a request that waits. It is announced before the client is told
// to wait, and begins to wait after: a Cancel in between is not lost.
type parking struct {
	cancelled bool
	end       func() // takes the request out of what it waits in
}

// A completion is an answer to be sent when the volume is free.
type completion struct {
	request *tree.Request
	message *transports.Message
}

// park announces that r waits. The volume is locked.
func (s *Server) park(k *call) smb2.Status {
	if !k.last {
		return smb2.StatusInternalError // only the last of a chain may wait
	}
	if len(s.parked) >= maxParked {
		return smb2.StatusInsufficientResources
	}
	s.parked[k.request] = new(parking)
	return smb2.StatusSuccess
}

// settle answers a parked request. The volume is locked.
func (s *Server) settle(r *tree.Request, m *transports.Message) {
	delete(s.parked, r)
	s.volume.done = append(s.volume.done, completion{r, m})
}

func (s *Server) complete(r *tree.Request, status smb2.Status) {
	s.settle(r, s.replies.Failure(r, status))
}

func (s *Server) completeLock(r *tree.Request) {
	s.settle(r, s.replies.Answer(r, tree.OutputFixed, &smb2.LockResponse{}))
}

// completeNotify answers with changes; none say that there are too many to
// list, [MS-SMB2] 3.3.5.19.
func (s *Server) completeNotify(r *tree.Request, changes []byte) {
	if len(changes) == 0 {
		s.complete(r, smb2.StatusNotifyEnumDir)
		return
	}
	s.settle(r, s.replies.Output(r, smb2.StatusSuccess, &smb2.ChangeNotifyResponse{}, changes))
}

// Cancel ends the waiting of r. What does not wait is about to be answered.
func (s *Server) Cancel(r *tree.Request) {
	s.volume.mu.Lock()
	defer s.unlock()
	p := s.parked[r]
	switch {
	case p == nil:
	case p.end == nil:
		p.cancelled = true
	default:
		p.end()
		s.complete(r, smb2.StatusCancelled)
	}
}

// resumed says whether a request that has been announced still has to wait, and
// the open that it is about is there: both may have gone meanwhile.
func (s *Server) resumed(r *tree.Request, o *open) (p *parking, ok bool) {
	p = s.parked[r]
	switch {
	case p.cancelled:
		s.complete(r, smb2.StatusCancelled)
		return nil, false
	case s.opens[o.id] != o:
		s.complete(r, smb2.StatusFileClosed)
		return nil, false
	}
	return p, true
}
