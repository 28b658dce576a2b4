package store

import (
	"slices"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// changeNotify does CHANGE_NOTIFY, [MS-SMB2] 3.3.5.19.
func (s *Server) changeNotify(k *call) *transports.Message {
	r, err := smb2.ParseChangeNotifyRequest(k.element)
	if err != nil || r.OutputLength > maxTransfer {
		return s.malformed(k)
	}
	s.volume.mu.Lock()
	o, status := s.file(k, r.FileID)
	waits := false
	var m *transports.Message
	if status == smb2.StatusSuccess {
		if status = s.volume.watchOpen(o, &r); status == smb2.StatusSuccess {
			m, status, waits = s.notify(k, o, &r)
		}
	}
	s.unlock()
	switch {
	case waits:
		s.awaitChange(k.request, o, r.OutputLength)
		return nil
	case status != smb2.StatusSuccess:
		return s.fail(k, status)
	}
	return m
}

// notify answers with what has changed since the last time, or parks the
// request.
func (s *Server) notify(k *call, o *open, r *smb2.ChangeNotifyRequest) (m *transports.Message, status smb2.Status, waits bool) {
	w := o.watch
	if len(w.waiting) == 0 && (len(w.changes) > 0 || w.lost) {
		changes := w.take(r.OutputLength)
		if len(changes) == 0 {
			return nil, smb2.StatusNotifyEnumDir, false
		}
		return s.replies.Output(k.request, smb2.StatusSuccess, &smb2.ChangeNotifyResponse{}, changes), smb2.StatusSuccess, false
	}
	status = s.park(k)
	return nil, status, status == smb2.StatusSuccess
}

// watchOpen begins to watch. The filter of the first time stays.
func (v *volume) watchOpen(o *open, r *smb2.ChangeNotifyRequest) smb2.Status {
	switch {
	case !o.isDirectory() || r.Filter == 0:
		return smb2.StatusInvalidParameter
	case !o.access.Has(smb2.AccessReadData):
		return smb2.StatusAccessDenied
	case o.stream.doomed:
		return smb2.StatusDeletePending
	case o.watch != nil:
		return smb2.StatusSuccess
	}
	o.watch = &watch{filter: r.Filter, deep: r.Flags&smb2.ChangeNotifyTree != 0}
	n := o.node()
	n.watchers = append(n.watchers, o)
	v.watches++
	return smb2.StatusSuccess
}

// awaitChange tells the client to wait, and waits unless something has changed
// by now.
func (s *Server) awaitChange(r *tree.Request, o *open, most uint32) {
	r.Pending()
	s.volume.mu.Lock()
	defer s.unlock()
	p, ok := s.resumed(r, o)
	if !ok {
		return
	}
	w := o.watch
	if w == nil {
		s.complete(r, smb2.StatusDeletePending)
		return
	}
	w.waiting = append(w.waiting, notifyWait{r, most})
	p.end = func() {
		w.waiting = slices.DeleteFunc(w.waiting, func(n notifyWait) bool { return n.request == r })
	}
	s.volume.deliver(o)
}
