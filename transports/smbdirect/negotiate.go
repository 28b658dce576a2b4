package smbdirect

// A NegotiateRequest opens a connection, [MS-SMBD] 2.2.1.
//
//	MinVersion[2] MaxVersion[2] Reserved[2] CreditsRequested[2]
//	PreferredSendSize[4] MaxReceiveSize[4] MaxFragmentedSize[4]
type NegotiateRequest struct {
	MinVersion, MaxVersion uint16
	CreditsRequested       uint16
	PreferredSendSize      uint32
	MaxReceiveSize         uint32
	MaxFragmentedSize      uint32
}

// ParseNegotiateRequest reads the first 20 bytes of b. Whatever follows is
// ignored, and the values are not judged: the reaction to each differs.
func ParseNegotiateRequest(b []byte) (NegotiateRequest, error) {
	if len(b) < negotiateRequestSize {
		return NegotiateRequest{}, violation("negotiate request", "length", uint64(len(b)), "3.1.5.6")
	}
	return NegotiateRequest{
		MinVersion:        le.Uint16(b[0:]),
		MaxVersion:        le.Uint16(b[2:]),
		CreditsRequested:  le.Uint16(b[6:]),
		PreferredSendSize: le.Uint32(b[8:]),
		MaxReceiveSize:    le.Uint32(b[12:]),
		MaxFragmentedSize: le.Uint32(b[16:]),
	}, nil
}

// AppendBinary appends the 20 bytes of r. The error is always nil.
func (r NegotiateRequest) AppendBinary(b []byte) ([]byte, error) {
	b = le.AppendUint16(b, r.MinVersion)
	b = le.AppendUint16(b, r.MaxVersion)
	b = le.AppendUint16(b, 0)
	b = le.AppendUint16(b, r.CreditsRequested)
	b = le.AppendUint32(b, r.PreferredSendSize)
	b = le.AppendUint32(b, r.MaxReceiveSize)
	return le.AppendUint32(b, r.MaxFragmentedSize), nil
}

// A NegotiateResponse answers a NegotiateRequest, [MS-SMBD] 2.2.2.
//
//	MinVersion[2] MaxVersion[2] NegotiatedVersion[2] Reserved[2]
//	CreditsRequested[2] CreditsGranted[2] Status[4] MaxReadWriteSize[4]
//	PreferredSendSize[4] MaxReceiveSize[4] MaxFragmentedSize[4]
type NegotiateResponse struct {
	MinVersion, MaxVersion uint16
	NegotiatedVersion      uint16
	CreditsRequested       uint16
	CreditsGranted         uint16
	Status                 Status
	MaxReadWriteSize       uint32
	PreferredSendSize      uint32
	MaxReceiveSize         uint32
	MaxFragmentedSize      uint32
}

// ParseNegotiateResponse reads the first 32 bytes of b, as
// ParseNegotiateRequest does.
func ParseNegotiateResponse(b []byte) (NegotiateResponse, error) {
	if len(b) < negotiateResponseSize {
		return NegotiateResponse{}, violation("negotiate response", "length", uint64(len(b)), "3.1.5.7")
	}
	return NegotiateResponse{
		MinVersion:        le.Uint16(b[0:]),
		MaxVersion:        le.Uint16(b[2:]),
		NegotiatedVersion: le.Uint16(b[4:]),
		CreditsRequested:  le.Uint16(b[8:]),
		CreditsGranted:    le.Uint16(b[10:]),
		Status:            Status(le.Uint32(b[12:])),
		MaxReadWriteSize:  le.Uint32(b[16:]),
		PreferredSendSize: le.Uint32(b[20:]),
		MaxReceiveSize:    le.Uint32(b[24:]),
		MaxFragmentedSize: le.Uint32(b[28:]),
	}, nil
}

// AppendBinary appends the 32 bytes of r. The error is always nil.
func (r NegotiateResponse) AppendBinary(b []byte) ([]byte, error) {
	b = le.AppendUint16(b, r.MinVersion)
	b = le.AppendUint16(b, r.MaxVersion)
	b = le.AppendUint16(b, r.NegotiatedVersion)
	b = le.AppendUint16(b, 0)
	b = le.AppendUint16(b, r.CreditsRequested)
	b = le.AppendUint16(b, r.CreditsGranted)
	b = le.AppendUint32(b, uint32(r.Status))
	b = le.AppendUint32(b, r.MaxReadWriteSize)
	b = le.AppendUint32(b, r.PreferredSendSize)
	b = le.AppendUint32(b, r.MaxReceiveSize)
	return le.AppendUint32(b, r.MaxFragmentedSize), nil
}

// refusal is the failure response of [MS-SMBD] 3.1.5.3: nothing but the
// versions and the status.
func refusal(s Status) NegotiateResponse {
	return NegotiateResponse{MinVersion: Version, MaxVersion: Version, Status: s}
}
