package smb2

// The bytes of a body count up, so that a field which is read or put in the
// wrong place shows. Reserved bytes are zero.
var (
	file0 = FileID{0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f}
	guid0 = GUID(file0)
)

const (
	file0Hex = "303132333435363738393a3b3c3d3e3f"
	timesHex = "0102030405060708" + "1112131415161718" + "2122232425262728" + "3132333435363738"
)

var times0 = FileTimes{0x0807060504030201, 0x1817161514131211, 0x2827262524232221, 0x3837363534333231}

var rows = []row{
	{"SESSION_SETUP request", headHex + "1900" + "0102" + "03040506" + "00000000" + "0708" + "090a" + "1112131415161718", SessionSetupRequest{
		Flags: SessionBinding, SecurityMode: SigningRequired, Capabilities: 0x06050403, SecurityOffset: 0x0807, SecurityLength: 0x0a09, PreviousSessionID: 0x1817161514131211,
	}, 24},
	{"SESSION_SETUP response", headHex + "0900" + "0102" + "0304" + "0506", SessionSetupResponse{0x0201, 0x0403, 0x0605}, 8},
	{"LOGOFF", headHex + "04000000", Logoff{}, 4},
	{"TREE_CONNECT request", headHex + "0900" + "0102" + "0304" + "0506", TreeConnectRequest{0x0201, 0x0403, 0x0605}, 8},
	{"TREE_DISCONNECT", headHex + "04000000", TreeDisconnect{}, 4},
	{"CREATE request", headHex + "3900" + "00" + "ff" + "01020304" + "0000000000000000" + "0000000000000000" +
		"11121314" + "21222324" + "31323334" + "41424344" + "51525354" + "6162" + "6364" + "71727374" + "81828384", CreateRequest{
		OplockLevel: OplockLease, Impersonation: 0x04030201, Access: 0x14131211, Attributes: 0x24232221, Share: 0x34333231, Disposition: 0x44434241,
		Options: 0x54535251, NameOffset: 0x6261, NameLength: 0x6463, ContextsOffset: 0x74737271, ContextsLength: 0x84838281,
	}, 56},
	{"CREATE response", headHex + "5900" + "09" + "01" + "02030405" + timesHex + "4142434445464748" + "5152535455565758" +
		"61626364" + "00000000" + file0Hex + "71727374" + "81828384", CreateResponse{
		OplockLevel: OplockBatch, Flags: CreateReparsePoint, Action: 0x05040302, Times: times0, AllocationSize: 0x4847464544434241, EndOfFile: 0x5857565554535251,
		Attributes: 0x64636261, FileID: file0, ContextsOffset: 0x74737271, ContextsLength: 0x84838281,
	}, 88},
	{"CLOSE request", headHex + "1800" + "0102" + "00000000" + file0Hex, CloseRequest{0x0201, file0}, 24},
	{"CLOSE response", headHex + "3c00" + "0102" + "00000000" + timesHex + "4142434445464748" + "5152535455565758" + "61626364", CloseResponse{
		0x0201, times0, 0x4847464544434241, 0x5857565554535251, 0x64636261,
	}, 60},
	{"FLUSH request", headHex + "1800" + "0000" + "00000000" + file0Hex, FlushRequest{file0}, 24},
	{"FLUSH response", headHex + "04000000", FlushResponse{}, 4},
	{"LOCK request", headHex + "3000" + "0102" + "53040506" + file0Hex, LockRequest{0x0201, NewLockSequence(0x0605045, 3), file0}, 24},
	{"LOCK response", headHex + "04000000", LockResponse{}, 4},
	{"IOCTL request", headHex + "3900" + "0000" + "04021400" + file0Hex + "01020304" + "11121314" + "21222324" + "31323334" + "41424344" + "51525354" +
		"61626364" + "00000000", IoctlRequest{
		FsctlValidateNegotiateInfo, file0, 0x04030201, 0x14131211, 0x24232221, 0x34333231, 0x44434241, 0x54535251, 0x64636261,
	}, 56},
	{"IOCTL response", headHex + "3100" + "0000" + "fc011400" + file0Hex + "01020304" + "11121314" + "31323334" + "41424344" + "61626364" + "00000000", IoctlResponse{
		FsctlQueryNetworkInterfaceInfo, file0, 0x04030201, 0x14131211, 0x34333231, 0x44434241, 0x64636261,
	}, 48},
	{"CANCEL", headHex + "04000000", Cancel{}, 4},
	{"ECHO", headHex + "04000000", Echo{}, 4},
	{"QUERY_DIRECTORY request", headHex + "2100" + "25" + "01" + "01020304" + file0Hex + "1112" + "1314" + "21222324", QueryDirectoryRequest{
		FileIDBothDirectoryInfo, QueryDirectoryRestart, 0x04030201, file0, 0x1211, 0x1413, 0x24232221,
	}, 32},
	{"QUERY_DIRECTORY response", headHex + "0900" + "0102" + "03040506", QueryDirectoryResponse{0x0201, 0x06050403}, 8},
	{"CHANGE_NOTIFY request", headHex + "2000" + "0100" + "01020304" + file0Hex + "11121314" + "00000000", ChangeNotifyRequest{
		ChangeNotifyTree, 0x04030201, file0, 0x14131211,
	}, 32},
	{"CHANGE_NOTIFY response", headHex + "0900" + "0102" + "03040506", ChangeNotifyResponse{0x0201, 0x06050403}, 8},
	{"QUERY_INFO response", headHex + "0900" + "0102" + "03040506", QueryInfoResponse{0x0201, 0x06050403}, 8},
	{"SET_INFO request", headHex + "2100" + "01" + "0a" + "01020304" + "1112" + "0000" + "21222324" + file0Hex, SetInfoRequest{
		InfoFile, FileRenameInfo, 0x04030201, 0x1211, 0x24232221, file0,
	}, 32},
	{"SET_INFO response", headHex + "0200", SetInfoResponse{}, 2},
	{"OPLOCK_BREAK", headHex + "1800" + "01" + "00" + "00000000" + file0Hex, OplockBreak{OplockII, file0}, 24},
	{"lease break notification", headHex + "2c00" + "0102" + "01000000" + file0Hex + "07000000" + "03000000" + "000000000000000000000000", LeaseBreak{
		0x0201, LeaseBreakAckRequired, LeaseKey(file0), LeaseRead | LeaseHandle | LeaseWrite, LeaseRead | LeaseHandle,
	}, 44},
	{"lease break acknowledgement", headHex + "2400" + "0000" + "00000000" + file0Hex + "03000000" + "0000000000000000", LeaseBreakAck{
		LeaseKey(file0), LeaseRead | LeaseHandle,
	}, 36},
}
