package smb2

import (
	"bytes"
	"testing"
)

func TestLink(t *testing.T) {
	t.Parallel()
	b := []byte("room")
	var at []int
	for n := range 9 {
		if n > 0 {
			b = Link(b, at[n-1])
		}
		at = append(at, len(b))
		b = append(b, NewHeader(CommandEcho, MessageID(n))...)
		b = append(b, bytes.Repeat([]byte{0xff}, 4+n)...)
	}
	m := b[4:]
	list, err := Elements(nil, m)
	if err != nil || len(list) != 9 {
		t.Fatalf("%d elements, %v", len(list), err)
	}
	for n, element := range list {
		h := Header(element)
		if h.MessageID() != MessageID(n) || n < 8 && len(element)%8 != 0 {
			t.Errorf("element %d: %x", n, element)
		}
		if pad := element[HeaderSize+4+n:]; len(pad) > 7 || len(bytes.Trim(pad, "\x00")) > 0 {
			t.Errorf("element %d is padded with %x", n, pad)
		}
	}
	Header(list[0]).Set(FlagRelated | FlagSigned)
	if err := Relate(m); err != nil {
		t.Fatal(err)
	}
	for n, element := range list {
		if h := Header(element); h.Has(FlagRelated) != (n > 0) || h.Has(FlagSigned) != (n == 0) {
			t.Errorf("element %d has flags %#x", n, h.Flags())
		}
	}
	Header(list[7]).SetNextCommand(4)
	if err := Relate(m); err == nil {
		t.Error("a broken message is related")
	}
}

func TestElements(t *testing.T) {
	t.Parallel()
	var b []byte
	at := 0
	for n := range MaxElements + 1 {
		if n > 0 {
			b = Link(b, at)
			at = len(b)
		}
		b = append(append(b, NewHeader(CommandEcho, 1)...), 4, 0, 0, 0)
		list, err := Elements([][]byte{nil}, b)
		if want := n + 2; n == MaxElements && (err == nil || len(list) != 1) || n < MaxElements && (err != nil || len(list) != want) {
			t.Errorf("%d elements: %d, %v", n+1, len(list), err)
		}
	}
	for _, m := range [][]byte{nil, make([]byte, 70), b[:HeaderSize-1], b[:80]} {
		if list, err := Elements(nil, m); err == nil {
			t.Errorf("%x has %d elements", m, len(list))
		}
	}
}

func TestCharge(t *testing.T) {
	t.Parallel()
	for n, want := range map[uint64]uint64{0: 1, 1: 1, 65536: 1, 65537: 2, 8 << 20: 128, 8<<20 + 1: 129, 1<<64 - 1: 1 << 48} {
		if got := Charge(n); got != want {
			t.Errorf("%d bytes cost %d, not %d", n, got, want)
		}
	}
	const big = 1<<32 - 1
	request := func(c Command, r interface{ AppendBody([]byte) []byte }) []byte { return r.AppendBody(NewHeader(c, 1)) }
	for _, c := range []struct {
		element []byte
		want    uint64
	}{
		{request(CommandRead, &ReadRequest{Length: 70000}), 70000},
		{request(CommandWrite, &WriteRequest{Length: 70000, RemainingBytes: 80000}), 70000},
		{request(CommandWrite, &WriteRequest{Channel: ChannelV1, RemainingBytes: 80000}), 80000},
		{request(CommandIoctl, &IoctlRequest{InputCount: big, OutputCount: big, MaxOutput: 5}), 2 * big},
		{request(CommandIoctl, &IoctlRequest{InputCount: 1, MaxInput: big, MaxOutput: big}), 2 * big},
		{request(CommandQueryDirectory, &QueryDirectoryRequest{OutputLength: 9}), 9},
		{request(CommandChangeNotify, &ChangeNotifyRequest{OutputLength: 9}), 9},
		{request(CommandQueryInfo, &QueryInfoRequest{InputLength: 8, OutputLength: 9}), 9},
		{request(CommandQueryInfo, &QueryInfoRequest{InputLength: 10, OutputLength: 9}), 10},
		{request(CommandSetInfo, &SetInfoRequest{BufferLength: 9}), 9},
		{request(CommandEcho, &Echo{}), 0},
	} {
		if got, err := Payload(c.element); err != nil || got != c.want {
			t.Errorf("%v: %d, %v, want %d", Header(c.element).Command(), got, err, c.want)
		}
		if c.want > 0 {
			if _, err := Payload(c.element[:HeaderSize+4]); err == nil {
				t.Errorf("%v: cut, has a payload", Header(c.element).Command())
			}
		}
	}
	if _, err := Payload(nil); err == nil {
		t.Error("nothing has a payload")
	}
}
