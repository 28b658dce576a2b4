package smbdirect_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports/smbdirect"
)

// The cases of Microsoft's MS-SMBD suite, group SmbdNegotiate.

func negotiates(t *testing.T, change func(*smbdirect.NegotiateRequest), check func(*script)) {
	withServer(t, smbdirect.Options{}, func(s *script) {
		r := request()
		change(&r)
		s.negotiate(r)
		if check != nil {
			check(s)
		}
		s.echoes(pattern(50))
	})
}

// echoes sends a message of one fragment and expects it back.
func (s *script) echoes(b []byte) {
	s.t.Helper()
	s.send(fragment(b, 0, 10))
	if got := s.message(); !bytes.Equal(got, b) {
		s.t.Fatalf("%d bytes came back as %d", len(b), len(got))
	}
}

func dropsRequest(t *testing.T, change func(*smbdirect.NegotiateRequest)) {
	withServer(t, smbdirect.Options{}, func(s *script) {
		r := request()
		change(&r)
		s.send(wire(r))
		s.dropped(time.Second)
	})
}

func refusesVersion(t *testing.T, low, high uint16) {
	withServer(t, smbdirect.Options{}, func(s *script) {
		r := request()
		r.MinVersion, r.MaxVersion = low, high
		s.send(wire(r))
		want := wire(smbdirect.NegotiateResponse{MinVersion: 0x100, MaxVersion: 0x100, Status: smbdirect.StatusNotSupported})
		if got := s.receive(); !bytes.Equal(got, want) {
			t.Errorf("response %x, want %x", got, want)
		}
		s.dropped(time.Second)
	})
}

func TestSmbdNegotiate_Basic(t *testing.T) {
	negotiates(t, func(*smbdirect.NegotiateRequest) {}, func(s *script) {
		n := s.response
		if n.MinVersion != 0x100 || n.MaxVersion != 0x100 || n.MaxReadWriteSize != 8<<20 {
			t.Errorf("response %+v", n)
		}
		if n.CreditsGranted != 10 || n.MaxReceiveSize != 1024 || n.PreferredSendSize != 1024 {
			t.Errorf("response %+v for %+v", n, request())
		}
	})
}

func TestSmbdNegotiate_PreferredSendSizeZero(t *testing.T) {
	negotiates(t, func(r *smbdirect.NegotiateRequest) { r.PreferredSendSize = 0 }, receives(t, 128))
}

func TestSmbdNegotiate_PreferredSendSizeSmallerThan128(t *testing.T) {
	negotiates(t, func(r *smbdirect.NegotiateRequest) { r.PreferredSendSize = 127 }, receives(t, 128))
}

func TestSmbdNegotiate_PreferredSendSize128(t *testing.T) {
	negotiates(t, func(r *smbdirect.NegotiateRequest) { r.PreferredSendSize = 128 }, receives(t, 128))
}

func TestSmbdNegotiate_PreferredSendSizeMaxValue(t *testing.T) {
	negotiates(t, func(r *smbdirect.NegotiateRequest) { r.PreferredSendSize = 1<<32 - 1 }, receives(t, 4096))
}

func receives(t *testing.T, want uint32) func(*script) {
	return func(s *script) {
		if got := s.response.MaxReceiveSize; got != want {
			t.Errorf("MaxReceiveSize %d, want %d", got, want)
		}
	}
}

// A request of 512 bytes, of which 20 count.
func TestSmbdNegotiate_Redundancy(t *testing.T) {
	withServer(t, smbdirect.Options{}, func(s *script) {
		s.send(append(wire(request()), bytes.Repeat([]byte{0xa5}, 492)...))
		s.succeeded()
		s.echoes(pattern(50))
	})
}

func TestSmbdNegotiate_NegativeParameter_MessageLength(t *testing.T) {
	withServer(t, smbdirect.Options{}, func(s *script) {
		s.send(wire(request())[:19])
		s.dropped(time.Second)
	})
}

func TestSmbdNegotiate_NegativeParameter_MinVersion(t *testing.T) {
	refusesVersion(t, 0x0101, 0x0101)
}

func TestSmbdNegotiate_NegativeParameter_MaxVersion(t *testing.T) {
	refusesVersion(t, 0x0000, 0x00FF)
}

func TestSmbdNegotiate_NegativeParameter_CreditsRequested(t *testing.T) {
	dropsRequest(t, func(r *smbdirect.NegotiateRequest) { r.CreditsRequested = 0 })
}

func TestSmbdNegotiate_CreditsRequestedMinValue(t *testing.T) {
	negotiates(t, func(r *smbdirect.NegotiateRequest) { r.CreditsRequested = 1 }, func(s *script) {
		if s.response.CreditsGranted != 1 {
			t.Errorf("%d credits granted", s.response.CreditsGranted)
		}
	})
}

func TestSmbdNegotiate_NegativeParameter_MaxReceiveSize(t *testing.T) {
	dropsRequest(t, func(r *smbdirect.NegotiateRequest) { r.MaxReceiveSize = 127 })
}

func TestSmbdNegotiate_MaxReceiveSizeMinValue(t *testing.T) {
	negotiates(t, func(r *smbdirect.NegotiateRequest) { r.MaxReceiveSize = 128 }, func(s *script) {
		if s.response.PreferredSendSize != 128 {
			t.Errorf("PreferredSendSize %d", s.response.PreferredSendSize)
		}
		s.send(fragment(pattern(200), 0, 10))
		for _, want := range []int{104, 96} {
			if d, data := s.parsed(); len(data) != want {
				t.Errorf("a fragment of %d bytes, want %d: %+v", len(data), want, d)
			}
		}
	})
}

func TestSmbdNegotiate_NegativeParameter_MaxFragmentedSize(t *testing.T) {
	dropsRequest(t, func(r *smbdirect.NegotiateRequest) { r.MaxFragmentedSize = 131071 })
}

func TestSmbdNegotiate_MaxFragmentedSizeMinValue(t *testing.T) {
	negotiates(t, func(r *smbdirect.NegotiateRequest) { r.MaxFragmentedSize = 131072 }, nil)
}

// A client that disconnects right after the negotiation leaves a healthy
// server.
func TestSmbdNegotiate_DisconnectAfterNegotiate(t *testing.T) {
	withServer(t, smbdirect.Options{}, func(s *script) {
		s.negotiate(request())
		s.qp.Close()
		<-s.end
		s.raw = s.connect(t)
		s.negotiate(request())
		s.echoes(pattern(50))
	})
}

func TestSmbdNegotiate_NegotiationTimer(t *testing.T) {
	withServer(t, smbdirect.Options{}, func(s *script) {
		s.silent(4900 * time.Millisecond)
		s.negotiate(request())
		s.echoes(pattern(50))
	})
}

func TestSmbdNegotiate_NegotiationTimer_Timeout(t *testing.T) {
	withServer(t, smbdirect.Options{}, func(s *script) {
		s.silent(4999 * time.Millisecond)
		s.dropped(20 * time.Millisecond)
	})
}

// Not of the suite: the version check comes before the others, and takes any
// range that has 0x0100 in it.
func TestServerVersions(t *testing.T) {
	t.Run("bad version, no credits", func(t *testing.T) {
		withServer(t, smbdirect.Options{}, func(s *script) {
			s.send(wire(smbdirect.NegotiateRequest{MinVersion: 0x101, MaxVersion: 0x101}))
			if n, err := smbdirect.ParseNegotiateResponse(s.receive()); err != nil || n.Status != smbdirect.StatusNotSupported {
				t.Errorf("response %+v, %v", n, err)
			}
			s.dropped(time.Second)
		})
	})
	t.Run("data first", func(t *testing.T) {
		withServer(t, smbdirect.Options{}, func(s *script) {
			s.send(fragment(pattern(50), 0, 10))
			if n, err := smbdirect.ParseNegotiateResponse(s.receive()); err != nil || n.Status != smbdirect.StatusNotSupported {
				t.Errorf("response %+v, %v", n, err)
			}
			s.dropped(time.Second)
		})
	})
	for _, v := range [][2]uint16{{0, 0x100}, {0x100, 0xFFFF}, {0, 0xFFFF}} {
		t.Run("range", func(t *testing.T) {
			negotiates(t, func(r *smbdirect.NegotiateRequest) { r.MinVersion, r.MaxVersion = v[0], v[1] }, nil)
		})
	}
}

// A second send before the response has no receive: the provider ends it.
func TestServerTwoRequests(t *testing.T) {
	withServer(t, smbdirect.Options{}, func(s *script) {
		s.negotiate(request())
		s.send(wire(request())) // its MaxReceiveSize makes DataOffset 1024: beyond the message
		s.dropped(time.Second)
	})
}
