package smb2

import "fmt"

// An RDMATransformContext is the data of ContextRDMATransform,
// [MS-SMB2] 2.2.3.1.6.
//
//	TransformCount[2] Reserved1[2] Reserved2[4] RDMATransformIds[2*Count]
type RDMATransformContext struct {
	Transforms []RDMATransform
}

// An RDMATransform protects what is placed by RDMA.
type RDMATransform uint16

const (
	RDMATransformNone       RDMATransform = 0
	RDMATransformEncryption RDMATransform = 1
	RDMATransformSigning    RDMATransform = 2
)

func (t RDMATransform) String() string {
	switch t {
	case RDMATransformNone:
		return "none"
	case RDMATransformEncryption:
		return "encryption"
	case RDMATransformSigning:
		return "signing"
	}
	return fmt.Sprintf("RDMA transform %#x", uint16(t))
}

// ParseRDMATransformContext reads a context's data.
func ParseRDMATransformContext(data []byte) (x RDMATransformContext, err error) {
	c := cursor{data, true}
	count := c.u16()
	c.u16() // reserved, ignored
	c.u32() // reserved, ignored
	x.Transforms, err = ids[RDMATransform](&c, count, "RDMA_TRANSFORM_CAPABILITIES", "2.2.3.1.6")
	return x, err
}

// AppendBody appends a context's data.
func (x *RDMATransformContext) AppendBody(b []byte) []byte {
	b = le32(le16(le16(b, uint16(len(x.Transforms))), 0), 0)
	return appendIDs(b, x.Transforms)
}
