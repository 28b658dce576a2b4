package crypt

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/smbgw/smbgw/smb2"
)

func lines(t testing.TB, file string) (all [][]string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if w := strings.Fields(line); len(w) > 1 && w[0] != "#" {
			all = append(all, w)
		}
	}
	return all
}

// The published exchange: the hash after every message, and the signature of
// the final response, which is not hashed.
func TestPreauthPublished(t *testing.T) {
	t.Parallel()
	var h PreauthHash
	var last []byte
	for _, w := range lines(t, "testdata/preauth.txt") {
		b := unhex(t, w[1])
		if w[0] == "hash" {
			if !bytes.Equal(h.sum[:], b) {
				t.Fatalf("hash %x in state %v, want %x", h.sum, h.state, b)
			}
			if s, err := h.Session(); err == nil {
				h = s
			}
			continue
		}
		if err := h.Add(b); err != nil {
			t.Fatal(err)
		}
		last = b
	}
	sum, err := h.Sum()
	if err != nil || h.state != preauthDone {
		t.Fatalf("%v, %v", h.state, err)
	}
	suite := Suite{smb2.Dialect311, AESCMAC, AES128CCM}
	client := must(NewSession(suite, Client, unhex(t, "270e1ba896585eeb7af3472d3b4c75a7"), sum[:]))
	if err := must(client.Signer(suite)).Verify(last); err != nil {
		t.Error(err)
	}
}

// A message that is out of order is refused and not hashed.
func TestPreauthStates(t *testing.T) {
	t.Parallel()
	message := func(c smb2.Command, f smb2.Flags, s smb2.Status) []byte {
		h := smb2.NewHeader(c, 1)
		h.SetFlags(f)
		h.SetStatus(s)
		return h
	}
	n, s, r := smb2.CommandNegotiate, smb2.CommandSessionSetup, smb2.FlagReply
	good := [][]byte{message(n, 0, 0), message(n, r, 0), message(s, 0, 0), message(s, r, smb2.StatusMoreProcessing), message(s, 0, 0), message(s, r, 0)}
	var h PreauthHash
	for i := range good {
		for j := range good {
			trial := h
			err := trial.Add(good[j])
			same := bytes.Equal(good[i], good[j]) || i == 3 && j == 5 || i == 5 && j == 3
			var state *StateError
			if same != (err == nil) || !same && (!errors.As(err, &state) || trial != h) {
				t.Errorf("message %d in place of %d: %v", j, i, err)
			}
		}
		if _, err := h.Sum(); (err == nil) != (i == 3 || i == 5) {
			t.Errorf("a sum before message %d: %v", i, err)
		}
		if err := h.Add(good[i]); err != nil {
			t.Fatal(err)
		}
		next, err := h.Session()
		if (err == nil) != (i == 1) {
			t.Errorf("a session after message %d: %v", i, err)
		}
		if err == nil {
			h = next
		}
	}
	failed := PreauthHash{state: preauthRequested}
	if err := failed.Add(message(s, r, 0xc000006d)); err != nil || failed.state != preauthFailed {
		t.Errorf("a failed logon: %v, %v", failed.state, err)
	}
	if _, err := failed.Sum(); err == nil {
		t.Error("a failed logon has a key")
	}
	for n := range smb2.HeaderSize {
		if err := failed.Add(good[0][:n]); err == nil {
			t.Errorf("%d bytes are hashed", n)
		}
	}
}
