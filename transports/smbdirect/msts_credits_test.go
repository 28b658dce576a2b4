package smbdirect_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/smbgw/smbgw/transports/smbdirect"
)

// The cases of Microsoft's MS-SMBD suite, group SmbdCreditManagement.

// One credit each way is enough for whole conversations.
func TestSmbdCreditMgmt_MinCredits(t *testing.T) {
	withServer(t, smbdirect.Options{}, func(s *script) {
		r := request()
		r.CreditsRequested = 1
		s.negotiate(r)
		credits := int(s.response.CreditsGranted)
		for range 20 {
			if credits < 1 {
				t.Fatal("no credit left")
			}
			m := fragment(pattern(50), 0, 1)
			m[0], m[1] = 1, 0
			s.send(m)
			credits--
			synctest.Wait()
			n, _ := s.grants()
			credits += n
		}
	})
}

// All credits burnt in the middle of a message: an empty message grants them
// back.
func TestSmbdCreditMgmt_ConsumeAllSendCredits(t *testing.T) {
	withServer(t, smbdirect.Options{}, func(s *script) {
		s.negotiate(request())
		if s.response.CreditsGranted != 10 {
			t.Fatalf("%d credits granted", s.response.CreditsGranted)
		}
		for i := range 10 {
			s.send(fragment(pattern(10), 1000-10*(i+1), 5))
		}
		if sum, messages := s.grants(); sum != 10 || messages > 5 {
			t.Errorf("granted %d credits in %d messages", sum, messages)
		}
		s.silent(time.Minute)
	})
}

// A server without credits is silent until it gets some, and then goes on.
func TestSmbdCreditMgmt_ConsumeAllReceiveCredits(t *testing.T) {
	withServer(t, smbdirect.Options{StallTimeout: -1}, func(s *script) {
		s.negotiate(request())
		s.send(fragment(pattern(50), 0, 0))
		s.silent(8 * time.Second)
		s.send(emptyMessage(1, 0))
		if got := s.message(); len(got) != 50 {
			t.Errorf("%d bytes come back", len(got))
		}
		s.send(fragment(pattern(1000), 3000, 2)) // to be answered in 5 fragments
		for left := 3000; left > 0; left -= 1000 {
			s.send(fragment(pattern(1000), left-1000, 0))
		}
		got := 0
		for got < 4000 {
			synctest.Wait()
			if len(s.in) == 0 {
				s.silent(time.Second)
				s.send(emptyMessage(1, 0))
				continue
			}
			_, data := s.parsed()
			got += len(data)
		}
	})
}

// A client that never grants is dropped when the stall timer says so.
func TestSmbdCreditMgmt_ConsumeAllCreditServer_Timeout(t *testing.T) {
	withServer(t, smbdirect.Options{StallTimeout: 5 * time.Second}, func(s *script) {
		s.negotiate(request())
		s.send(fragment(pattern(50), 0, 0))
		s.silent(4999 * time.Millisecond)
		s.dropped(20 * time.Millisecond)
	})
}

// The target may rise with any message: the next grant follows it.
func TestSmbdCreditMgmt_RaiseCreditsRequested(t *testing.T) {
	withServer(t, smbdirect.Options{}, func(s *script) {
		r := request()
		r.CreditsRequested = 2
		s.negotiate(r)
		m := fragment(pattern(10), 0, 5)
		m[0] = 12
		s.send(m)
		if sum, _ := s.grants(); sum != 11 { // 12, less the one still held
			t.Errorf("granted %d", sum)
		}
	})
}

// The target may fall: nothing is granted until the peer is below it, and
// nothing taken back.
func TestSmbdCreditMgmt_LowerCreditsRequested(t *testing.T) {
	withServer(t, smbdirect.Options{}, func(s *script) {
		s.negotiate(request())
		credits := int(s.response.CreditsGranted)
		for credits > 2 {
			m := fragment(pattern(10), 0, 5)
			m[0] = 2
			s.send(m)
			credits--
			if sum, _ := s.grants(); sum != 0 && credits >= 2 {
				t.Fatalf("granted %d to a peer with %d credits and target 2", sum, credits)
			}
		}
		m := fragment(pattern(10), 0, 5)
		m[0] = 2
		s.send(m)
		if sum, _ := s.grants(); sum != 1 {
			t.Errorf("granted %d to a peer with 1 credit and target 2", sum)
		}
	})
}
