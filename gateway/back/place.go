package back

import (
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
	"github.com/smbgw/smbgw/transports"
)

// placedRequestLength is a READ or WRITE request with one descriptor.
const placedRequestLength = smb2.ReadRequestBuffer + smb2.DescriptorSize

func isData(command smb2.Command) bool {
	return command == smb2.CommandRead || command == smb2.CommandWrite
}

// A placement is where the data of a READ or WRITE goes: into memory that is
// exposed to the server, or for a reason into the message.
type placement struct {
	why      reason
	placed   bool
	data     *transports.Message // READ's payload is placed in it, behind room for its header
	exposure transports.Exposure

	memory Memory // that the exposure has been taken from; nil for none
	client *tree.Client
	size   int
}

// revoke ends the server's access to what is exposed.
func (p *placement) revoke() {
	if p.exposure != nil {
		p.exposure.Revoke()
		p.exposure = nil
	}
	if p.memory != nil {
		p.memory.Revoke(p.client, p.size)
		p.memory = nil
	}
}

// drop gives everything back.
func (p *placement) drop() {
	p.revoke()
	if p.data != nil {
		p.data.Release()
		p.data = nil
	}
}

// place exposes the data of a READ or WRITE to the server, or says why not.
func (t *Tree) place(r *tree.Request, length uint32) placement {
	command := r.Header().Command()
	if why := t.placeable(command, length); why != placeIt {
		return placement{why: why}
	}
	if command == smb2.CommandWrite {
		payload, ok := payloadOf(r)
		if !ok {
			return placement{why: malformed} // the server's to refuse
		}
		return t.expose(payload, transports.Readable)
	}
	m := t.c.arena.New(smb2.ReadResponseBuffer + int(length))
	p := t.expose(m.Bytes()[smb2.ReadResponseBuffer:], transports.Writable)
	if p.data = m; !p.placed {
		p.drop()
	}
	return p
}

func (t *Tree) expose(payload []byte, right transports.Right) placement {
	memory := t.memory
	if memory != nil && !memory.Expose(t.client, len(payload)) {
		return placement{why: noRoom}
	}
	e, err := t.c.placer.Expose(payload, right)
	if err != nil {
		if memory != nil {
			memory.Revoke(t.client, len(payload))
		}
		return placement{why: noRoom}
	}
	return placement{placed: true, exposure: e, memory: memory, client: t.client, size: len(payload)}
}

// payloadOf is what a WRITE has in its message.
func payloadOf(r *tree.Request) ([]byte, bool) {
	w, err := smb2.ParseWriteRequest(r.Element)
	if err != nil || w.Channel != smb2.ChannelNone {
		return nil, false
	}
	payload, err := w.Data(r.Element)
	return payload, err == nil
}

func (t *Tree) placeable(command smb2.Command, length uint32) reason {
	c := t.c
	switch {
	case c.placer == nil, c.maxPlaced == 0:
		return c.unplaced
	case t.kind == smb2.SharePipe:
		return onPipe
	case length < c.options.Threshold:
		return belowThreshold
	case t.sealed:
		return encrypted
	case t.signed:
		return signed
	case c.suite.Dialect < smb2.Dialect30:
		return oldDialect
	case length > c.maxPlaced:
		return tooLarge
	}
	return placeIt
}

// most is the largest payload that goes as one: what can be placed where that
// is worth while, else what a message carries.
func (t *Tree) most(command smb2.Command) uint32 {
	limit := t.c.limits.MaxRead
	if command == smb2.CommandWrite {
		limit = t.c.limits.MaxWrite
	}
	if n := min(limit, t.c.maxPlaced); n >= minTransfer && t.placeable(command, n) == placeIt {
		return n
	}
	return min(limit, t.c.inline(command))
}

// inline is how much a message carries of a READ's or a WRITE's data.
func (c *Conn) inline(command smb2.Command) uint32 {
	if command == smb2.CommandWrite {
		return c.room()
	}
	return uint32(max(c.maxReceive-crypt.TransformSize-smb2.ReadResponseBuffer, 0))
}

// buildPlaced makes the request that goes in the place of the client's: with a
// descriptor of what was exposed.
func (t *Tree) buildPlaced(k *call) *transports.Message {
	m := t.c.arena.New(placedRequestLength)
	b := t.head(m, k)
	if k.command == smb2.CommandRead {
		r := k.readRequest()
		r.RemainingBytes, r.Channel = r.Length, t.c.channel()
		r.ChannelInfoOffset, r.ChannelInfoLength = smb2.ReadRequestBuffer, smb2.DescriptorSize
		b = r.AppendBody(b)
	} else {
		w := k.writeRequest()
		w.DataOffset, w.Length, w.RemainingBytes, w.Channel = 0, 0, k.length, t.c.channel()
		w.ChannelInfoOffset, w.ChannelInfoLength = smb2.WriteRequestBuffer, smb2.DescriptorSize
		b = w.AppendBody(b)
	}
	smb2.BufferDescriptor(k.exposure.Descriptor()).AppendBody(b)
	return m
}

// head writes the header of k's request into m.
func (t *Tree) head(m *transports.Message, k *call) []byte {
	b := append(m.Bytes()[:0], k.request.Element[:smb2.HeaderSize]...)
	t.patch(b, k, false)
	return b
}

// channel is how the server is asked to place: so that it revokes what it was
// given by its reply, where the dialect and our device have that, [MS-SMB2]
// 3.2.4.6.
func (c *Conn) channel() smb2.Channel {
	if c.suite.Dialect >= smb2.Dialect302 && c.invalidates {
		return smb2.ChannelV1Invalidate
	}
	return smb2.ChannelV1
}
