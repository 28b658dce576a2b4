// Package rooted is a directory of a share as if it were a share of its own: a
// tree.Server in front of another one. Clients cannot leave the directory.
//
// # Use
//
//	share, err := space.Connect(ctx, client, "projects")
//	share, err = rooted.Connect(ctx, share, rooted.Options{Path: "dept/a", Arena: arena, Log: log})
//
// # What holds
//
// A name of a client's is one below the directory. It is refused when a component
// of it is . or .., or could become that at a server (dots and spaces alone), when
// there is a / or a zero in it, an empty component, or a colon but in the last one,
// where it begins a stream. So is a file by its number (FILE_OPEN_BY_FILE_ID), and
// Apple's question for the path of a number.
//
// What a server follows by itself is in no name: mount points of Windows, links
// that Samba follows. So the server is asked, by FileNormalizedNameInformation or
// where it has none by FileAllInformation, what has been opened, in the message
// that opens it: a CREATE and what is behind it has its answers when the server's
// name of it is below the server's name of the directory. Otherwise it is
// STATUS_ACCESS_DENIED, and what was opened is closed. A CREATE that could change
// something meanwhile (any disposition but FILE_OPEN, FILE_DELETE_ON_CLOSE, or
// anything but questions behind it in its chain) is not sent before its name, or
// the directory of a new one, has been opened for its attributes and asked the same;
// likewise the directory of a new name (FileRenameInformation, FileLinkInformation).
// Between that question and the CREATE somebody at the server can still put a link
// in the place of a directory; what comes of it then is at most a file that is
// created, emptied or renamed where the client cannot get at it.
//
// That costs a question in a message that is sent anyway for each open, and an
// exchange for one that may change something. READ, WRITE and all else that is
// about an open file pass as they are.
//
// A symbolic link that the client is to follow by itself ([MS-SMB2] 2.2.2.2.1) is
// told to it if it is below the directory and relative. The client may set such
// links, without a step up, and no other reparse points (FSCTL_SET_REPARSE_POINT).
// Other FSCTLs pass when they name nothing: the table is in ioctl.go.
//
// In answers the directory is taken off whole names (FileNameInformation,
// FileNormalizedNameInformation, FileAllInformation). Names of other links to a
// file, and where it is on the server, are not told. Changes and entries of
// directories have names below what they are about, and pass.
//
// The directory itself is not renamed or deleted by its clients.
//
// Snapshots (the timewarp context and FSCTL_SRV_ENUMERATE_SNAPSHOTS) and durable
// opens are as on the share: their contexts pass, with the name that the server
// knows.
//
// # Ownership
//
// As package tree has it. A chain with a CREATE or a new name has a goroutine until
// it is answered; Close waits for all of them.
//
// # Sections
//
// [MS-SMB2] 3.3.5.9, 3.3.5.15, 3.3.5.20.1, 3.3.5.21.1; [MS-FSCC] 2.1.2.4, 2.4.
//
// # Bugs
//
// A hard link to a file elsewhere, made at the server, is a file of the directory
// like any other. The entry .. of the directory has the times of the one above it.
// A server that reports the name by which something was asked for, links and all,
// cannot be asked where it has led: nothing is to be linked there.
//
// In a chain of several CREATEs each waits for the answer to the one before.
//
// Who may not read a file's attributes may not create or overwrite it either.
package rooted
