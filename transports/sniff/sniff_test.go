package sniff

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/mem"
	"github.com/smbgw/smbgw/transports/transporttest"
)

// The wrapper is a transport like the one below it.
func TestConformance(t *testing.T) {
	transporttest.Run(t, func(t *testing.T) transporttest.Fixture {
		arena := new(transports.Arena)
		file, err := NewPcap(io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		return transporttest.Fixture{
			Network:     wrapped{&mem.Network{Arena: arena, MaxMessage: 1 << 16, MaxReadWrite: 1 << 20}, file},
			Address:     transports.Addr{Network: "mem", Host: "lab", Service: "0"},
			Arena:       arena,
			MaxMessage:  1 << 16,
			MaxBuffered: 1 << 20,
		}
	})
}

// A packet as a reader of the file sees it.
type packet struct {
	fromServer bool
	flags      byte
	seq, ack   uint32
	payload    []byte
}

// parse reads a file back, and checks everything that a reader would.
func parse(t *testing.T, b []byte) (list []packet) {
	t.Helper()
	if want := "4d3cb2a1020004000000000000000000ffff000065000000"; hexOf(b[:24]) != want {
		t.Fatalf("file header %s, want %s", hexOf(b[:24]), want)
	}
	for b = b[24:]; len(b) > 0; {
		n := int(binary.LittleEndian.Uint32(b[8:]))
		p := b[16 : 16+n]
		b = b[16+n:]
		if p[0] != 0x45 || int(binary.BigEndian.Uint16(p[2:])) != n || p[9] != 6 || sum(0, p[:20]) != 0xffff {
			t.Fatalf("IP header %x", p[:20])
		}
		pseudo := append(bytes.Clone(p[12:20]), 0, 6, byte((n-20)>>8), byte(n-20))
		if sum(uint32(sum(0, pseudo)), p[20:]) != 0xffff {
			t.Fatalf("TCP checksum of %x", p[20:40])
		}
		list = append(list, packet{
			fromServer: binary.BigEndian.Uint16(p[20:]) == 445,
			flags:      p[33],
			seq:        binary.BigEndian.Uint32(p[24:]),
			ack:        binary.BigEndian.Uint32(p[28:]),
			payload:    p[40:],
		})
	}
	return list
}

func TestCapture(t *testing.T) {
	arena := new(transports.Arena)
	transporttest.Buffers(t, arena)
	var file bytes.Buffer
	p, err := newPcap(&file, func() time.Time { return time.Unix(1, 2) })
	if err != nil {
		t.Fatal(err)
	}
	client, server := (&mem.Network{Arena: arena}).Pipe()
	defer server.Close()
	wrapped := Wrap(client, Client, p, nil)

	request, reply := arena.New(100), arena.New(150_000)
	copy(request.Bytes(), "request")
	copy(reply.Bytes(), "reply")
	go server.Send(reply)
	if err := wrapped.Send(request); err != nil {
		t.Fatal(err)
	}
	m, err := wrapped.Receive()
	if err != nil {
		t.Fatal(err)
	}
	m.Release()
	wrapped.Close()

	list := parse(t, file.Bytes())
	next := map[bool]uint32{}
	stream := map[bool][]byte{}
	for i, p := range list {
		if p.seq != next[p.fromServer] || p.flags&flagACK != 0 && p.ack != next[!p.fromServer] {
			t.Errorf("packet %d: sequence %d, acknowledged %d", i, p.seq, p.ack)
		}
		next[p.fromServer] += uint32(len(p.payload))
		if p.flags&(flagSYN|flagFIN) != 0 {
			next[p.fromServer]++
		}
		stream[p.fromServer] = append(stream[p.fromServer], p.payload...)
	}
	if got := stream[false]; len(got) != 104 || hexOf(got[:4]) != "00000064" || !bytes.HasPrefix(got[4:], []byte("request")) {
		t.Errorf("client's stream: %d bytes", len(got))
	}
	if got := stream[true]; len(got) != 150_004 || hexOf(got[:4]) != "000249f0" || !bytes.HasPrefix(got[4:], []byte("reply")) {
		t.Errorf("server's stream: %d bytes", len(got))
	}
	if last := list[len(list)-1]; last.fromServer || last.flags&flagFIN == 0 {
		t.Errorf("last packet: %+v, want the client's end", last)
	}
}

func TestPlacerStaysOne(t *testing.T) {
	p, err := NewPcap(&bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	for place, want := range map[uint32]bool{0: false, 4096: true} {
		client, server := (&mem.Network{MaxReadWrite: place}).Pipe()
		w := Wrap(client, Client, p, nil)
		if _, ok := w.(transports.Placer); ok != want {
			t.Errorf("with transfers of %d bytes the wrapper is a Placer: %v", place, ok)
		}
		w.Close()
		server.Close()
	}
}

// A full disk is told once and costs no message.
func TestFailedFile(t *testing.T) {
	w := &limited{left: 30}
	p, err := NewPcap(w)
	if err != nil {
		t.Fatal(err)
	}
	var told []error
	arena := new(transports.Arena)
	client, server := (&mem.Network{Arena: arena}).Pipe()
	defer server.Close()
	c := Wrap(client, Client, p, func(err error) { told = append(told, err) })
	defer c.Close()
	for range 2 {
		if err := c.Send(arena.New(10)); err != nil {
			t.Errorf("Send: %v", err)
		}
	}
	if len(told) != 1 || !errors.Is(told[0], os.ErrInvalid) {
		t.Errorf("told %v, want one failure", told)
	}
}

// A limited writer fails when it is full.
type limited struct{ left int }

func (l *limited) Write(b []byte) (int, error) {
	if len(b) > l.left {
		return 0, os.ErrInvalid
	}
	l.left -= len(b)
	return len(b), nil
}
