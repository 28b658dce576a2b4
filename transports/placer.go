package transports

import (
	"errors"
	"fmt"
)

// A Placer is a Conn that also moves bulk data beside its messages, by RDMA
// read and write ([MS-SMBD] 3.1.4.3-3.1.4.6). Found by assertion:
//
//	p, ok := conn.(transports.Placer)
//
// Only an SMB client exposes memory and only an SMB server pushes and pulls;
// the other calls fail with ErrRole.
type Placer interface {
	Conn

	// Placement says what this connection can place, fixed since negotiation.
	Placement() Placement

	// Expose lets the peer reach exactly b, with right r, until the Exposure
	// is revoked. It does not block. The caller keeps b unchanged (Readable) or
	// unread (Writable) until then.
	Expose(b []byte, r Right) (Exposure, error)

	// Push writes src into the peer's memory, in the order of to, and Pull
	// reads from it into dst. Both check that the descriptors hold enough,
	// then return without waiting for the transfer; done is told its end once,
	// also when the call itself failed. A message sent after Push is delivered
	// after the data. A failure of the transfer ends the connection.
	Push(to []Descriptor, src []byte, done Done)
	Pull(dst []byte, from []Descriptor, done Done)
}

// A Descriptor names memory of the peer: SMB_DIRECT_BUFFER_DESCRIPTOR_V1,
// [MS-SMBD] 2.2.3.1.
//
//	Offset[8] Token[4] Length[4]
type Descriptor struct {
	Offset uint64
	Token  uint32
	Length uint32
}

// Placement are a connection's limits for Push, Pull and Expose.
type Placement struct {
	MaxReadWrite uint32 // bytes of one transfer; 0 when the peer can place nothing
	Server       bool   // we are the SMB server: Push and Pull; else Expose
	Invalidates  bool   // the peer may revoke an Exposure of ours with a message that Invalidates its token
}

// Right is what the peer may do with exposed memory: one of the two, never both.
type Right uint8

const (
	Readable Right = 1 + iota // the peer reads it: an SMB WRITE's payload
	Writable                  // the peer writes it: an SMB READ's buffer
)

// An Exposure is memory that the peer can reach.
type Exposure interface {
	Descriptor() Descriptor

	// Revoke ends the peer's access. When it returns, nothing touches the
	// memory any more. Revoking twice, or after the peer's own invalidation,
	// is harmless; the Exposure may not be used after that.
	Revoke()
}

// Done is told the end of a transfer. It is called from the connection's own
// goroutine (or the caller's, when the call fails at once) and must not block
// nor call the connection.
type Done interface{ Done(err error) }

// ErrRole is the answer to a call of the other role: only an SMB client exposes
// memory, only an SMB server pushes and pulls, [MS-SMBD] 3.1.4.3.
var ErrRole = errors.New("placement call of the other role")

// CheckDescriptors says, with a *DescriptorError, when n bytes do not fit into
// the memory that list names. The sum is taken in 64 bits: the lengths are the
// peer's.
func CheckDescriptors(list []Descriptor, n int) error {
	var have uint64
	for _, d := range list {
		have += uint64(d.Length)
	}
	if uint64(n) > have {
		return &DescriptorError{Need: uint64(n), Have: have}
	}
	return nil
}

// DescriptorError says that a transfer is longer than the memory it names. The
// connection is as it was: nothing has been transferred.
type DescriptorError struct {
	Need, Have uint64 // bytes
}

func (e *DescriptorError) Error() string {
	return fmt.Sprintf("transfer of %d bytes, descriptors hold %d", e.Need, e.Have)
}

// TransferSizeError says that a transfer is longer than the connection's
// Placement allows. The connection is as it was.
type TransferSizeError struct {
	Size, Limit uint64 // bytes
}

func (e *TransferSizeError) Error() string {
	return fmt.Sprintf("transfer of %d bytes, limit %d", e.Size, e.Limit)
}
