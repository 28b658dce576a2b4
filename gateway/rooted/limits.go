package rooted

const (
	// maxName bounds a name that a server is sent, in bytes: its length has 16 bits
	// in a CREATE.
	maxName = 0xfffe

	// nameRoom is what a server may answer to the question what an open is called,
	// in bytes beside the fixed part: longer paths than 8192 letters are no file
	// system's that is worth serving, and are taken to lead out.
	nameRoom = 16 << 10

	// maxReported bounds the length that a server says a name has, in bytes: 32767
	// letters, which is what NTFS has.
	maxReported = 0xfffe

	// renameFixed is the part of FileRenameInformation, FileLinkInformation and
	// their extended forms in front of the name, [MS-FSCC] 2.4.42.2, 2.4.28.2, and
	// renameLeast what servers want at least.
	renameFixed = 20
	renameLeast = 24
)
