package smb2

import (
	"encoding/binary"
	"fmt"
)

// A Channel says how READ and WRITE move their data, [MS-SMB2] 2.2.19, 2.2.21.
type Channel uint32

const (
	ChannelNone         Channel = 0 // in the message
	ChannelV1           Channel = 1 // SMB2_CHANNEL_RDMA_V1
	ChannelV1Invalidate Channel = 2 // SMB2_CHANNEL_RDMA_V1_INVALIDATE, from 3.0.2 on
	ChannelTransform    Channel = 3 // SMB2_CHANNEL_RDMA_TRANSFORM, 3.1.1
)

func (c Channel) String() string {
	switch c {
	case ChannelNone:
		return "none"
	case ChannelV1:
		return "V1"
	case ChannelV1Invalidate:
		return "V1_INVALIDATE"
	case ChannelTransform:
		return "TRANSFORM"
	}
	return fmt.Sprintf("channel %#x", uint32(c))
}

// A BufferDescriptor names memory of the peer,
// SMB_DIRECT_BUFFER_DESCRIPTOR_V1, [MS-SMBD] 2.2.3.1.
//
//	Offset[8] Token[4] Length[4]
type BufferDescriptor struct {
	Offset uint64
	Token  uint32
	Length uint32
}

// DescriptorSize is the length of a BufferDescriptor on the wire.
const DescriptorSize = 16

// ParseDescriptors appends the descriptors in info to list. At least one, at
// most MaxDescriptors, and none left over.
func ParseDescriptors(list []BufferDescriptor, info []byte) ([]BufferDescriptor, error) {
	n := len(info) / DescriptorSize
	if n == 0 || len(info)%DescriptorSize != 0 || n > MaxDescriptors {
		return list, &ParseError{"buffer descriptors", "2.2.19",
			fmt.Sprintf("%d bytes, want 1 to %d times %d", len(info), MaxDescriptors, DescriptorSize)}
	}
	for ; len(info) > 0; info = info[DescriptorSize:] {
		list = append(list, DescriptorAt(info))
	}
	return list, nil
}

// DescriptorAt reads the first DescriptorSize bytes of b, which must be there.
func DescriptorAt(b []byte) BufferDescriptor {
	return BufferDescriptor{
		Offset: binary.LittleEndian.Uint64(b),
		Token:  binary.LittleEndian.Uint32(b[8:]),
		Length: binary.LittleEndian.Uint32(b[12:]),
	}
}

// AppendBody appends the descriptor's bytes.
func (d BufferDescriptor) AppendBody(b []byte) []byte {
	return le32(le32(le64(b, d.Offset), d.Token), d.Length)
}
