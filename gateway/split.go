package gateway

import (
	"math"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A request that is larger than the back leg moves at once goes as several.
// They use what is the client's already: a request with CreditCharge n owns n
// message ids, [MS-SMB2] 3.2.4.1.5, one for each 64 KiB. So parts are
// multiples of that, take their share of the ids and of the credits asked for,
// and are all sent before the first is answered.

// creditUnit is what one credit pays for, [MS-SMB2] 3.1.5.2.
const creditUnit = 64 << 10

// step is the length of all parts but the last.
func (v *converter) step() uint32 { return v.back.max &^ (creditUnit - 1) }

func charge(bytes uint32) uint32 { return max(1, (bytes+creditUnit-1)/creditUnit) }

// whyNotSplit is placeIt for a request that can be asked in parts.
func (v *converter) whyNotSplit(p *planned) reason {
	h := smb2.Header(p.element)
	offset := p.read.Offset
	if p.command == smb2.CommandWrite {
		offset = p.write.Offset
	}
	switch step := v.step(); {
	case step == 0 || (p.length+step-1)/step > maxParts:
		return tooLarge
	case charge(p.length) > max(1, uint32(h.CreditCharge())):
		return fewCredits
	case offset > math.MaxInt64-uint64(p.length): // also the end of the file as such, 2.2.21
		return tooLarge
	}
	return placeIt
}

// divide gives o its parts: one, or as many as the back leg needs.
func (v *converter) divide(o *op, h smb2.Header) {
	id := h.MessageID()
	if !o.placed || o.length <= v.back.max {
		o.add(id, 0, o.length)
		return
	}
	step := v.step()
	for at := uint32(0); at < o.length; at += step {
		n := min(step, o.length-at)
		o.add(id, at, n)
		id += smb2.MessageID(charge(n))
	}
}

// buildParts makes the requests of an operation that was split.
func (v *converter) buildParts(p *planned) {
	h := smb2.Header(p.element)
	ids, asked := max(1, uint32(h.CreditCharge())), uint32(h.Credits())
	o := p.op
	for i := range o.parts {
		q := &o.parts[i]
		share := charge(q.length)
		credits := min(asked, share)
		if i == len(o.parts)-1 {
			share, credits = ids, asked // what is left
		}
		ids, asked = ids-share, asked-credits

		m := v.arena.New(placedRequestLength)
		head := smb2.Header(v.putPlaced(m.Bytes()[:0], p, q))
		head.SetMessageID(q.id)
		head.SetCreditCharge(uint16(share))
		head.SetCredits(uint16(credits))
		q.request = m
	}
}

// finishSplit makes one reply of those to the parts of o: part 0's with the
// credits of all. The first error decides, and a part that moved less than it
// was asked ends the transfer, as if all had been one.
func (v *converter) finishSplit(o *op) (a answer) {
	head := smb2.Header(o.element)
	head.SetCredits(uint16(min(o.credits, math.MaxUint16)))
	a = answer{element: o.element, op: o}
	var total uint32
	status := o.parts[0].status
	for i := range o.parts {
		q := &o.parts[i]
		if !q.status.HasData() {
			if i > 0 && q.status != smb2.StatusEndOfFile {
				status = q.status
			}
			break
		}
		total += q.count
		if q.count < q.length {
			break
		}
	}
	switch {
	case status != o.parts[0].status:
		a.status = status
	case !status.HasData():
		// Part 0's own error passes.
	case o.command == smb2.CommandWrite:
		w := smb2.WriteResponse{Count: total}
		w.AppendBody(o.element[:smb2.HeaderSize])
	case total < o.minimum || total == 0:
		a.status = smb2.StatusEndOfFile // [MS-SMB2] 3.3.5.12
	default:
		a.data = o.data.Bytes()[smb2.ReadResponseBuffer:][:total]
		a.holder, o.data = o.data, nil
	}
	return a
}

// keep remembers the final reply to a part of a split operation, and says
// whether it was the last one. Part 0's message is kept for its header.
func (o *op) keep(p *part, element []byte, m *transports.Message) (complete bool) {
	o.credits += uint32(smb2.Header(element).Credits())
	if p == &o.parts[0] {
		o.reply, o.element = m.Retain(), element
	}
	return o.left == 0
}
