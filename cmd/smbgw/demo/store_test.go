package demo

import (
	"bytes"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports/transporttest"
)

// request is a whole message.
func request(c smb2.Command, body []byte) []byte {
	return append(append([]byte(nil), smb2.NewHeader(c, 7)...), body...)
}

func readRequest(r smb2.ReadRequest) []byte {
	return request(smb2.CommandRead, append(r.AppendBody(nil), 0))
}

func writeRequest(r smb2.WriteRequest, data string) []byte {
	r.DataOffset, r.Length = smb2.WriteRequestBuffer, uint32(len(data))
	return request(smb2.CommandWrite, append(r.AppendBody(nil), data...))
}

// The store refuses what is outside its file or its size, and what asks for
// RDMA, which its networks do not have.
func TestStoreRefuses(t *testing.T) {
	t.Parallel()
	s := &store{file: []byte("0123456789")}
	transporttest.Buffers(t, &s.arena)
	const channel = smb2.ChannelV1
	for _, c := range []struct {
		name    string
		request []byte
		want    smb2.Status
	}{
		{"echo", request(smb2.CommandEcho, []byte{4, 0, 0, 0}), smb2.StatusNotSupported},
		{"read at the end", readRequest(smb2.ReadRequest{Offset: 10, Length: 1}), smb2.StatusEndOfFile},
		{"read far beyond", readRequest(smb2.ReadRequest{Offset: 1<<64 - 1, Length: 1 << 20}), smb2.StatusEndOfFile},
		{"read too much", readRequest(smb2.ReadRequest{Length: maxTransfer + 1}), smb2.StatusInvalidParameter},
		{"read by channel", readRequest(smb2.ReadRequest{Length: 1, Channel: channel}), smb2.StatusInvalidParameter},
		{"write by channel", writeRequest(smb2.WriteRequest{Channel: channel}, "x"), smb2.StatusInvalidParameter},
		{"write over the end", writeRequest(smb2.WriteRequest{Offset: 9}, "xy"), smb2.StatusNoSpace},
		{"write far beyond", writeRequest(smb2.WriteRequest{Offset: 1<<64 - 1}, "xy"), smb2.StatusNoSpace},
		{"short read", readRequest(smb2.ReadRequest{Offset: 8, Length: 9}), smb2.StatusSuccess},
		{"write", writeRequest(smb2.WriteRequest{Offset: 8}, "xy"), smb2.StatusSuccess},
	} {
		m, err := s.answer(c.request)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := smb2.Header(m.Bytes()).Status(); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		m.Release()
	}
	if got := string(s.file); got != "01234567xy" {
		t.Errorf("file %q", got)
	}
}

// What does not come back as it went is noticed.
func TestCompare(t *testing.T) {
	t.Parallel()
	l := newLoad(nil, 2*maxTransfer)
	data := bytes.Repeat([]byte{'a'}, maxTransfer)
	l.sums[1] = crc32.Checksum(data, l.table)
	reply := func(n int) []byte {
		r := smb2.ReadResponse{DataOffset: smb2.ReadResponseBuffer, DataLength: uint32(n)}
		return append(request(smb2.CommandRead, r.AppendBody(nil)), data[:n]...)
	}
	if err := l.compare(1, reply(maxTransfer)); err != nil {
		t.Errorf("the same block: %v", err)
	}
	for name, err := range map[string]error{
		"another block": l.compare(0, reply(maxTransfer)),
		"a short one":   l.compare(1, reply(maxTransfer-1)),
	} {
		if err == nil || !strings.Contains(err.Error(), "not what was written") {
			t.Errorf("%s: %v", name, err)
		}
	}
	data[maxTransfer-1]++
	if err := l.compare(1, reply(maxTransfer)); err == nil {
		t.Error("a changed byte was not noticed")
	}
}

// FuzzStore gives the store any message: it answers or gives up, with a reply
// that is one and to this request.
func FuzzStore(f *testing.F) {
	f.Add(readRequest(smb2.ReadRequest{Length: 4}))
	f.Add(writeRequest(smb2.WriteRequest{}, "data"))
	f.Add(request(smb2.CommandNegotiate, nil))
	f.Add(request(smb2.CommandTreeConnect, treeConnect("x")))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := &store{file: make([]byte, 64)}
		m, err := s.answer(b)
		if err != nil {
			return
		}
		h, err := smb2.ParseHeader(m.Bytes())
		if err != nil || !h.Has(smb2.FlagReply) || h.MessageID() != smb2.Header(b).MessageID() {
			t.Fatalf("reply % x: %v", m.Bytes(), err)
		}
		m.Release()
		if n := s.arena.InUse(); n != 0 {
			t.Fatalf("%d messages left", n)
		}
	})
}
