package store

import (
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/fscc"
	"github.com/smbgw/smbgw/transports"
)

// A scan is how far an open has read its directory.
type scan struct {
	begun   bool
	found   bool    // something has matched
	pattern pattern // of the first request, or of the last reopen
	dots    int     // how many of . and .. are done
	last    string  // the key of the last name that is done
}

// queryDirectory does QUERY_DIRECTORY, [MS-SMB2] 3.3.5.18.
func (s *Server) queryDirectory(k *call) *transports.Message {
	r, err := smb2.ParseQueryDirectoryRequest(k.element)
	if err != nil || r.OutputLength > maxTransfer {
		return s.malformed(k)
	}
	b, err := r.Name(k.element)
	if err != nil {
		return s.malformed(k)
	}
	name, ok := smb2.DecodeUTF16(b)
	if !ok || units(name) > maxName {
		return s.fail(k, smb2.StatusObjectNameInvalid)
	}
	s.volume.mu.Lock()
	defer s.unlock()
	o, status := s.file(k, r.FileID)
	if status == smb2.StatusSuccess {
		status = o.listable(&r)
	}
	if status != smb2.StatusSuccess {
		return s.fail(k, status)
	}
	o.begin(&r, name)
	list, status := o.list(&r)
	if status != smb2.StatusSuccess {
		return s.fail(k, status)
	}
	return s.replies.Output(k.request, smb2.StatusSuccess, &smb2.QueryDirectoryResponse{}, list)
}

func (o *open) listable(r *smb2.QueryDirectoryRequest) smb2.Status {
	fixed := fscc.DirectoryFixed(r.Class)
	switch {
	case !o.isDirectory():
		return smb2.StatusInvalidParameter
	case !o.access.Has(smb2.AccessReadData):
		return smb2.StatusAccessDenied
	case fixed == 0:
		return smb2.StatusInvalidInfoClass
	case r.OutputLength < uint32(fixed):
		return smb2.StatusInfoLengthMismatch
	}
	return smb2.StatusSuccess
}

// begin starts the scan, or starts it again, or leaves it where it is. No
// pattern is all.
func (o *open) begin(r *smb2.QueryDirectoryRequest, name string) {
	reopen := r.Flags.Has(smb2.QueryDirectoryReopen)
	restart := r.Flags.Has(smb2.QueryDirectoryRestart)
	if o.scan.begun && !reopen && !restart {
		return
	}
	p := o.scan.pattern
	if name != "" || !o.scan.begun || reopen {
		if name == "" {
			name = "*"
		}
		p = newPattern(name)
	}
	o.scan = scan{begun: true, pattern: p}
}

// list is the next entries that match and fit.
func (o *open) list(r *smb2.QueryDirectoryRequest) ([]byte, smb2.Status) {
	var b []byte
	at := -1 // where the last entry begins
	for {
		here := o.scan
		e, ok := o.next()
		if !ok {
			break
		}
		from := len(b)
		if at >= 0 {
			b = fscc.Link(b, at, 8)
		}
		next := len(b)
		if b = e.Append(b, r.Class); len(b) > int(r.OutputLength) {
			o.scan = here
			if at < 0 {
				return nil, smb2.StatusBufferOverflow // not even one
			}
			return cutEntry(b[:from], at), smb2.StatusSuccess
		}
		at = next
		o.scan.found = true
		if r.Flags.Has(smb2.QueryDirectorySingle) {
			break
		}
	}
	switch {
	case at >= 0:
		return b, smb2.StatusSuccess
	case !o.scan.found:
		return nil, smb2.StatusNoSuchFile
	}
	return nil, smb2.StatusNoMoreFiles
}

// cutEntry makes the entry at b[at:] the last again.
func cutEntry(b []byte, at int) []byte {
	clear(b[at : at+4])
	return b
}

// next is the next entry that matches.
func (o *open) next() (e fscc.Entry, ok bool) {
	d := o.node()
	for o.scan.dots < 2 {
		o.scan.dots++
		name, n := ".", d
		if o.scan.dots == 2 {
			name = ".."
			if d.parent != nil {
				n = d.parent
			}
		}
		if o.scan.pattern.match(name) {
			return entryOf(n, name), true
		}
	}
	i, found := d.find(o.scan.last)
	if found {
		i++
	}
	for ; i < len(d.children); i++ {
		n := d.children[i]
		o.scan.last = n.key
		if o.scan.pattern.match(n.key) {
			return entryOf(n, n.name), true
		}
	}
	return e, false
}

func entryOf(n *node, name string) fscc.Entry {
	e := fscc.Entry{Times: n.times, Attributes: n.wireAttributes(), ID: n.id, Name: wire(name)}
	e.AllocationSize, e.EndOfFile = n.main.sizes()
	return e
}
