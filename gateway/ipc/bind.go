package ipc

// A syntax names an interface or how its arguments are written, [C706]
// 12.6.3.1, p_syntax_id_t.
//
//	if_uuid[16] if_version[4]
type syntax struct {
	id      uuid
	version uint32 // major in the lower half, minor in the upper
}

// A uuid is one as its fields are, of which the first three have a byte order.
type uuid struct {
	low      uint32
	mid, top uint16
	node     [8]byte
}

var (
	// serverService is [MS-SRVS] 1.9: srvsvc 3.0.
	serverService = syntax{uuid{0x4b324fc8, 0x1670, 0x01d3, [8]byte{0x12, 0x78, 0x5a, 0x47, 0xbf, 0x6e, 0xe1, 0x88}}, 3}

	// ndr is the transfer syntax of [C706] 14: NDR 2.0. [MS-RPCE] 2.2.5 has
	// another, NDR64.
	ndr = syntax{uuid{0x8a885d04, 0x1ceb, 0x11c9, [8]byte{0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60}}, 2}
)

// features are what bind time feature negotiation is about, [MS-RPCE] 2.2.2.14.
type features uint8

const (
	keepOnOrphan  features = 2
	knownFeatures          = keepOnOrphan
)

// negotiates says whether a transfer syntax is in truth a set of features,
// [MS-RPCE] 3.3.1.5.3: the UUID begins with 6CB71C2C-9812-4540.
func (s syntax) negotiates() (features, bool) {
	ok := s.id.low == 0x6cb71c2c && s.id.mid == 0x9812 && s.id.top == 0x4540 && s.version == 1
	return features(s.id.node[0]), ok
}

// A bind is the body of bind and alter_context, [C706] 12.6.4.3, 12.6.4.1.
//
//	header[16] max_xmit_frag[2] max_recv_frag[2] assoc_group_id[4]
//	n_context_elem[1] reserved[3] p_cont_elem[variable]
type bind struct {
	transmit uint16 // the longest PDU that the client sends
	receive  uint16 // and takes
	group    uint32
	offers   []offer
}

// An offer is a presentation context: an interface, and the ways in which the
// client can write its arguments.
//
//	p_cont_id[2] n_transfer_syn[1] reserved[1] abstract_syntax[20]
//	transfer_syntaxes[20*n]
type offer struct {
	id        uint16
	abstract  syntax
	transfers []syntax
}

func (d *decoder) syntax() (s syntax) {
	s.id.low, s.id.mid, s.id.top = d.u32(), d.u16(), d.u16()
	copy(s.id.node[:], d.take(len(s.id.node)))
	s.version = d.u32()
	return s
}

// parseBind reads the body. What it makes is bounded by the PDU, as a count that
// is not covered by bytes ends it, and the answer fits into any fragment.
func parseBind(h header, pdu []byte) (p bind, err error) {
	d := decoder{b: pdu, at: headerSize, big: h.big, ok: true}
	p.transmit, p.receive, p.group = d.u16(), d.u16(), d.u32()
	n := d.u8()
	d.take(3) // reserved, ignored
	if n > maxContexts {
		return p, &parseError{"bind", "[C706] 12.6.4.3", "n_context_elem is more than any client has"}
	}
	for range n {
		o := offer{id: d.u16()}
		transfers := d.u8()
		d.u8() // reserved, ignored
		o.abstract = d.syntax()
		for range transfers {
			if o.transfers = append(o.transfers, d.syntax()); !d.ok {
				break
			}
		}
		if p.offers = append(p.offers, o); !d.ok {
			break
		}
	}
	return p, d.err("bind", "[C706] 12.6.4.3")
}

// A verdict is the answer to an offer, [C706] 12.6.3.1, p_result_t.
//
//	result[2] reason[2] transfer_syntax[20]
type verdict struct {
	result   uint16
	reason   uint16
	transfer syntax
}

// Results and reasons, [C706] 12.6.3.1 and [MS-RPCE] 2.2.2.4.
const (
	accepted     = 0
	rejected     = 2 // provider_rejection
	acknowledged = 3 // negotiate_ack: the reason is a set of features

	noSuchInterface = 1 // abstract_syntax_not_supported
	noSuchTransfer  = 2 // proposed_transfer_syntaxes_not_supported
	noMoreContexts  = 3 // local_limit_exceeded
)

// judge takes srvsvc with NDR, and says so if the offer is one of features.
func (o *offer) judge() verdict {
	if len(o.transfers) == 1 {
		if f, ok := o.transfers[0].negotiates(); ok {
			return verdict{result: acknowledged, reason: uint16(f & knownFeatures)}
		}
	}
	if o.abstract != serverService {
		return verdict{result: rejected, reason: noSuchInterface}
	}
	for _, t := range o.transfers {
		if t == ndr {
			return verdict{result: accepted, transfer: ndr}
		}
	}
	return verdict{result: rejected, reason: noSuchTransfer}
}

// A bindAck is the body of bind_ack and alter_context_response, [C706]
// 12.6.4.4, 12.6.4.2.
//
//	header[16] max_xmit_frag[2] max_recv_frag[2] assoc_group_id[4]
//	sec_addr_length[2] sec_addr[variable] pad[to 4] n_results[1] reserved[3]
//	p_results[24*n]
type bindAck struct {
	transmit, receive uint16
	group             uint32
	address           string // of a bind: the pipe
	verdicts          []verdict
}

func (a *bindAck) append(h header) []byte {
	e := encoder{b: h.append(nil)}
	e.b = le16(le16(e.b, a.transmit), a.receive)
	e.b = le32(e.b, a.group)
	if a.address == "" {
		e.b = le16(e.b, 0)
	} else {
		e.b = append(append(le16(e.b, uint16(len(a.address)+1)), a.address...), 0)
	}
	e.align()
	e.b = append(e.b, uint8(len(a.verdicts)), 0, 0, 0)
	for _, v := range a.verdicts {
		e.b = le16(le16(e.b, v.result), v.reason)
		e.b = le16(le16(le32(e.b, v.transfer.id.low), v.transfer.id.mid), v.transfer.id.top)
		e.b = le32(append(e.b, v.transfer.id.node[:]...), v.transfer.version)
	}
	return finish(e.b)
}

// Reasons of bind_nak, [MS-RPCE] 2.2.2.5.
const (
	nakUnspecified   = 0
	nakProtocol      = 4
	nakUnknownAuth   = 8
	nakVersionsCount = 1
)

// bindNak refuses a bind, [C706] 12.6.4.5, and says which version is spoken.
//
//	header[16] provider_reject_reason[2] n_protocols[1] p_protocols[2*n]
func bindNak(h header, reason uint16) []byte {
	own := header{minor: h.minor, kind: kindBindNak, flags: wholePDU, call: h.call}
	return finish(append(le16(own.append(nil), reason), nakVersionsCount, rpcVersion, 0))
}
