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
// puts it behind a header, and Append puts the whole body there: the offsets
// set, and what they name behind it.
//
//	b = r.Append(smb2.AppendReply(b, request, smb2.StatusSuccess, credits), contexts)
//
// Variable parts are never copied: methods such as WriteRequest.Data return the
// bytes of the element that an offset and a length name, or a *ParseError that
// says which field of which structure is wrong, by section number. Offsets
// count from the beginning of the element's header. Names stay the bytes that
// they are; AppendUTF16 and DecodeUTF16 are for those that have to be looked at.
//
// A body is changed in place by AppendBody too: behind an element's own header
// it overwrites the fixed part and nothing else, and allocates nothing. The
// reserved fields become zero.
//
//	r.Capabilities &^= smb2.ShareCapDFS
//	r.AppendBody(element[:smb2.HeaderSize])
//
// FileIDOf is the view of the one field that most bodies have, LeaseData that
// of a lease among the contexts of a CREATE.
//
// CREATE and NEGOTIATE carry lists of contexts. ParseCreateContexts and the
// Contexts methods append them to a list, data as it is; a type for each kind
// reads the data. Kinds without a type, known or not, can be passed on.
//
// Several elements are put together with Link and Relate. HasErrorBody tells an
// ERROR response from the command's own.
//
// Numbers of a peer are checked against the bytes they name before they are
// used, and sums of them are made in 64 bits. No function panics on a peer's
// bytes; the methods of Header want the 64 bytes that Split and ParseHeader
// vouch for. Enumerations are open: unknown values keep their number and print
// as hex.
//
// # Sections
//
// [MS-SMB2] 2.2.1 header; 2.2.2 ERROR, with contexts and symbolic links; 2.2.3,
// 2.2.4 NEGOTIATE and contexts, and the SMB1 request that leads to it; 2.2.5,
// 2.2.6 SESSION_SETUP; 2.2.7, 2.2.8 LOGOFF; 2.2.9, 2.2.10 TREE_CONNECT; 2.2.11,
// 2.2.12 TREE_DISCONNECT; 2.2.13, 2.2.14 CREATE and contexts; 2.2.15, 2.2.16
// CLOSE; 2.2.17, 2.2.18 FLUSH; 2.2.19, 2.2.20 READ; 2.2.21, 2.2.22 WRITE;
// 2.2.23 to 2.2.25 OPLOCK_BREAK, of oplocks and leases; 2.2.26, 2.2.27 LOCK;
// 2.2.28, 2.2.29 ECHO; 2.2.30 CANCEL; 2.2.31, 2.2.32 IOCTL with
// VALIDATE_NEGOTIATE_INFO, QUERY_NETWORK_INTERFACE_INFO, SRV_REQUEST_RESUME_KEY
// and SRV_COPYCHUNK; 2.2.33, 2.2.34 QUERY_DIRECTORY; 2.2.35, 2.2.36
// CHANGE_NOTIFY; 2.2.37, 2.2.38 QUERY_INFO; 2.2.39, 2.2.40 SET_INFO; 2.2.41
// encrypted and 2.2.42 compressed messages, the headers; 2.2.44
// SERVER_TO_CLIENT. SMB_DIRECT_BUFFER_DESCRIPTOR_V1 of [MS-SMBD] 2.2.3.1
// travels in READ and WRITE.
//
// # Ownership
//
// Headers, spans and elements alias the message they were cut from and live as
// long as it does.
//
// # Bugs
//
// The contexts of a TREE_CONNECT's extension, the data of SecD, ExtA, SVHDX,
// AAPL, POSIX and the application instance contexts, RDMA transforms, and the
// inputs and outputs of the other IOCTLs are bytes without a type. So is what
// QUERY_INFO, SET_INFO, QUERY_DIRECTORY and CHANGE_NOTIFY carry, the structures
// of [MS-FSCC]. Compression is not done or undone. Signing and encryption are
// package crypt's.
package smb2
