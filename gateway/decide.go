package gateway

import (
	"fmt"
	"math"

	"github.com/smbgw/smbgw/smb2"
)

// A planned is one element of a client's message and what is decided about it.
type planned struct {
	element []byte
	command smb2.Command

	// io says that it is a READ or WRITE in the clear whose fields, one of
	// the two, are understood.
	io     bool
	read   smb2.ReadRequest
	write  smb2.WriteRequest
	length uint32 // bytes to be moved
	data   []byte // of a WRITE that brought them

	serve  bool   // the client's descriptors are used
	place  bool   // our own descriptors go to the backend
	refuse bool   // STATUS_INVALID_PARAMETER
	why    reason // when its data moves in messages on both legs

	reserved uint32 // bytes of buffers
	op       *op
}

// converts says that the element does not pass as it is.
func (p *planned) converts() bool { return p.serve || p.place || p.refuse }

// decide fills v.plan with the message's elements. It returns how many there
// are, and how many operations and bytes their conversion needs. A message
// that is no proper compound has no elements and passes for the backend to
// judge.
func (v *converter) decide(message []byte) (n, ops int, bytes uint64, e *end) {
	v.plan = v.plan[:0]
	var at treeID
	room := uint64(maxPayload) // what request or reply may still grow by
	for rest := message; len(rest) > 0; {
		element, after, err := smb2.Split(rest)
		if err != nil {
			return 0, 0, 0, nil
		}
		if len(v.plan) == maxElements {
			return 0, 0, 0, &end{client, offended, fmt.Errorf("compound of more than %d requests", maxElements)}
		}
		v.plan = append(v.plan, planned{element: element})
		p := &v.plan[len(v.plan)-1]
		at = treeOf(element, at)
		alone := len(after) == 0 && len(v.plan) == 1
		if !alone && len(v.plan) == 1 {
			room -= min(room, uint64(len(message))) // it may all stay in the new message
		}
		if e := v.judge(p, at, alone, room); e != nil {
			return 0, 0, 0, e
		}
		if p.converts() {
			ops++
			bytes += uint64(p.reserved)
			if p.grows() {
				room -= uint64(p.length)
			}
		}
		rest = after
	}
	return len(v.plan), ops, bytes, nil
}

// unknownTree stands for the tree that a TREE_CONNECT in the same compound
// will make: it may be of any kind.
var unknownTree = treeID{id: math.MaxUint32}

// treeOf is the tree that an element works on. A related one takes it from the
// element before, [MS-SMB2] 3.3.5.2.7.2.
func treeOf(h smb2.Header, before treeID) treeID {
	switch {
	case h.Command() == smb2.CommandTreeConnect:
		return unknownTree
	case h.Has(smb2.FlagRelated) && before != treeID{}:
		return before
	}
	return treeID{h.SessionID(), h.TreeID()}
}

// grows says that converting the element makes the request or the reply longer
// by its payload. For a READ that the client has placed this is not so, but a
// compound of more is nobody's wish.
func (p *planned) grows() bool {
	return !p.refuse && (p.serve || p.command == smb2.CommandRead)
}

// judge decides about one element. room is how many bytes the message, or its
// reply, may still grow by.
func (v *converter) judge(p *planned, at treeID, alone bool, room uint64) *end {
	h := smb2.Header(p.element)
	p.command = h.Command()
	if !p.understand(h) {
		return nil
	}
	channel := p.channel()
	if h.Has(smb2.FlagSigned) {
		p.io = false
		if channel != smb2.ChannelNone {
			// Its descriptors mean nothing to the backend and its bytes are
			// fixed, so it can neither pass nor be converted.
			return &end{client, offended, fmt.Errorf("signed %v asks for RDMA (channel %v), which a relay cannot carry", p.command, channel)}
		}
		v.counts.inline(p.command, signed)
		return nil
	}
	if channel != smb2.ChannelNone {
		p.serve = v.front.Placer != nil && v.servable(p) && uint64(p.length) <= room
		p.refuse = !p.serve
		if p.refuse {
			return nil
		}
	}
	p.why = v.whyInline(p, at, alone, p.grows() && uint64(p.length) > room)
	if p.why == tooLarge || p.why == fewCredits {
		// More than the back leg places is more than its messages carry.
		p.serve, p.refuse = false, true
		return nil
	}
	p.place = p.why == placeIt
	if p.place || p.serve && p.command == smb2.CommandWrite {
		p.reserved = p.length
	}
	return nil
}

// understand reads the fields of a READ or WRITE request. What it does not
// understand passes: the backend says what is wrong with it.
func (p *planned) understand(h smb2.Header) bool {
	if h.Flags()&(smb2.FlagReply|smb2.FlagAsync) != 0 {
		return false
	}
	var err error
	switch p.command {
	case smb2.CommandRead:
		p.read, err = smb2.ParseReadRequest(p.element)
		p.length = p.read.Length
	case smb2.CommandWrite:
		p.write, err = smb2.ParseWriteRequest(p.element)
		p.length = p.write.Length
		if p.write.Channel != smb2.ChannelNone {
			p.length = p.write.RemainingBytes
		}
	default:
		return false
	}
	p.io = err == nil
	return p.io
}

func (p *planned) channel() smb2.Channel {
	if p.command == smb2.CommandRead {
		return p.read.Channel
	}
	return p.write.Channel
}

// servable checks a request with a channel as an SMB Direct server does,
// [MS-SMB2] 3.3.5.12 and 3.3.5.13.
func (v *converter) servable(p *planned) bool {
	switch d := smb2.Dialect(v.dialect.Load()); p.channel() {
	case smb2.ChannelV1:
		if d < smb2.Dialect30 {
			return false
		}
	case smb2.ChannelV1Invalidate:
		if d < smb2.Dialect302 {
			return false
		}
	default:
		return false // RDMA transforms need the session's keys
	}
	if p.length == 0 || p.length > v.front.max {
		return false
	}
	if p.command == smb2.CommandWrite && (p.write.Length != 0 || p.write.DataOffset != 0) {
		return false
	}
	return enough(p.channelInfo(), p.length, min(smb2.MaxDescriptors, v.front.max/4096+1))
}

// channelInfo is where the client's descriptors are, or nil.
func (p *planned) channelInfo() []byte {
	var info []byte
	var err error
	if p.command == smb2.CommandRead {
		info, err = p.read.ChannelInfo(p.element)
	} else {
		info, err = p.write.ChannelInfo(p.element)
	}
	if err != nil {
		return nil
	}
	return info
}

// enough says that descriptors, at most limit of them, hold length bytes, none
// of those that are needed being empty.
func enough(info []byte, length, limit uint32) bool {
	n := len(info) / smb2.DescriptorSize
	if len(info)%smb2.DescriptorSize != 0 || n > int(limit) {
		return false
	}
	var sum uint64
	for ; len(info) > 0 && sum < uint64(length); info = info[smb2.DescriptorSize:] {
		d := smb2.DescriptorAt(info)
		if d.Length == 0 {
			return false
		}
		sum += uint64(d.Length)
	}
	return sum >= uint64(length)
}

// whyInline says why a request's data goes to the backend, or comes from it,
// in messages; placeIt when it does not.
func (v *converter) whyInline(p *planned, at treeID, alone, full bool) reason {
	if p.command == smb2.CommandWrite && !p.serve {
		data, err := p.write.Data(p.element)
		if err != nil {
			return malformed
		}
		p.data = data
	}
	switch d := smb2.Dialect(v.dialect.Load()); {
	case v.back.Placer == nil:
		return unasked
	case p.length < v.threshold || p.length == 0:
		return belowThreshold
	case d < smb2.Dialect30 || d > smb2.Dialect311:
		return oldDialect
	case at == unknownTree || v.pipes.has(at):
		return onPipe
	case full:
		return tooLarge
	case p.length <= v.back.max:
		return placeIt
	case !alone:
		return tooLarge
	}
	return v.whyNotSplit(p)
}

// backChannel is how the backend is asked: it may invalidate our token, which
// we do not rely on, from 3.0.2 on and where our device lets it, [MS-SMB2]
// 3.2.4.6.
func (v *converter) backChannel() smb2.Channel {
	if smb2.Dialect(v.dialect.Load()) >= smb2.Dialect302 && v.back.invalidates {
		return smb2.ChannelV1Invalidate
	}
	return smb2.ChannelV1
}
