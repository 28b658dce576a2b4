package spnego

import (
	"bytes"
	"testing"

	"github.com/smbgw/smbgw/auth"
)

// FuzzTokens: what is read is built, read again, and built to the same bytes.
func FuzzTokens(f *testing.F) {
	for _, b := range tokens(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		once, err := rebuild(b)
		if err != nil {
			return
		}
		twice, err := rebuild(once)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%v: built\n%x, then\n%x", err, once, twice)
		}
	})
}

// FuzzExchange gives both roles any tokens: they stand, and come to an end.
func FuzzExchange(f *testing.F) {
	for _, e := range exchanges(f) {
		f.Add(unhex(f, e.client[0]), unhex(f, e.client[1]))
		f.Add(unhex(f, e.hint[0]), unhex(f, e.server[0]))
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		table := []Mechanism{countdown("\x01", 2, true), countdown("\x02", 1, true)}
		a, i := NewAcceptor(table), NewInitiator(table)
		for n := range 2 * maxRounds {
			token := [][]byte{first, second}[min(n, 1)]
			_, aDone, aErr := a.Accept(token)
			_, iDone, iErr := i.Initiate(token)
			if n > maxRounds && (aErr == nil || iErr == nil) {
				t.Fatal("no end")
			}
			for _, done := range []*auth.Result{aDone, iDone} {
				if done != nil && done.Integrity == nil {
					t.Fatal("a result that no mechanism has made")
				}
			}
		}
	})
}
