package store

import "github.com/smbgw/smbgw/smb2"

// wants are the answers that a CREATE's contexts ask for.
type wants struct {
	maximal bool
	diskID  bool
}

// parseWants reads the contexts, [MS-SMB2] 3.3.5.9. Those that are not known
// are ignored, as are oplocks', leases' and durability's once their lengths have
// been checked: none is granted.
func parseWants(r *smb2.CreateRequest, element []byte, c *creation) (w wants, s smb2.Status) {
	b, err := r.Contexts(element)
	if err != nil {
		return w, smb2.StatusInvalidParameter
	}
	list, err := smb2.ParseCreateContexts(nil, b)
	if err != nil {
		return w, smb2.StatusInvalidParameter
	}
	for _, x := range list {
		if s := w.context(x, c); s != smb2.StatusSuccess {
			return w, s
		}
	}
	return w, smb2.StatusSuccess
}

func (w *wants) context(x smb2.CreateContext, c *creation) smb2.Status {
	var err error
	switch string(x.Tag) {
	case smb2.TagMaximalAccess:
		_, err = smb2.ParseMaximalAccessRequest(x.Data)
		w.maximal = true
	case smb2.TagDiskID:
		w.diskID = true
	case smb2.TagAllocationSize:
		var a smb2.AllocationSize
		a, err = smb2.ParseAllocationSize(x.Data)
		c.allocation = a.Bytes
	case smb2.TagLease:
		_, err = smb2.ParseLease(x.Data)
	case smb2.TagTimewarp:
		return smb2.StatusObjectNameNotFound // there are no snapshots
	case smb2.TagDurableReconn, smb2.TagDurableReconnV2:
		return smb2.StatusObjectNameNotFound // no open outlives its tree
	case smb2.TagEA:
		return smb2.StatusEAsNotSupported
	}
	if err != nil {
		return smb2.StatusInvalidParameter
	}
	return smb2.StatusSuccess
}
