// Package fscc is what QUERY_INFO, SET_INFO, QUERY_DIRECTORY, CHANGE_NOTIFY and
// some IOCTLs carry: the structures of [MS-FSCC], pure functions over bytes.
//
// # Use
//
// A structure of fixed length has a ParseX, which takes longer buffers too, and
// AppendBody. Lists are made of entries, each on a multiple of 8 and pointing to
// the next: Link does both.
//
//	at := len(b)
//	b = e.Append(b, smb2.FileIDBothDirectoryInfo)
//	b = fscc.Link(b, at, 8)
//	b = next.Append(b, smb2.FileIDBothDirectoryInfo)
//
// The ParseX of a list walks it to its end. Names are the bytes of the wire,
// UTF-16LE, and alias the buffer they were found in.
//
// # Sections
//
// [MS-FSCC] 2.3.48 allocated ranges, 2.3.71 zero data; 2.4 file information,
// the classes that smb2.FileClass names, but for those under Bugs; 2.5 file
// system information; 2.7.1 notifications.
//
// # Bugs
//
// Extended attributes, quotas, pipes, reparse points, hard links, the extended
// forms of rename and disposition and the 64-bit directory classes of 2022 have
// no type here.
package fscc
