package rooted

import (
	"encoding/binary"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
)

// fsctls is THE table of what passes: what is about the open file alone, or about
// another that the client has open, and names none. A symbolic link is looked at.
// All others are STATUS_INVALID_DEVICE_REQUEST, as they are on a file system that
// does not have them. The test goes through all that package smb2 knows.
var fsctls = map[smb2.FSCTL]bool{
	smb2.FsctlGetRetrievalPointers:      true,
	smb2.FsctlGetObjectID:               true, // an id opens nothing: see CREATE
	smb2.FsctlSetReparsePoint:           true, // looked at
	smb2.FsctlGetReparsePoint:           true,
	smb2.FsctlDeleteReparsePoint:        true,
	smb2.FsctlCreateOrGetObjectID:       true,
	smb2.FsctlSetSparse:                 true,
	smb2.FsctlMarkHandle:                false, // has the handle of a volume
	smb2.FsctlGetCompression:            true,
	smb2.FsctlSetCompression:            true,
	smb2.FsctlQueryAllocatedRanges:      true,
	smb2.FsctlOffloadRead:               true,
	smb2.FsctlSetZeroData:               true,
	smb2.FsctlFileLevelTrim:             true,
	smb2.FsctlOffloadWrite:              true,
	smb2.FsctlDuplicateExtents:          true, // from an open file
	smb2.FsctlDuplicateExtentsEx:        true,
	smb2.FsctlGetIntegrityInformation:   true,
	smb2.FsctlQueryFileRegions:          true,
	smb2.FsctlSVHDXSync:                 true,
	smb2.FsctlSVHDXAsync:                true,
	smb2.FsctlQuerySharedVHDSupport:     true,
	smb2.FsctlSetIntegrityInformationEx: true,
	smb2.FsctlSetIntegrityInformation:   true,
	smb2.FsctlRequestResumeKey:          true, // of an open file, for COPYCHUNK
	smb2.FsctlLMRRequestResiliency:      true,
	smb2.FsctlEnumerateSnapshots:        true,
	smb2.FsctlCopyChunk:                 true,
	smb2.FsctlCopyChunkWrite:            true,
	smb2.FsctlReadHash:                  true,
	smb2.FsctlLMRSetLinkTracking:        false, // names another server
	smb2.FsctlPipeWait:                  false, // names a pipe
	smb2.FsctlPipePeek:                  false,
	smb2.FsctlPipeTransceive:            false,
	smb2.FsctlDFSGetReferrals:           false, // names a path; answered before they come here
	smb2.FsctlDFSGetReferralsEx:         false,
	smb2.FsctlQueryNetworkInterfaceInfo: false, // likewise
	smb2.FsctlValidateNegotiateInfo:     false,
}

func (s *Server) ioctl(r *tree.Request) *proxy {
	q, err := smb2.ParseIoctlRequest(r.Element)
	if err != nil {
		return s.refuse(r, smb2.StatusInvalidParameter)
	}
	if !fsctls[q.Code] {
		return s.refuse(r, smb2.StatusInvalidDeviceRequest)
	}
	if q.Code == smb2.FsctlSetReparsePoint {
		input, err := q.Input(r.Element)
		if err != nil || !staysBelow(input) {
			return s.refuse(r, smb2.StatusAccessDenied)
		}
	}
	return s.proxy(r)
}

// staysBelow says that a reparse point leads nowhere but below the directory that
// it is in: a symbolic link to a relative name without a step up, which it is
// wherever it is moved later. [MS-FSCC] 2.1.2.4:
//
//	ReparseTag[4] ReparseDataLength[2] Reserved[2] SubstituteNameOffset[2]
//	SubstituteNameLength[2] PrintNameOffset[2] PrintNameLength[2] Flags[4]
//	PathBuffer[variable]
//
// Mount points are followed by servers, and other tags mean something to one
// system or another: no client may set them.
func staysBelow(b []byte) bool {
	const (
		fixed          = 20
		tagSymlink     = 0xa000000c
		flagIsRelative = 1
	)
	if len(b) < fixed || binary.LittleEndian.Uint32(b) != tagSymlink || binary.LittleEndian.Uint32(b[16:]) != flagIsRelative {
		return false
	}
	paths := b[fixed:]
	for at := 8; at < 16; at += 4 {
		off, n := int(binary.LittleEndian.Uint16(b[at:])), int(binary.LittleEndian.Uint16(b[at+2:]))
		if off+n > len(paths) || check(paths[off:][:n]) != 0 {
			return false
		}
	}
	return binary.LittleEndian.Uint16(b[10:]) > 0
}
