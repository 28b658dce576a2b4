package smb2

import (
	"fmt"
	"maps"
	"slices"
)

// An FSCTL says what an IOCTL does, [MS-SMB2] 2.2.31, [MS-FSCC] 2.3.
type FSCTL uint32

const (
	FsctlDFSGetReferrals           FSCTL = 0x00060194
	FsctlDFSGetReferralsEx         FSCTL = 0x000601b0
	FsctlGetRetrievalPointers      FSCTL = 0x00090073
	FsctlGetObjectID               FSCTL = 0x0009009c
	FsctlSetReparsePoint           FSCTL = 0x000900a4
	FsctlGetReparsePoint           FSCTL = 0x000900a8
	FsctlDeleteReparsePoint        FSCTL = 0x000900ac
	FsctlCreateOrGetObjectID       FSCTL = 0x000900c0
	FsctlSetSparse                 FSCTL = 0x000900c4
	FsctlMarkHandle                FSCTL = 0x000900fc
	FsctlGetCompression            FSCTL = 0x0009003c
	FsctlSetCompression            FSCTL = 0x0009c040
	FsctlQueryAllocatedRanges      FSCTL = 0x000940cf
	FsctlOffloadRead               FSCTL = 0x00094264
	FsctlSetZeroData               FSCTL = 0x000980c8
	FsctlFileLevelTrim             FSCTL = 0x00098208
	FsctlOffloadWrite              FSCTL = 0x00098268
	FsctlDuplicateExtents          FSCTL = 0x00098344
	FsctlDuplicateExtentsEx        FSCTL = 0x000983e8
	FsctlGetIntegrityInformation   FSCTL = 0x0009027c
	FsctlQueryFileRegions          FSCTL = 0x00090284
	FsctlSVHDXSync                 FSCTL = 0x00090304
	FsctlSVHDXAsync                FSCTL = 0x00090364
	FsctlQuerySharedVHDSupport     FSCTL = 0x00090300
	FsctlSetIntegrityInformationEx FSCTL = 0x00090380
	FsctlSetIntegrityInformation   FSCTL = 0x0009c280
	FsctlPipeWait                  FSCTL = 0x00110018
	FsctlPipePeek                  FSCTL = 0x0011400c
	FsctlPipeTransceive            FSCTL = 0x0011c017
	FsctlRequestResumeKey          FSCTL = 0x00140078 // SRV_REQUEST_RESUME_KEY
	FsctlLMRSetLinkTracking        FSCTL = 0x001400ec
	FsctlLMRRequestResiliency      FSCTL = 0x001401d4
	FsctlQueryNetworkInterfaceInfo FSCTL = 0x001401fc
	FsctlValidateNegotiateInfo     FSCTL = 0x00140204
	FsctlEnumerateSnapshots        FSCTL = 0x00144064 // SRV_ENUMERATE_SNAPSHOTS
	FsctlCopyChunk                 FSCTL = 0x001440f2 // SRV_COPYCHUNK
	FsctlReadHash                  FSCTL = 0x001441bb // SRV_READ_HASH
	FsctlCopyChunkWrite            FSCTL = 0x001480f2 // SRV_COPYCHUNK_WRITE
)

var fsctlNames = map[FSCTL]string{
	FsctlDFSGetReferrals:           "DFS_GET_REFERRALS",
	FsctlDFSGetReferralsEx:         "DFS_GET_REFERRALS_EX",
	FsctlGetRetrievalPointers:      "GET_RETRIEVAL_POINTERS",
	FsctlGetObjectID:               "GET_OBJECT_ID",
	FsctlSetReparsePoint:           "SET_REPARSE_POINT",
	FsctlGetReparsePoint:           "GET_REPARSE_POINT",
	FsctlDeleteReparsePoint:        "DELETE_REPARSE_POINT",
	FsctlCreateOrGetObjectID:       "CREATE_OR_GET_OBJECT_ID",
	FsctlSetSparse:                 "SET_SPARSE",
	FsctlMarkHandle:                "MARK_HANDLE",
	FsctlGetCompression:            "GET_COMPRESSION",
	FsctlSetCompression:            "SET_COMPRESSION",
	FsctlQueryAllocatedRanges:      "QUERY_ALLOCATED_RANGES",
	FsctlOffloadRead:               "OFFLOAD_READ",
	FsctlSetZeroData:               "SET_ZERO_DATA",
	FsctlFileLevelTrim:             "FILE_LEVEL_TRIM",
	FsctlOffloadWrite:              "OFFLOAD_WRITE",
	FsctlDuplicateExtents:          "DUPLICATE_EXTENTS_TO_FILE",
	FsctlDuplicateExtentsEx:        "DUPLICATE_EXTENTS_TO_FILE_EX",
	FsctlGetIntegrityInformation:   "GET_INTEGRITY_INFORMATION",
	FsctlQueryFileRegions:          "QUERY_FILE_REGIONS",
	FsctlSVHDXSync:                 "SVHDX_SYNC_TUNNEL_REQUEST",
	FsctlSVHDXAsync:                "SVHDX_ASYNC_TUNNEL_REQUEST",
	FsctlQuerySharedVHDSupport:     "QUERY_SHARED_VIRTUAL_DISK_SUPPORT",
	FsctlSetIntegrityInformationEx: "SET_INTEGRITY_INFORMATION_EX",
	FsctlSetIntegrityInformation:   "SET_INTEGRITY_INFORMATION",
	FsctlPipeWait:                  "PIPE_WAIT",
	FsctlPipePeek:                  "PIPE_PEEK",
	FsctlPipeTransceive:            "PIPE_TRANSCEIVE",
	FsctlRequestResumeKey:          "SRV_REQUEST_RESUME_KEY",
	FsctlLMRSetLinkTracking:        "LMR_SET_LINK_TRACKING_INFORMATION",
	FsctlLMRRequestResiliency:      "LMR_REQUEST_RESILIENCY",
	FsctlQueryNetworkInterfaceInfo: "QUERY_NETWORK_INTERFACE_INFO",
	FsctlValidateNegotiateInfo:     "VALIDATE_NEGOTIATE_INFO",
	FsctlEnumerateSnapshots:        "SRV_ENUMERATE_SNAPSHOTS",
	FsctlCopyChunk:                 "SRV_COPYCHUNK",
	FsctlReadHash:                  "SRV_READ_HASH",
	FsctlCopyChunkWrite:            "SRV_COPYCHUNK_WRITE",
}

func (f FSCTL) String() string {
	if name, ok := fsctlNames[f]; ok {
		return name
	}
	return fmt.Sprintf("fsctl %#x", uint32(f))
}

// FSCTLNamed is the code that String prints as name.
func FSCTLNamed(name string) (FSCTL, bool) {
	for f, n := range fsctlNames {
		if n == name {
			return f, true
		}
	}
	return 0, false
}

// FSCTLNames are the names that FSCTLNamed knows, sorted.
func FSCTLNames() []string { return slices.Sorted(maps.Values(fsctlNames)) }

// WithoutFile says whether the code is about no file: FileID is NoFile, and a
// server refuses any other, [MS-SMB2] 3.3.5.15.
func (f FSCTL) WithoutFile() bool {
	switch f {
	case FsctlDFSGetReferrals, FsctlDFSGetReferralsEx, FsctlPipeWait,
		FsctlQueryNetworkInterfaceInfo, FsctlValidateNegotiateInfo:
		return true
	}
	return false
}
