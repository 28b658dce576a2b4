package ipc

import (
	"slices"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// announce says that a request will wait. It begins to only after the client has
// been told: a Cancel in between is not lost.
func (s *Server) announce(k *call, w wait) (*transports.Message, *wait) {
	o := w.open
	switch {
	case o.over != nil:
		return s.fail(k, smb2.StatusPipeDisconnected), nil
	case !k.last:
		return s.fail(k, smb2.StatusInternalError), nil // only the last of a chain may wait
	case len(o.waiting) >= maxWaiting:
		return s.fail(k, smb2.StatusInsufficientResources), nil
	}
	w.request = k.request
	s.waiting[k.request] = &w
	return nil, &w
}

// await tells the client to wait, and waits unless it is over by now.
func (s *Server) await(w *wait) {
	w.request.Pending()
	s.mu.Lock()
	defer s.unlock()
	o := w.open
	switch {
	case s.opens[o.id] != o:
		s.complete(w, s.replies.Failure(w.request, smb2.StatusFileClosed))
	case w.cancelled:
		s.complete(w, s.replies.Failure(w.request, smb2.StatusCancelled))
	default:
		o.waiting = append(o.waiting, w)
		s.wake(o)
	}
}

// wake answers those who wait with what there is to read, in their order.
func (s *Server) wake(o *open) {
	for len(o.waiting) > 0 && (len(o.out) > 0 || o.over != nil) {
		w := o.waiting[0]
		o.waiting = o.waiting[1:]
		s.complete(w, s.deliver(w.request, o, w.transceive, w.most))
	}
}

// deliver is the answer to a READ or FSCTL_PIPE_TRANSCEIVE when there is
// something to read, or never will be.
func (s *Server) deliver(r *tree.Request, o *open, transceive bool, most uint32) *transports.Message {
	if len(o.out) == 0 {
		return s.replies.Failure(r, smb2.StatusPipeDisconnected)
	}
	data, status := o.take(most)
	s.account(o)
	if transceive {
		return s.replies.Output(r, status, &smb2.IoctlResponse{Code: smb2.FsctlPipeTransceive, FileID: o.id}, data)
	}
	return s.replies.Output(r, status, &smb2.ReadResponse{}, data)
}

func (s *Server) complete(w *wait, m *transports.Message) {
	delete(s.waiting, w.request)
	s.done = append(s.done, completion{w.request, m})
}

// Cancel ends the waiting of r. What does not wait is about to be answered.
func (s *Server) Cancel(r *tree.Request) {
	s.mu.Lock()
	defer s.unlock()
	w := s.waiting[r]
	if w == nil {
		return
	}
	i := slices.Index(w.open.waiting, w)
	if i < 0 {
		w.cancelled = true
		return
	}
	w.open.waiting = slices.Delete(w.open.waiting, i, i+1)
	s.complete(w, s.replies.Failure(r, smb2.StatusCancelled))
}
