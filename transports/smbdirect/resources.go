package smbdirect

import (
	"encoding/binary"
	"errors"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// On iWARP, IRD and ORD travel as private data of the connection set-up,
// [MS-SMBD] 6.1. The byte order is not written down; everybody sends
// big-endian today, older Linux clients sent little-endian.
//
//	IRD[4] ORD[4]
const resourcesSize = 8

var errNoResources = errors.New("smbdirect: the peer offers no RDMA reads: IRD or ORD is 0 ([MS-SMBD] 6.2)")

func appendResources(ird, ord int) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(ird))
	return binary.BigEndian.AppendUint32(b, uint32(ord))
}

// parseResources reads private data. Other lengths than eight bytes or more
// are somebody else's and ignored. Numbers are clamped.
func parseResources(b []byte) (ird, ord int, ok bool) {
	if len(b) < resourcesSize {
		return 0, 0, false
	}
	i, o := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	if i > 0xFFFF || o > 0xFFFF {
		i, o = le.Uint32(b), le.Uint32(b[4:])
	}
	return int(min(i, maxResources)), int(min(o, maxResources)), true
}

// clientParams is what a client offers. It never reads, but some peers take an
// ORD of 0 for a mistake.
func clientParams(o *Options, over rdma.Link) rdma.Params {
	p := rdma.Params{IRD: o.InboundReads, ORD: 1}
	if !o.OmitPrivateData && hasResources(over) {
		p.Private = appendResources(p.IRD, p.ORD)
	}
	return p
}

// hasResources says whether private data are IRD and ORD: on iWARP, and on what
// is not known to be something else.
func hasResources(l rdma.Link) bool { return l.Provider == "" || l.Kind == rdma.IWARP }

// serverParams answers a client, [MS-SMBD] 6.2: with private data only when
// that was the client's way to say its numbers, and then in the client's
// perspective. The numbers of the provider's own protocol come first.
func serverParams(o *Options, peer rdma.Peer, over rdma.Link) (rdma.Params, error) {
	if peer.Negotiated {
		return rdma.Params{IRD: 1, ORD: min(o.ReadDepth, peer.IRD)}, nil
	}
	ird, ord, ok := parseResources(peer.Private)
	if !ok || !hasResources(over) {
		return rdma.Params{IRD: 1, ORD: 1}, nil
	}
	p := rdma.Params{IRD: min(1, ord), ORD: min(o.ReadDepth, ird)}
	if p.IRD == 0 || p.ORD == 0 {
		return rdma.Params{}, errNoResources
	}
	p.Private = appendResources(p.ORD, p.IRD)
	return p, nil
}
