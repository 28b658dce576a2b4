package policy

import (
	"bytes"

	"github.com/smbgw/smbgw/smb2"
)

// Classify says what a request does: one element of a compound, with its header.
// It says what the request needs to be allowed, not whether that succeeds. What
// it does not know, and what cannot be parsed, counts as writing.
//
// Whether an operation of the tree IPC$ is asked for is not in the message:
// pipes says so. What is written to a pipe changes no file, and needs to be
// allowed to read.
func Classify(element []byte, pipes bool) Action {
	h, err := smb2.ParseHeader(element)
	if err != nil {
		return Action{Access: ReadWrite}
	}
	a := classify(h.Command(), element)
	if pipes && a.Access > None {
		a.Class |= ClassPipe
		a.Access = min(a.Access, ReadOnly)
	}
	return a
}

// classify is for trees of files.
func classify(c smb2.Command, element []byte) Action {
	switch c {
	case smb2.CommandCreate:
		return ofCreate(element)
	case smb2.CommandSetInfo:
		return ofSetInfo(element)
	case smb2.CommandIoctl:
		return ofIoctl(element)
	}
	if need, ok := needs[c]; ok {
		return Action{Access: need}
	}
	return Action{Access: ReadWrite}
}

// needs are of the commands whose parameters do not matter.
var needs = map[smb2.Command]Access{
	smb2.CommandNegotiate:      None,
	smb2.CommandSessionSetup:   None,
	smb2.CommandLogoff:         None,
	smb2.CommandTreeConnect:    None,
	smb2.CommandTreeDisconnect: None,
	smb2.CommandCancel:         None,
	smb2.CommandEcho:           None,
	smb2.CommandClose:          None, // what goes with it was asked for by CREATE or SET_INFO
	smb2.CommandOplockBreak:    None, // gives up what was cached
	smb2.CommandQueryDirectory: List,
	smb2.CommandQueryInfo:      List,
	smb2.CommandChangeNotify:   List,
	smb2.CommandRead:           ReadOnly,
	smb2.CommandLock:           ReadOnly, // lasts no longer than the open
	smb2.CommandFlush:          ReadOnly, // of what was written, if anything
	smb2.CommandWrite:          ReadWrite,
}

// What a CREATE may have without writing, [MS-SMB2] 2.2.13, 2.2.13.1.
const (
	accessList = smb2.AccessReadEA | smb2.AccessReadAttributes | smb2.AccessReadControl | smb2.AccessSynchronize |
		smb2.AccessMaximumAllowed // as much as there is: what then is done with it is asked for again
	accessRead = smb2.AccessReadData | smb2.AccessExecute | smb2.AccessGenericRead | smb2.AccessGenericExecute

	// Two that are of no use over the network, and one that servers ignore:
	// FILE_OPEN_REMOTE_INSTANCE, FILE_DISALLOW_EXCLUSIVE, CREATE_TREE_CONNECTION.
	optionsIgnored = smb2.CreateOptions(0x400 | 0x20000 | 0x80)

	optionsRead = optionsIgnored | smb2.OptionDirectory | smb2.OptionWriteThrough | smb2.OptionSequentialOnly |
		smb2.OptionNoBuffering | smb2.OptionSyncAlert | smb2.OptionSyncNonAlert | smb2.OptionNonDirectory |
		smb2.OptionCompleteIfLocked | smb2.OptionNoEAKnowledge | smb2.OptionRandomAccess | smb2.OptionOpenByFileID |
		smb2.OptionBackupIntent | smb2.OptionNoCompression | smb2.OptionRequireOplock | smb2.OptionReserveOpfilter |
		smb2.OptionReparsePoint | smb2.OptionNoRecall | smb2.OptionFreeSpaceQuery
)

func ofCreate(element []byte) Action {
	r, err := smb2.ParseCreateRequest(element)
	if err != nil {
		return Action{Access: ReadWrite, Unnamed: true}
	}
	a := Action{Access: createNeeds(&r), Unnamed: r.Options.Has(smb2.OptionOpenByFileID)}
	name, badName := r.Name(element)
	list, badPlace := r.Contexts(element)
	var buf [8]smb2.CreateContext // more go to the heap
	contexts, badList := smb2.ParseCreateContexts(buf[:0], list)
	if badName != nil || badPlace != nil || badList != nil {
		return Action{Access: ReadWrite, Class: ClassSnapshot | ClassSecurity, Unnamed: true}
	}
	if bytes.Contains(name, snapshotToken) {
		a.Class |= ClassSnapshot
	}
	for i := range contexts {
		switch string(contexts[i].Tag) {
		case smb2.TagTimewarp:
			a.Class |= ClassSnapshot
		case smb2.TagSecurity:
			a.Class |= ClassSecurity
		case smb2.TagDurableReconn, smb2.TagDurableReconnV2:
			a.Unnamed = true
		}
	}
	return a
}

// snapshotToken begins the name of a snapshot in a path, [MS-SMB2] 2.2.32.2.
var snapshotToken = smb2.AppendUTF16(nil, "@GMT-")

// createNeeds leaves out the contexts. A disposition that only may create counts
// as creating: whether the file exists shows too late.
func createNeeds(r *smb2.CreateRequest) Access {
	switch {
	case r.Disposition != smb2.DispositionOpen,
		r.Options&^optionsRead != 0,
		r.Access&^(accessList|accessRead) != 0:
		return ReadWrite
	case r.Access&accessRead != 0 && !r.Options.Has(smb2.OptionDirectory):
		return ReadOnly
	}
	return List
}

func ofSetInfo(element []byte) Action {
	r, err := smb2.ParseSetInfoRequest(element)
	switch {
	case err != nil:
		return Action{Access: ReadWrite, Class: ClassSecurity}
	case r.InfoType == smb2.InfoSecurity:
		return Action{Access: ReadWrite, Class: ClassSecurity}
	case r.InfoType == smb2.InfoFile && ofOpen[r.Class]:
		return Action{Access: ReadOnly}
	}
	return Action{Access: ReadWrite}
}

// ofOpen are the classes that set something of the open, not of the file.
var ofOpen = map[smb2.FileClass]bool{
	smb2.FilePositionInfo: true,
	smb2.FileModeInfo:     true,
	smb2.FilePipeInfo:     true,
}

func ofIoctl(element []byte) Action {
	r, err := smb2.ParseIoctlRequest(element)
	if err != nil {
		return Action{Access: ReadWrite, Class: ClassFSCTL}
	}
	return ClassifyFSCTL(r.Code)
}

// ClassifyFSCTL is Classify of an IOCTL with the code.
func ClassifyFSCTL(code smb2.FSCTL) Action {
	a, ok := fsctls[code]
	if !ok {
		a = Action{Access: ReadWrite, Class: ClassFSCTL}
	}
	a.FSCTL = code
	return a
}

// fsctls are the codes that do not write.
var fsctls = map[smb2.FSCTL]Action{
	// Of the connection: they belong to the protocol.
	smb2.FsctlValidateNegotiateInfo:     {},
	smb2.FsctlQueryNetworkInterfaceInfo: {},

	smb2.FsctlPipeWait:       {Access: ReadOnly, Class: ClassPipe},
	smb2.FsctlPipePeek:       {Access: ReadOnly, Class: ClassPipe},
	smb2.FsctlPipeTransceive: {Access: ReadOnly, Class: ClassPipe},

	smb2.FsctlEnumerateSnapshots: {Access: List, Class: ClassFSCTL | ClassSnapshot},

	smb2.FsctlDFSGetReferrals:         {Access: List, Class: ClassFSCTL},
	smb2.FsctlDFSGetReferralsEx:       {Access: List, Class: ClassFSCTL},
	smb2.FsctlGetRetrievalPointers:    {Access: List, Class: ClassFSCTL},
	smb2.FsctlGetObjectID:             {Access: List, Class: ClassFSCTL},
	smb2.FsctlGetReparsePoint:         {Access: List, Class: ClassFSCTL},
	smb2.FsctlGetCompression:          {Access: List, Class: ClassFSCTL},
	smb2.FsctlQueryAllocatedRanges:    {Access: List, Class: ClassFSCTL},
	smb2.FsctlGetIntegrityInformation: {Access: List, Class: ClassFSCTL},
	smb2.FsctlQueryFileRegions:        {Access: List, Class: ClassFSCTL},
	smb2.FsctlQuerySharedVHDSupport:   {Access: List, Class: ClassFSCTL},

	smb2.FsctlOffloadRead:          {Access: ReadOnly, Class: ClassFSCTL}, // a token for what is read
	smb2.FsctlRequestResumeKey:     {Access: ReadOnly, Class: ClassFSCTL}, // likewise
	smb2.FsctlReadHash:             {Access: ReadOnly, Class: ClassFSCTL},
	smb2.FsctlLMRRequestResiliency: {Access: ReadOnly, Class: ClassFSCTL}, // how long the open lasts
}
