package gateway

import (
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

const (
	// placedRequestLength is a READ or WRITE request with one descriptor.
	placedRequestLength = smb2.ReadRequestBuffer + smb2.DescriptorSize

	// inlineReadLength is a READ request without channel: its buffer has one
	// byte, [MS-SMB2] 2.2.19.
	inlineReadLength = smb2.ReadRequestBuffer + 1
)

// build makes the message that goes to the backend in place of m, of which at
// least one element is converted, and starts the transfers from the client. It
// owns m.
func (v *converter) build(m *transports.Message, plan []planned) (batch, *end) {
	var b batch
	last := &b.ops
	for i := range plan {
		p := &plan[i]
		if !p.converts() {
			continue
		}
		if p.op = v.open(p, m); p.op != nil {
			*last, last = p.op, &p.op.sibling
		}
	}
	v.tally(plan)
	if b.ops == nil {
		b.m = m
		return b, nil
	}
	if len(b.ops.parts) > 1 {
		v.buildParts(&plan[0])
		v.startPulls(plan, nil)
		m.Release()
		return b, nil
	}
	b.m = v.rebuild(plan)
	v.startPulls(plan, b.m)
	m.Release()
	return b, nil
}

// tally counts what became of the READs and WRITEs of a message.
func (v *converter) tally(plan []planned) {
	for i := range plan {
		switch p := &plan[i]; {
		case !p.io:
		case p.refuse:
			v.counts.refused++
		case p.serve || p.place:
			v.counts.placed(p.command)
		default:
			v.counts.inline(p.command, p.why)
		}
	}
}

// open makes the record of a converted element, with the memory it needs. It
// returns nil when the element passes as it is after all.
func (v *converter) open(p *planned, m *transports.Message) *op {
	o := v.pending.take()
	o.command, o.length, o.reserved = p.command, p.length, p.reserved
	o.refused, o.served, o.placed = p.refuse, p.serve, p.place
	if p.serve {
		o.invalidate = p.channel() == smb2.ChannelV1Invalidate
		for info := p.channelInfo(); len(info) > 0; info = info[smb2.DescriptorSize:] {
			o.to = append(o.to, transports.Descriptor(smb2.DescriptorAt(info)))
		}
	}
	v.divide(o, p.element)
	if !p.place {
		return o
	}
	err := v.expose(p, o, m)
	if err == nil {
		return o
	}
	v.c.log.Debug("memory is not exposed", "peer", v.c.peer, "command", p.command, "bytes", p.length, "error", err)
	// The leg has no room for another region: as if it could not place.
	o.release()
	p.place, p.why, o.placed = false, noMemory, false
	if !p.serve {
		v.pending.free(o)
		return nil
	}
	clear(o.parts)
	o.parts, o.left = o.parts[:0], 0
	v.divide(o, p.element)
	return o
}

// expose lets the backend reach the operation's payload: where it is in a
// WRITE that brought it, or in a new buffer.
func (v *converter) expose(p *planned, o *op, m *transports.Message) error {
	var payload []byte
	right := transports.Readable
	switch {
	case p.command == smb2.CommandRead:
		o.data = v.arena.New(smb2.ReadResponseBuffer + int(p.length))
		payload, right = o.data.Bytes()[smb2.ReadResponseBuffer:], transports.Writable
	case p.serve:
		o.data = v.arena.New(int(p.length))
		payload = o.data.Bytes()
	default:
		o.data = m.Retain()
		payload = p.data
	}
	if len(o.parts) > 1 {
		o.minimum = p.read.MinimumCount
	}
	for i := range o.parts {
		q := &o.parts[i]
		e, err := v.back.Expose(payload[q.offset:][:q.length:q.length], right)
		if err != nil {
			return err
		}
		q.exposure = e
	}
	return nil
}

// rebuild puts the elements together again, converted ones in their new form.
// All others keep their bytes, and so their signatures.
func (v *converter) rebuild(plan []planned) *transports.Message {
	size := 0
	for i := range plan {
		n := plan[i].newLength()
		size += n
		if i < len(plan)-1 { // padding behind the last one could exceed MaxMessage
			size += smb2.Pad(n)
		}
	}
	out := v.arena.New(size)
	b := out.Bytes()[:0]
	for i := range plan {
		p := &plan[i]
		if p.op == nil {
			b = append(b, p.element...)
			continue
		}
		start := len(b)
		b = v.put(b, p)
		if i == len(plan)-1 {
			smb2.Header(b[start:]).SetNextCommand(0)
			break
		}
		for n := smb2.Pad(len(b) - start); n > 0; n-- {
			b = append(b, 0)
		}
		smb2.Header(b[start:]).SetNextCommand(uint32(len(b) - start))
	}
	out.Resize(len(b))
	return out
}

// newLength is the element's length in the rebuilt message, without padding.
func (p *planned) newLength() int {
	switch {
	case p.op == nil:
		return len(p.element)
	case p.refuse:
		return smb2.QueryInfoRequestLength
	case p.place:
		return placedRequestLength
	case p.command == smb2.CommandRead:
		return inlineReadLength
	}
	return smb2.WriteRequestBuffer + int(p.length)
}

// put appends a converted element in its new form.
func (v *converter) put(b []byte, p *planned) []byte {
	switch {
	case p.refuse:
		return putHarmless(b, p.element)
	case p.place:
		return v.putPlaced(b, p, &p.op.parts[0])
	case p.command == smb2.CommandRead:
		r := p.read
		r.Channel, r.RemainingBytes, r.ChannelInfoOffset, r.ChannelInfoLength = 0, 0, 0, 0
		return append(r.AppendBody(append(b, p.element[:smb2.HeaderSize]...)), 0)
	}
	w := p.write
	w.DataOffset, w.Length = smb2.WriteRequestBuffer, p.length
	w.Channel, w.RemainingBytes, w.ChannelInfoOffset, w.ChannelInfoLength = 0, 0, 0, 0
	b = w.AppendBody(append(b, p.element[:smb2.HeaderSize]...))
	return b[:len(b)+int(p.length)] // for the transfer from the client
}

// putPlaced appends the request for a part with the descriptor of our own.
func (v *converter) putPlaced(b []byte, p *planned, q *part) []byte {
	b = append(b, p.element[:smb2.HeaderSize]...)
	if p.command == smb2.CommandRead {
		r := p.read
		r.Length, r.Offset, r.RemainingBytes = q.length, r.Offset+uint64(q.offset), q.length
		r.Channel, r.ChannelInfoOffset, r.ChannelInfoLength = v.backChannel(), smb2.ReadRequestBuffer, smb2.DescriptorSize
		if len(p.op.parts) > 1 {
			r.MinimumCount = 0 // of all parts together: finishSplit
		}
		b = r.AppendBody(b)
	} else {
		w := p.write
		w.DataOffset, w.Length, w.Offset, w.RemainingBytes = 0, 0, w.Offset+uint64(q.offset), q.length
		w.Channel, w.ChannelInfoOffset, w.ChannelInfoLength = v.backChannel(), smb2.WriteRequestBuffer, smb2.DescriptorSize
		b = w.AppendBody(b)
	}
	return smb2.BufferDescriptor(q.exposure.Descriptor()).AppendBody(b)
}

// putHarmless appends the question that goes in place of a request that has to
// be refused: the backend accounts for its message ids and credits and keeps
// its place in the order and in the compound, and nothing else happens. head
// is the request's header with its fixed part: READ and WRITE have the file at
// the same place.
func putHarmless(b, head []byte) []byte {
	const fileID = smb2.HeaderSize + 16
	start := len(b)
	b = append(b, head[:smb2.HeaderSize]...)
	smb2.Header(b[start:]).SetCommand(smb2.CommandQueryInfo)
	q := smb2.QueryInfoRequest{
		InfoType:     smb2.InfoFile,
		Class:        smb2.FileBasicInfo,
		OutputLength: smb2.FileBasicInfoLength,
		FileID:       smb2.FileID(head[fileID:]),
	}
	return append(q.AppendBody(b), 0)
}

// startPulls begins the transfers of served WRITEs: into the buffer that is
// exposed, or into out behind the request's header.
func (v *converter) startPulls(plan []planned, out *transports.Message) {
	at := 0
	for i := range plan {
		p := &plan[i]
		if p.op != nil && p.serve && p.command == smb2.CommandWrite {
			v.c.in.bytes += uint64(p.length)
			var dst []byte
			if p.op.placed {
				dst = p.op.data.Bytes()
			} else {
				dst = out.Bytes()[at+smb2.WriteRequestBuffer:][:p.length]
			}
			p.op.pulling = true
			v.front.Pull(dst, p.op.to, (*pull)(p.op))
		}
		n := p.newLength()
		at += n + smb2.Pad(n)
	}
}
