package rdma

import "errors"

// ErrNoReads says that an RDMA read was posted on a connection whose peer
// accepts none (ORD is 0): it could never be issued.
var ErrNoReads = errors.New("rdma: the peer accepts no RDMA reads")

// A ProtocolError ended a connection because one side broke its rules: a send
// without a posted receive, a token that does not exist, memory out of range,
// bytes that are no protocol.
type ProtocolError struct {
	Remote bool  // the peer broke the rules; otherwise the peer says that we did
	Err    error // what was wrong, in the provider's terms
}

func (e *ProtocolError) Error() string {
	if e.Remote {
		return "rdma: the peer broke the protocol: " + e.Err.Error()
	}
	return "rdma: the peer reports an error of ours: " + e.Err.Error()
}

func (e *ProtocolError) Unwrap() error { return e.Err }
