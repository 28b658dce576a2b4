package smb2

// creditSize is what one credit pays for, [MS-SMB2] 3.1.5.2.
const creditSize = 64 << 10

// Charge is how many credits a request costs that sends or asks for as many
// bytes, [MS-SMB2] 3.1.5.2. Nothing costs as much as one byte.
func Charge(bytes uint64) uint64 {
	return (max(bytes, 1)-1)/creditSize + 1
}

// Payload is how many bytes a request sends or asks for, the greater of them,
// which Charge wants, [MS-SMB2] 3.3.5.2.5. Commands that are not charged by
// size have none.
func Payload(element []byte) (uint64, error) {
	h, err := ParseHeader(element)
	if err != nil {
		return 0, err
	}
	switch h.Command() {
	case CommandRead:
		r, err := ParseReadRequest(element)
		return uint64(r.Length), err
	case CommandWrite:
		r, err := ParseWriteRequest(element)
		if r.Channel != ChannelNone {
			return uint64(r.RemainingBytes), err
		}
		return uint64(r.Length), err
	case CommandIoctl:
		r, err := ParseIoctlRequest(element)
		return max(uint64(r.InputCount)+uint64(r.OutputCount), uint64(r.MaxInput)+uint64(r.MaxOutput)), err
	case CommandQueryDirectory:
		r, err := ParseQueryDirectoryRequest(element)
		return uint64(r.OutputLength), err
	case CommandChangeNotify:
		r, err := ParseChangeNotifyRequest(element)
		return uint64(r.OutputLength), err
	case CommandQueryInfo:
		r, err := ParseQueryInfoRequest(element)
		return uint64(max(r.InputLength, r.OutputLength)), err
	case CommandSetInfo:
		r, err := ParseSetInfoRequest(element)
		return uint64(r.BufferLength), err
	}
	return 0, nil
}
