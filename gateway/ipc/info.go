package ipc

import (
	"encoding/binary"
	"math"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/fscc"
	"github.com/smbgw/smbgw/transports"
)

// queryInfo does QUERY_INFO, [MS-SMB2] 3.3.5.20.
func (s *Server) queryInfo(k *call) *transports.Message {
	r, err := smb2.ParseQueryInfoRequest(k.element)
	if err != nil || r.OutputLength > maxTransfer {
		return s.malformed(k)
	}
	if _, err := r.Input(k.element); err != nil {
		return s.malformed(k)
	}
	o, status := s.file(k, r.FileID)
	var info []byte
	switch {
	case status != smb2.StatusSuccess:
	case r.InfoType > smb2.InfoQuota || r.InfoType < smb2.InfoFile:
		status = smb2.StatusInvalidParameter
	case r.InfoType != smb2.InfoFile: // of no file system, and with no security of its own
		status = smb2.StatusNotSupported
	default:
		if info = o.info(r.Class); info == nil {
			status = smb2.StatusInvalidInfoClass
		}
	}
	switch {
	case status != smb2.StatusSuccess:
		return s.fail(k, status)
	case len(info) > int(r.OutputLength):
		return s.fail(k, smb2.StatusInfoLengthMismatch)
	}
	return s.replies.Output(k.request, smb2.StatusSuccess, &smb2.QueryInfoResponse{}, info)
}

// info is a class of [MS-FSCC] 2.4 about a pipe, nil of those that it has not.
func (o *open) info(class smb2.FileClass) []byte {
	switch class {
	case smb2.FileBasicInfo:
		return (&fscc.Basic{Attributes: smb2.AttributeNormal}).AppendBody(nil)
	case smb2.FileStandardInfo: // gone with its last open, as npfs has it
		x := fscc.Standard{AllocationSize: pipeAllocation, EndOfFile: uint64(o.unread()), Links: 1, DeletePending: true}
		return x.AppendBody(nil)
	case smb2.FileInternalInfo:
		return fscc.Long(binary.LittleEndian.Uint64(o.id[:8])).AppendBody(nil)
	case smb2.FileEAInfo:
		return fscc.Word(0).AppendBody(nil)
	case smb2.FileAccessInfo:
		return fscc.Word(o.access).AppendBody(nil)
	case smb2.FilePositionInfo:
		return fscc.Long(0).AppendBody(nil)
	case smb2.FileModeInfo, smb2.FileAlignmentInfo:
		return fscc.Word(0).AppendBody(nil)
	case smb2.FilePipeInfo:
		return o.mode()
	case smb2.FilePipeLocalInfo:
		return o.local()
	}
	return nil
}

// Numbers of FilePipeInformation and FilePipeLocalInformation, [MS-FSCC] 2.4.37,
// 2.4.38.
const (
	byteMode       = 0
	messageMode    = 1
	queueOperation = 0 // reads wait
	messageType    = 1
	fullDuplex     = 2
	clientEnd      = 0
)

// mode is FilePipeInformation.
//
//	ReadMode[4] CompletionMode[4]
func (o *open) mode() []byte {
	if o.stream {
		return le32(le32(nil, byteMode), queueOperation)
	}
	return le32(le32(nil, messageMode), queueOperation)
}

// local is FilePipeLocalInformation.
//
//	NamedPipeType[4] NamedPipeConfiguration[4] MaximumInstances[4]
//	CurrentInstances[4] InboundQuota[4] ReadDataAvailable[4]
//	OutboundQuota[4] WriteQuotaAvailable[4] NamedPipeState[4]
//	NamedPipeEnd[4]
func (o *open) local() []byte {
	var b []byte
	for _, v := range []uint32{
		messageType, fullDuplex, math.MaxUint32, 1, maxFragment, uint32(o.unread()),
		maxFragment, maxFragment, o.state(), clientEnd,
	} {
		b = le32(b, v)
	}
	return b
}

// setInfo does SET_INFO, [MS-SMB2] 3.3.5.21: how the pipe is read can be set.
func (s *Server) setInfo(k *call) *transports.Message {
	r, err := smb2.ParseSetInfoRequest(k.element)
	if err != nil || r.BufferLength > maxTransfer {
		return s.malformed(k)
	}
	data, err := r.Data(k.element)
	if err != nil {
		return s.malformed(k)
	}
	o, status := s.file(k, r.FileID)
	switch {
	case status != smb2.StatusSuccess:
	case r.InfoType != smb2.InfoFile:
		status = smb2.StatusNotSupported
	case r.Class != smb2.FilePipeInfo:
		status = smb2.StatusInvalidInfoClass
	default:
		status = o.setMode(data)
	}
	if status != smb2.StatusSuccess {
		return s.fail(k, status)
	}
	return s.replies.Answer(k.request, tree.OutputFixed, &smb2.SetInfoResponse{})
}

// setMode sets FilePipeInformation. Reads that do not wait there are not.
func (o *open) setMode(data []byte) smb2.Status {
	if len(data) < 8 {
		return smb2.StatusInfoLengthMismatch
	}
	read, completion := binary.LittleEndian.Uint32(data), binary.LittleEndian.Uint32(data[4:])
	if read > messageMode || completion != queueOperation {
		return smb2.StatusInvalidParameter
	}
	o.stream = read == byteMode
	return smb2.StatusSuccess
}
