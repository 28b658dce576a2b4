package ipc

import (
	"encoding/binary"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// statusInvalidPipeState is what a transaction gets of a pipe that is read as
// bytes, [MS-FSCC] 2.3.48.
const statusInvalidPipeState smb2.Status = 0xc00000ad

// pipeConnected is the state of a pipe with both its ends, [MS-FSCC] 2.3.46, and
// pipeClosing of one whose server has gone.
const (
	pipeConnected = 3
	pipeClosing   = 4
)

// ioctl does IOCTL, [MS-SMB2] 3.3.5.15.
func (s *Server) ioctl(k *call) (*transports.Message, *wait) {
	r, err := smb2.ParseIoctlRequest(k.element)
	if err != nil || r.MaxOutput > maxTransfer || r.MaxInput > maxTransfer || r.InputCount > maxTransfer {
		return s.malformed(k), nil
	}
	input, err := r.Input(k.element)
	if err != nil {
		return s.malformed(k), nil
	}
	switch {
	case r.Flags != smb2.IoctlIsFSCTL:
		return s.fail(k, smb2.StatusNotSupported), nil
	case r.Code.WithoutFile():
		return s.withoutFile(k, &r, input), nil
	}
	o, status := s.file(k, r.FileID)
	if status != smb2.StatusSuccess {
		return s.fail(k, status), nil
	}
	switch r.Code {
	case smb2.FsctlPipeTransceive:
		return s.transceive(k, o, r.MaxOutput, input)
	case smb2.FsctlPipePeek:
		return s.peek(k, o, r.MaxOutput), nil
	}
	return s.fail(k, smb2.StatusInvalidDeviceRequest), nil
}

// withoutFile does the FSCTLs about no file.
func (s *Server) withoutFile(k *call, r *smb2.IoctlRequest, input []byte) *transports.Message {
	status := smb2.StatusInvalidDeviceRequest
	switch {
	case r.FileID != smb2.NoFile:
		status = smb2.StatusInvalidParameter
	case r.Code == smb2.FsctlDFSGetReferrals || r.Code == smb2.FsctlDFSGetReferralsEx:
		status = smb2.StatusFSDriverRequired // 3.3.5.15.2: there is no DFS
	case r.Code == smb2.FsctlPipeWait:
		status = pipeWait(input)
	}
	if status != smb2.StatusSuccess {
		return s.fail(k, status)
	}
	return s.replies.Output(k.request, status, &smb2.IoctlResponse{Code: r.Code, FileID: r.FileID}, nil)
}

// pipeWait is FSCTL_PIPE_WAIT, [MS-FSCC] 2.3.49. The pipe can always be opened
// once more, so there is no waiting.
//
//	Timeout[8] NameLength[4] TimeoutSpecified[1] Padding[1] Name[variable]
func pipeWait(input []byte) smb2.Status {
	const nameOffset = 14
	if len(input) < nameOffset {
		return smb2.StatusInvalidParameter
	}
	n := binary.LittleEndian.Uint32(input[8:])
	if uint64(n) > uint64(len(input)-nameOffset) {
		return smb2.StatusInvalidParameter
	}
	name, ok := smb2.DecodeUTF16(input[nameOffset : nameOffset+n])
	if !ok || !isPipe(name) {
		return smb2.StatusObjectNameNotFound
	}
	return smb2.StatusSuccess
}

// peek is FSCTL_PIPE_PEEK, [MS-SMB2] 3.3.5.15.4, [MS-FSCC] 2.3.46: what is there,
// and the first message, as far as there is room. It stays.
//
//	NamedPipeState[4] ReadDataAvailable[4] NumberOfMessages[4]
//	MessageLength[4] Data[variable]
func (s *Server) peek(k *call, o *open, most uint32) *transports.Message {
	switch {
	case o.access&readAccess == 0:
		return s.fail(k, smb2.StatusAccessDenied)
	case o.over != nil && len(o.out) == 0:
		return s.fail(k, smb2.StatusPipeDisconnected)
	}
	var first []byte
	if len(o.out) > 0 {
		first = o.out[0]
	}
	b := le32(le32(nil, o.state()), uint32(o.unread()))
	b = append(le32(le32(b, uint32(len(o.out))), uint32(len(first))), first...)
	status := smb2.StatusSuccess
	if uint64(len(b)) > uint64(most) {
		b, status = b[:most], smb2.StatusBufferOverflow
	}
	return s.replies.Output(k.request, status, &smb2.IoctlResponse{Code: smb2.FsctlPipePeek, FileID: o.id}, b)
}

func (o *open) state() uint32 {
	if o.over != nil {
		return pipeClosing
	}
	return pipeConnected
}
