package smb2

// An output is the fixed part of the responses to QUERY_DIRECTORY,
// CHANGE_NOTIFY and QUERY_INFO, [MS-SMB2] 2.2.34, 2.2.36, 2.2.38.
//
//	StructureSize[2]=9 OutputBufferOffset[2] OutputBufferLength[4]
//	Buffer[variable]
type output struct {
	OutputOffset uint16
	OutputLength uint32
}

const (
	outputSize   = 9
	outputBuffer = HeaderSize + 8
)

func parseOutput(element []byte, structure, section string) (o output, err error) {
	c, err := body(element, outputSize, structure, section)
	if err != nil {
		return o, err
	}
	o.OutputOffset, o.OutputLength = c.u16(), c.u32()
	return o, c.short(structure, section)
}

func (o output) appendTo(b []byte) []byte {
	return le32(le16(le16(b, outputSize), o.OutputOffset), o.OutputLength)
}

func (o output) in(element []byte, structure, section string) ([]byte, error) {
	return part(element, uint32(o.OutputOffset), o.OutputLength, outputBuffer, "the output", structure, section)
}

func appendOutput(b, data []byte) []byte {
	o := output{outputBuffer, uint32(len(data))}
	return append(o.appendTo(b), data...)
}
