package crypt

import (
	"crypto/sha512"
	"fmt"

	"github.com/smbgw/smbgw/smb2"
)

// PreauthSize is the length of a pre-authentication hash.
const PreauthSize = sha512.Size

// A PreauthHash is the hash of what led to a session, [MS-SMB2] 3.3.5.4,
// 3.3.5.5 and 3.2.5.2, 3.2.5.3. It is a value: a copy goes its own way. The
// zero value has seen nothing.
//
//	fresh --NEGOTIATE--> asked --answer--> negotiated
//	negotiated --Session--> open --SESSION_SETUP--> requested
//	requested --MORE_PROCESSING_REQUIRED--> open
//	requested --any other answer--> done
//
// Messages are hashed as they are on the wire: before a signature is cleared
// or anything is patched, after everything has been filled in and signed.
type PreauthHash struct {
	sum   [PreauthSize]byte
	state preauthState
}

type preauthState uint8

const (
	preauthFresh preauthState = iota
	preauthAsked
	preauthNegotiated
	preauthOpen
	preauthRequested
	preauthDone
	preauthFailed
)

var preauthNames = [...]string{"fresh", "asked", "negotiated", "open", "requested", "done", "failed"}

func (s preauthState) String() string { return preauthNames[s] }

// A StateError is a message, or a question, that does not fit what came before.
type StateError struct{ State, Event string }

func (e *StateError) Error() string {
	return fmt.Sprintf("pre-authentication hash: %s in state %s", e.Event, e.State)
}

// Add hashes the next message of the connection, while it is NEGOTIATE, or of
// the session. An answer that ends the exchange is not hashed and ends it.
// An SMB1 negotiate and its answer are not given to Add.
func (h *PreauthHash) Add(message []byte) error {
	head, err := smb2.ParseHeader(message)
	if err != nil {
		return err
	}
	reply := head.Has(smb2.FlagReply)
	next, hashed := h.next(head.Command(), reply, head.Status())
	if next == h.state {
		what := "request"
		if reply {
			what = "response"
		}
		return &StateError{h.state.String(), head.Command().String() + " " + what}
	}
	h.state = next
	if hashed {
		h.extend(message)
	}
	return nil
}

// next is the state after a message, and whether that is hashed. Staying is
// refusing.
func (h *PreauthHash) next(c smb2.Command, reply bool, s smb2.Status) (preauthState, bool) {
	setup := c == smb2.CommandSessionSetup
	switch {
	case h.state == preauthFresh && c == smb2.CommandNegotiate && !reply:
		return preauthAsked, true
	case h.state == preauthAsked && c == smb2.CommandNegotiate && reply:
		if s != 0 {
			return preauthFailed, false
		}
		return preauthNegotiated, true
	case h.state == preauthOpen && setup && !reply:
		return preauthRequested, true
	case h.state == preauthRequested && setup && reply:
		switch s {
		case smb2.StatusMoreProcessing:
			return preauthOpen, true
		case 0:
			return preauthDone, false
		}
		return preauthFailed, false
	}
	return h.state, false
}

func (h *PreauthHash) extend(message []byte) {
	d := sha512.New()
	d.Write(h.sum[:])
	d.Write(message)
	d.Sum(h.sum[:0])
}

// Session is where the hash of a new session, or of a binding, begins: at what
// was negotiated on this connection.
func (h PreauthHash) Session() (PreauthHash, error) {
	if h.state != preauthNegotiated {
		return PreauthHash{}, &StateError{h.state.String(), "a session"}
	}
	h.state = preauthOpen
	return h, nil
}

// Sum is the context of the key derivation: after the last SESSION_SETUP
// request, before or after the final answer.
func (h PreauthHash) Sum() ([PreauthSize]byte, error) {
	if h.state != preauthRequested && h.state != preauthDone {
		return [PreauthSize]byte{}, &StateError{h.state.String(), "a key"}
	}
	return h.sum, nil
}
