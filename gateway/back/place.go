package back

import (
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// placedRequestLength is a READ or WRITE request with one descriptor.
const placedRequestLength = smb2.ReadRequestBuffer + smb2.DescriptorSize

func isData(command smb2.Command) bool {
	return command == smb2.CommandRead || command == smb2.CommandWrite
}

// place exposes the data of a READ or WRITE to the server, or says why not.
func (c *Conn) place(t *Tree, k *call) reason {
	if why := t.placeable(k.command, k.length); why != placeIt {
		return why
	}
	var payload []byte
	right := transports.Writable
	if k.command == smb2.CommandRead {
		k.data = c.arena.New(smb2.ReadResponseBuffer + int(k.length))
		payload = k.data.Bytes()[smb2.ReadResponseBuffer:]
	} else {
		right = transports.Readable
		w, err := smb2.ParseWriteRequest(k.request.Element)
		if err == nil {
			payload, err = w.Data(k.request.Element)
		}
		if err != nil || w.Channel != smb2.ChannelNone {
			return noMemory // not what it seems: the server's to refuse
		}
	}
	e, err := c.placer.Expose(payload, right)
	if err != nil {
		if k.data != nil {
			k.data.Release()
			k.data = nil
		}
		return noMemory
	}
	k.exposure = e
	return placeIt
}

func (t *Tree) placeable(command smb2.Command, length uint32) reason {
	c := t.c
	switch {
	case !isData(command), c.placer == nil, c.maxPlaced == 0:
		return noPlacement
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

// buildPlaced makes the request that goes in the place of the client's: with a
// descriptor of what was exposed.
func (c *Conn) buildPlaced(t *Tree, k *call) *transports.Message {
	element := k.request.Element
	m := c.arena.New(placedRequestLength)
	b := append(m.Bytes()[:0], element[:smb2.HeaderSize]...)
	t.patch(b, k, false)
	if k.command == smb2.CommandRead {
		r, _ := smb2.ParseReadRequest(element)
		r.RemainingBytes, r.Channel = r.Length, c.channel()
		r.ChannelInfoOffset, r.ChannelInfoLength = smb2.ReadRequestBuffer, smb2.DescriptorSize
		b = r.AppendBody(b)
	} else {
		w, _ := smb2.ParseWriteRequest(element)
		w.DataOffset, w.Length, w.RemainingBytes, w.Channel = 0, 0, w.Length, c.channel()
		w.ChannelInfoOffset, w.ChannelInfoLength = smb2.WriteRequestBuffer, smb2.DescriptorSize
		b = w.AppendBody(b)
	}
	smb2.BufferDescriptor(k.exposure.Descriptor()).AppendBody(b)
	return m
}

// channel is how the server is asked to place: so that it revokes what it was
// given by its reply, where it can, [MS-SMB2] 2.2.19.
func (c *Conn) channel() smb2.Channel {
	if c.suite.Dialect >= smb2.Dialect302 {
		return smb2.ChannelV1Invalidate
	}
	return smb2.ChannelV1
}
