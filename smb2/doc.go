// Package smb2 is the wire format of SMB2 and SMB3, [MS-SMB2] 2.2: pure
// functions over bytes, without sockets, clocks or goroutines.
//
// # Use
//
// A transport delivers a message. KindOf tells what it is by its first four
// bytes. An SMB2 message is one or more elements (a compound, 2.2.1 on
// NextCommand); Split takes one off at a time. Each element begins with its
// Header, a view whose fields are read and patched in place; after a patch the
// element's signature, if it has one, is void.
//
//	for rest := m; len(rest) > 0; {
//		element, rest, err = smb2.Split(rest)
//		h := smb2.Header(element)
//		switch h.Command() {
//		case smb2.CommandRead:
//			r, err := smb2.ParseReadRequest(element)
//
// A command's body is a struct with the fixed fields as they are on the wire,
// offsets and lengths included. ParseX reads it from an element, AppendBody
// puts it behind a header. Variable parts are never copied: methods such as
// WriteRequest.Data return the bytes of the element that an offset and a length
// name, or a *ParseError that says which field of which structure is wrong, by
// section number. Offsets count from the beginning of the element's header.
//
// Numbers of a peer are checked against the bytes they name before they are
// used, and sums of them are made in 64 bits. No function panics on a peer's
// bytes; the methods of Header want the 64 bytes that Split and ParseHeader
// vouch for. Enumerations are open: unknown values keep their number and print
// as hex.
//
// # Sections
//
// 2.2.1 header; 2.2.2 ERROR; 2.2.3, 2.2.4 NEGOTIATE; 2.2.10 TREE_CONNECT
// response; 2.2.19, 2.2.20 READ; 2.2.21, 2.2.22 WRITE; 2.2.37 QUERY_INFO
// request; and SMB_DIRECT_BUFFER_DESCRIPTOR_V1 of [MS-SMBD] 2.2.3.1, which
// travels in READ and WRITE.
//
// # Ownership
//
// Headers, spans and elements alias the message they were cut from and live as
// long as it does.
//
// # Bugs
//
// Only what a relay needs is here: the other commands, negotiate contexts,
// signing and encryption are not.
package smb2
