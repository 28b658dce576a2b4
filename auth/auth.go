package auth

import "time"

// An Acceptor is the server's side of one log-in. It is used once, by one
// goroutine at a time.
type Acceptor interface {
	// Accept takes the client's next token and returns the token to answer with,
	// which may be empty. The log-in has succeeded when done is not nil, and
	// failed when err, always an *Error, is not nil. Tokens are not kept and
	// replies belong to the caller.
	Accept(token []byte) (reply []byte, done *Result, err error)
}

// An Initiator is the client's side of one log-in. It is used once, by one
// goroutine at a time.
type Initiator interface {
	// Initiate takes the server's next token and returns the token to answer
	// with. The first time, token is what the server offered before it was asked,
	// or empty. When done is not nil this side has what it needs: reply, if not
	// empty, is still to be sent, and what the server answers is its verdict
	// alone. A server that reports success while done is still nil gets its last
	// token, also an empty one, looked at by Initiate.
	Initiate(token []byte) (reply []byte, done *Result, err error)
}

// A Result is what a log-in ended in.
type Result struct {
	// Identity is who the client is. An initiator leaves it empty.
	Identity Identity

	// Key is the session key: 16 bytes, of some Kerberos tickets 32; none of a
	// guest, who shares nothing with the server to make one from.
	Key Secret

	// Until is when the log-in ends to be valid, as a ticket does; zero where it
	// does not.
	Until time.Time

	// Sealed says that a code over the mechanism's own messages went with them:
	// checked by an acceptor, sent by an initiator.
	Sealed bool

	// Integrity signs under the key what was said around the mechanism. It is
	// nil where there is nothing to trust: of guests and the anonymous.
	Integrity Integrity
}

// Integrity is a mechanism's GSS_GetMIC and GSS_VerifyMIC, [RFC 2743] 2.3.1 and
// 2.3.2, for the first message in each direction.
type Integrity interface {
	MIC(message []byte) []byte
	Verify(message, mic []byte) error // *Error
}

// An Identity is who has logged in.
type Identity struct {
	User        string // as the account is spelled; "" of guests and the anonymous
	Claimed     string // the user as the client spelled it
	Domain      string // as claimed: nothing vouches for it
	Workstation string // as claimed: nothing vouches for it
	Anonymous   bool
	Guest       bool // has claimed a name that is not known
	Groups      Groups
}

// Groups says who belongs to what.
type Groups interface {
	Member(user, group string) bool
}

// In says whether the user belongs to a group. Guests and the anonymous belong
// to none, whatever names they claim.
func (id Identity) In(group string) bool {
	return id.Groups != nil && !id.Anonymous && !id.Guest && id.Groups.Member(id.User, group)
}

// An Account is somebody who may log in.
type Account struct {
	Name     string // as it is spelled where it is kept
	Hash     Secret // the NT hash, [MS-NLMP] 3.3.1; none: no password opens it
	Disabled bool
}
