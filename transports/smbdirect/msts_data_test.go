package smbdirect_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports/smbdirect"
)

// The cases of Microsoft's MS-SMBD suite, group SmbdDataTransfer.

var le = binary.LittleEndian

// split sends b in fragments of the sizes given, and echoes comes back whole.
func splits(t *testing.T, b []byte, sizes []int) {
	withServer(t, smbdirect.Options{}, func(s *script) {
		s.negotiate(request())
		credits := int(s.response.CreditsGranted)
		rest := b
		var answer []byte
		collect := func() { // at least one message
			for {
				d, data := s.parsed()
				answer = append(answer, data...)
				credits += int(d.CreditsGranted)
				if len(s.in) == 0 {
					return
				}
			}
		}
		for _, n := range sizes {
			for credits < 2 {
				collect()
			}
			s.send(fragment(rest[:n], len(rest)-n, 4))
			rest = rest[n:]
			credits--
		}
		for len(answer) < len(b) {
			collect()
		}
		if !bytes.Equal(answer, b) {
			t.Error("the message came back changed")
		}
	})
}

// dropsData negotiates and sends one message that must end the connection.
func dropsData(t *testing.T, messages ...[]byte) {
	withServer(t, smbdirect.Options{}, func(s *script) {
		s.negotiate(request())
		for _, m := range messages {
			s.send(m)
		}
		s.dropped(time.Second)
	})
}

// bad is a good message with one field of its header changed.
func bad(offset int, value uint32) []byte {
	m := fragment(pattern(100), 0, 10)
	le.PutUint32(m[offset:], value)
	return m
}

const (
	offRemaining = 8
	offOffset    = 12
	offLength    = 16
)

func TestSmbdDataTransfer_Basic_SmallMessage(t *testing.T) {
	withServer(t, smbdirect.Options{}, func(s *script) {
		s.negotiate(request())
		s.echoes(pattern(50))
	})
}

func TestSmbdDataTransfer_Basic_ThreeFragments(t *testing.T) {
	splits(t, pattern(2500), []int{1000, 1000, 500})
}

func TestSmbdDataTransfer_VariableLengthSegment(t *testing.T) {
	splits(t, pattern(1256), []int{0, 1, 127, 128, 0, 1000})
}

func TestSmbdDataTransfer_VariableLengthSegment_OneByte(t *testing.T) {
	splits(t, pattern(700), slices.Repeat([]int{1}, 700))
}

func TestSmbdDataTransfer_MaxReceiveSize(t *testing.T) {
	withServer(t, smbdirect.Options{}, func(s *script) {
		s.negotiate(request())
		s.echoes(pattern(int(s.response.MaxReceiveSize) - 24))
	})
}

func TestSmbdDataTransfer_NegativeParameter_DataLength_AgainstMaxReceiveSize(t *testing.T) {
	dropsData(t, fragment(pattern(1024-24+1), 0, 10))
}

// Bytes behind the payload are ignored.
func TestSmbdDataTransfer_Redundancy(t *testing.T) {
	withServer(t, smbdirect.Options{}, func(s *script) {
		s.negotiate(request())
		b := pattern(50)
		s.send(append(fragment(b, 0, 10), bytes.Repeat([]byte{0xee}, 200)...))
		if got := s.message(); !bytes.Equal(got, b) {
			t.Errorf("%d bytes came back", len(got))
		}
	})
}

func TestSmbdDataTransfer_NegativeParameter_IncompleteMessage(t *testing.T) {
	dropsData(t, fragment(nil, 0, 10)[:19])
}

func TestSmbdDataTransfer_NegativeParameter_CreditsRequested(t *testing.T) {
	m := fragment(pattern(100), 0, 10)
	le.PutUint16(m, 0)
	dropsData(t, m)
}

func TestSmbdDataTransfer_NegativeParameter_DataOffset_NotAligned(t *testing.T) {
	t.Run("23", func(t *testing.T) { dropsData(t, bad(offOffset, 23)) })
	t.Run("25", func(t *testing.T) { dropsData(t, bad(offOffset, 25)) })
}

func TestSmbdDataTransfer_NegativeParameter_DataOffset_BeyondMessage(t *testing.T) {
	t.Run("32", func(t *testing.T) { dropsData(t, bad(offOffset, 32)) })
	t.Run("max", func(t *testing.T) { dropsData(t, bad(offOffset, 1<<32-1)) })
	t.Run("max aligned", func(t *testing.T) { dropsData(t, bad(offOffset, 1<<32-8)) })
}

func TestSmbdDataTransfer_NegativeParameter_DataLength(t *testing.T) {
	t.Run("one more", func(t *testing.T) { dropsData(t, bad(offLength, 101)) })
	t.Run("max", func(t *testing.T) { dropsData(t, bad(offLength, 1<<32-1)) })
}

// A message of exactly MaxFragmentedSize. (The request allows the server
// 131072 bytes back: it is received here and not echoed.)
func TestSmbdDataTransfer_MaxFragmentedSize(t *testing.T) {
	splits(t, pattern(131072), append(slices.Repeat([]int{1000}, 131), 72))
}

func TestSmbdDataTransfer_NegativeParameter_RemainingDataLength_AgainstMaxFragmentedSize(t *testing.T) {
	const limit = smbdirect.DefaultMaxFragmentedSize
	t.Run("total one more", func(t *testing.T) { dropsData(t, bad(offRemaining, limit-100+1)) })
	t.Run("one more", func(t *testing.T) { dropsData(t, bad(offRemaining, limit+1)) })
	t.Run("max", func(t *testing.T) { dropsData(t, bad(offRemaining, 1<<32-1)) })
}

func TestSmbdDataTransfer_NegativeParameter_RemainingDataLength_ZeroTooEarly(t *testing.T) {
	dropsData(t, fragment(pattern(100), 300, 10), fragment(pattern(100), 0, 0))
}

func TestSmbdDataTransfer_NegativeParameter_RemainingDataLength_Inconsistent(t *testing.T) {
	t.Run("less", func(t *testing.T) {
		dropsData(t, fragment(pattern(100), 300, 10), fragment(pattern(100), 199, 0))
	})
	t.Run("more", func(t *testing.T) {
		dropsData(t, fragment(pattern(100), 300, 10), fragment(pattern(100), 201, 0))
	})
	t.Run("longer than announced", func(t *testing.T) {
		dropsData(t, fragment(pattern(100), 50, 10), fragment(pattern(51), 0, 0))
	})
}

// A client that asks for a sign of life gets one at once.
func TestSmbdDataTransfer_IdleConnection_Client(t *testing.T) {
	withServer(t, smbdirect.Options{}, func(s *script) {
		s.negotiate(request())
		for _, granted := range []int{10, 0} {
			s.silent(100 * time.Second)
			s.send(emptyMessage(granted, smbdirect.FlagResponseRequested))
			d, data := s.parsed()
			if len(data) != 0 || d.Flags != 0 || d.CreditsGranted == 0 {
				t.Errorf("answered by %+v", d)
			}
		}
	})
}

// The server asks after 120 s of silence, and is content with any answer.
func TestSmbdDataTransfer_IdleConnection_Server(t *testing.T) {
	withServer(t, smbdirect.Options{}, func(s *script) {
		s.negotiate(request())
		s.send(emptyMessage(10, 0))
		for _, flags := range []uint16{0, smbdirect.FlagResponseRequested} {
			s.silent(119999 * time.Millisecond)
			d, data := s.parsed()
			if len(data) != 0 || d.Flags != smbdirect.FlagResponseRequested {
				t.Fatalf("keepalive %+v", d)
			}
			s.silent(4900 * time.Millisecond)
			s.send(emptyMessage(1, flags))
			if flags != 0 {
				s.parsed() // its answer
			}
		}
		s.echoes(pattern(50))
	})
}

func TestSmbdDataTransfer_IdleConnection_Server_Timeout(t *testing.T) {
	withServer(t, smbdirect.Options{}, func(s *script) {
		s.negotiate(request())
		s.send(emptyMessage(10, 0))
		s.silent(119999 * time.Millisecond)
		s.parsed()
		s.silent(4990 * time.Millisecond)
		s.dropped(20 * time.Millisecond)
	})
}

// Not of the suite: what every receiver lets pass.
func TestServerIgnores(t *testing.T) {
	withServer(t, smbdirect.Options{}, func(s *script) {
		s.negotiate(request())
		b := pattern(100)
		m := fragment(b[:40], 60, 10)
		le.PutUint16(m[4:], 0xFFFE)   // unknown flags
		le.PutUint16(m[6:], 0xFFFF)   // Reserved
		le.PutUint32(m[20:], 1<<32-1) // Padding
		s.send(m)
		s.send(emptyMessage(0, 0)) // inside the message
		far := wire(smbdirect.DataTransfer{CreditsRequested: 10, DataOffset: 800, DataLength: 60})
		s.send(append(far, b[40:]...))
		if got := s.message(); !bytes.Equal(got, b) {
			t.Errorf("%x", got)
		}
	})
}
