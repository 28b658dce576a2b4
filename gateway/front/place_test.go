package front

import (
	"bytes"
	"testing"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/smb2test"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/mem"
)

func placing(r *rig) { r.net.MaxReadWrite = 1 << 20 }

// READ and WRITE by RDMA reach the tree as ordinary ones, and the client's memory
// in the order of its descriptors.
func TestPlaced(t *testing.T) {
	t.Parallel()
	for _, how := range []smb2test.Placing{
		{Channel: smb2.ChannelV1},
		{Channel: smb2.ChannelV1Invalidate},
		{Channel: smb2.ChannelV1, Pieces: []int{1000, 1, 100000}},
	} {
		r := newRig(t, placing)
		p := r.user("alice")
		p.sign = false
		data := bytes.Repeat([]byte("0123456789"), 5000)
		if n, s, err := p.WritePlaced(10, data, how); err != nil || s != 0 || int(n) != len(data) {
			t.Fatal(n, s, err)
		}
		if !bytes.Equal(r.shop.store[10:][:len(data)], data) {
			t.Error("WRITE has written something else")
		}
		got, s, err := p.ReadPlaced(10, uint32(len(data)), how)
		if err != nil || s != 0 || !bytes.Equal(got, data) {
			t.Errorf("READ: %v, %v, %d bytes", s, err, len(got))
		}
		if _, s, err := p.ReadPlaced(2<<20, 5000, how); err != nil || s != smb2.StatusEndOfFile {
			t.Errorf("READ behind the end: %v, %v", s, err)
		}
		if got, _, err := p.ReadPlaced(uint64(len(r.shop.store)-7), 5000, how); err != nil || len(got) != 7 {
			t.Errorf("READ at the end: %v, %d bytes", err, len(got))
		}
	}
}

// prompt has ended a transfer when Push returns.
type prompt struct{ *mem.PlacerConn }

func (c prompt) Push(to []transports.Descriptor, src []byte, done transports.Done) {
	ended := make(arrival)
	c.PlacerConn.Push(to, src, ended)
	done.Done(<-ended)
}

// A transfer may have ended, and its record be another's, before its reply is
// sent: what it moved is counted all the same.
func TestPlacedAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(r *rig) {
		placing(r)
		r.wrap = func(c transports.Conn) transports.Conn { return prompt{c.(*mem.PlacerConn)} }
	})
	p := r.user("alice")
	p.sign = false
	const n = 100000
	if got, s, err := p.ReadPlaced(0, n, smb2test.Placing{Channel: smb2.ChannelV1}); err != nil || s != 0 || len(got) != n {
		t.Fatalf("READ: %v, %v, %d bytes", s, err, len(got))
	}
	if used := p.end(); used.PlacedReads != 1 || used.BytesOut < n {
		t.Errorf("%d READs placed, %d bytes out", used.PlacedReads, used.BytesOut)
	}
}

func TestPlacedRefused(t *testing.T) {
	t.Parallel()
	descriptor := func(n uint32) []byte { return smb2.BufferDescriptor{Offset: 1, Token: 2, Length: n}.AppendBody(nil) }
	for _, c := range []struct {
		name string
		send func(p *peer) []byte
	}{
		{"too short", func(p *peer) []byte { return p.ReadPlacedRequest(0, 100, smb2.ChannelV1, descriptor(99)) }},
		{"no bytes", func(p *peer) []byte { return p.ReadPlacedRequest(0, 0, smb2.ChannelV1, descriptor(99)) }},
		{"no descriptor", func(p *peer) []byte { return p.WritePlacedRequest(0, 100, smb2.ChannelV1, nil) }},
		{"half a descriptor", func(p *peer) []byte { return p.WritePlacedRequest(0, 100, smb2.ChannelV1, descriptor(200)[:9]) }},
		{"RDMA transform", func(p *peer) []byte { return p.WritePlacedRequest(0, 100, smb2.ChannelTransform, descriptor(100)) }},
		{"more than is placed", func(p *peer) []byte { return p.WritePlacedRequest(0, 2<<20, smb2.ChannelV1, descriptor(2<<20)) }},
	} {
		p := newRig(t, placing).user("alice")
		p.sign = false
		if s := p.status(c.send(p)); s != smb2.StatusInvalidParameter {
			t.Errorf("%s: %v", c.name, s)
		}
	}
}

// A WRITE in a chain keeps its place.
func TestPlacedCompound(t *testing.T) {
	t.Parallel()
	r := newRig(t, placing)
	p := r.user("alice")
	p.sign = false
	data := []byte("placed in a chain")
	buf, err := p.Expose(data, nil, transports.Readable)
	must(t, err)
	defer buf.Revoke()
	reply := p.ask(chain(true, p.create(), p.WritePlacedRequest(5, uint32(len(data)), smb2.ChannelV1, buf.Descriptors()), p.closeFile(smb2.NoFile)))
	for i, s := range statuses(t, reply) {
		if s != 0 {
			t.Errorf("element %d: %v", i, s)
		}
	}
	if !bytes.HasPrefix(r.shop.store[5:], data) {
		t.Error("nothing written")
	}
}

// Nothing is placed where everything has to be encrypted.
func TestPlacedEncrypted(t *testing.T) {
	t.Parallel()
	p := newRig(t, func(r *rig) { placing(r); r.shop.flags = smb2.ShareEncrypt }).user("alice")
	p.seal = true
	d := smb2.BufferDescriptor{Offset: 1, Token: 2, Length: 100}
	if s := p.status(p.ReadPlacedRequest(0, 100, smb2.ChannelV1, d.AppendBody(nil))); s != smb2.StatusAccessDenied {
		t.Error(s)
	}
}
