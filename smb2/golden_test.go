package smb2

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"slices"
	"testing"
)

// What Linux 7.3 said over SMB Direct: its client's requests, ksmbd's replies.
const (
	negotiateRequestHex  = "fe534d42400000000000000000000a0000000000000000000000000000000000490000000000000000000000000000000000000000000000000000000000000024000100010000007f00000010e5a1998d1a4e0fb0659a6c503cf7ef68000000040000001103000001002600000000000100200001006a75180f219f3df8ed23308ec6d42fbd6043784bca81f120826fa0a655937b660000020008000000000003000200040001000500120000000000310030002e00390039002e0030002e003200000000000000000110000000000093ad25509cb411e7b42383de968bcd7c"
	negotiateResponseHex = "fe534d4240000000000000000000010001000000000000000000000000000000490000000000000000000000000000000000000000000000000000000000000041000100110303000000000000000000000000000000000026000000000040000000400000004000604c7686837add01000000000000000080006000e0000000605e06062b0601050502a0543052a024302206092a864886f71201020206092a864882f712010202060a2b06010401823702020aa32a3028a0261b246e6f745f646566696e65645f696e5f5246433431373840706c656173655f69676e6f72650100260000000000010020000100eaa2b51a5ae8cfe2ffc3689b6dc7c62729992fc0b8deff36d1425ba94c233549000002000400000000000100020000000000000110000000000093ad25509cb411e7b42383de968bcd7c"
	readRequestHex       = "fe534d4240000100000000000800090000000000000000003c000000000000005100000002000000010000000000000000000000000000000000000000000000310000000080000000000000000000000800000000000000080000000000000000000000020000000000000070001000d064186200000000d003000000800000"
	readResponseHex      = "fe534d4240000100000000000800090001000000000000003c00000000000000510000000200000001000000000000000000000000000000000000000000000011005000000000000080000000000000"
	endOfFileHex         = "fe534d4240001000110000c00800180001000000000000002b000000000000005000000002000000010000000000000000000000000000000000000000000000090000000000000000"
	writeRequestHex      = "fe534d42400001000000000009000900000000000000000042000000000000005300000002000000010000000000000000000000000000000000000000000000310000000000000000000000000000000900000000000000090000000000000002000000002000007000100000000000e0b3c36100000000d503000000200000"
	writeResponseHex     = "fe534d4240000100000000000900090001000000000000004200000000000000530000000200000001000000000000000000000000000000000000000000000011000000002000000000000000000000"
	inlineWriteHex       = "fe534d4240000100000000000900090000000000000000004c000000000000000100000002000000010000000000000000000000000000000000000000000000310070000600000000000000000000000a000000000000000a0000000000000000000000000000000000000000000000736d616c6c0a"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A codec is one structure, with its parser and its appender.
type codec struct {
	name  string
	parse func(element []byte) (body any, err error)
	put   func(b []byte, body any) []byte
}

func codecOf[T any, P interface {
	*T
	AppendBody([]byte) []byte
}](name string, parse func([]byte) (T, error)) codec {
	return codec{
		name:  name,
		parse: func(b []byte) (any, error) { return parse(b) },
		put: func(b []byte, body any) []byte {
			v := body.(T)
			return P(&v).AppendBody(b)
		},
	}
}

var codecs = []codec{
	codecOf("NEGOTIATE request", ParseNegotiateRequest),
	codecOf("NEGOTIATE response", ParseNegotiateResponse),
	codecOf("READ request", ParseReadRequest),
	codecOf("READ response", ParseReadResponse),
	codecOf("WRITE request", ParseWriteRequest),
	codecOf("WRITE response", ParseWriteResponse),
	codecOf("ERROR response", ParseErrorResponse),
	codecOf("TREE_CONNECT response", ParseTreeConnectResponse),
	codecOf("QUERY_INFO request", ParseQueryInfoRequest),
	codecOf("SESSION_SETUP request", ParseSessionSetupRequest),
	codecOf("SESSION_SETUP response", ParseSessionSetupResponse),
	codecOf("LOGOFF", ParseLogoff),
	codecOf("TREE_CONNECT request", ParseTreeConnectRequest),
	codecOf("TREE_DISCONNECT", ParseTreeDisconnect),
	codecOf("CREATE request", ParseCreateRequest),
	codecOf("CREATE response", ParseCreateResponse),
	codecOf("CLOSE request", ParseCloseRequest),
	codecOf("CLOSE response", ParseCloseResponse),
	codecOf("FLUSH request", ParseFlushRequest),
	codecOf("FLUSH response", ParseFlushResponse),
	codecOf("LOCK request", ParseLockRequest),
	codecOf("LOCK response", ParseLockResponse),
	codecOf("IOCTL request", ParseIoctlRequest),
	codecOf("IOCTL response", ParseIoctlResponse),
	codecOf("CANCEL", ParseCancel),
	codecOf("ECHO", ParseEcho),
	codecOf("QUERY_DIRECTORY request", ParseQueryDirectoryRequest),
	codecOf("QUERY_DIRECTORY response", ParseQueryDirectoryResponse),
	codecOf("CHANGE_NOTIFY request", ParseChangeNotifyRequest),
	codecOf("CHANGE_NOTIFY response", ParseChangeNotifyResponse),
	codecOf("QUERY_INFO response", ParseQueryInfoResponse),
	codecOf("SET_INFO request", ParseSetInfoRequest),
	codecOf("SET_INFO response", ParseSetInfoResponse),
	codecOf("OPLOCK_BREAK", ParseOplockBreak),
	codecOf("lease break notification", ParseLeaseBreak),
	codecOf("lease break acknowledgement", ParseLeaseBreakAck),
}

// A row is a structure: what was on the wire, what it means, and how many bytes
// its fixed part has.
type row struct {
	codec string
	hex   string
	want  any
	fixed int
}

var golden = []row{
	{"NEGOTIATE request", negotiateRequestHex, NegotiateRequest{
		SecurityMode: 1, Capabilities: 0x7f, ContextOffset: 0x68, ContextCount: 4,
		ClientGUID: [16]byte{0x10, 0xe5, 0xa1, 0x99, 0x8d, 0x1a, 0x4e, 0x0f, 0xb0, 0x65, 0x9a, 0x6c, 0x50, 0x3c, 0xf7, 0xef},
		Dialects:   []Dialect{Dialect311},
	}, 38},
	{"NEGOTIATE response", negotiateResponseHex, NegotiateResponse{
		SecurityMode: 1, Dialect: Dialect311, ContextCount: 3, Capabilities: 0x26,
		MaxTransactSize: 4 << 20, MaxReadSize: 4 << 20, MaxWriteSize: 4 << 20,
		SystemTime: 0x01dd7a8386764c60, SecurityOffset: 128, SecurityLength: 96, ContextOffset: 0xe0,
	}, 64},
	{"READ request", readRequestHex, ReadRequest{
		Length: 0x8000, FileID: FileID{0: 8, 8: 8}, Channel: ChannelV1Invalidate, ChannelInfoOffset: 112, ChannelInfoLength: 16,
	}, 48},
	{"READ response", readResponseHex, ReadResponse{DataOffset: 80, DataRemaining: 0x8000}, 16},
	{"WRITE request", writeRequestHex, WriteRequest{
		FileID: FileID{0: 9, 8: 9}, Channel: ChannelV1Invalidate, RemainingBytes: 0x2000, ChannelInfoOffset: 112, ChannelInfoLength: 16,
	}, 48},
	{"WRITE request", inlineWriteHex, WriteRequest{DataOffset: 112, Length: 6, FileID: FileID{0: 10, 8: 10}}, 48},
	{"WRITE response", writeResponseHex, WriteResponse{Count: 0x2000}, 16},
	{"ERROR response", endOfFileHex, ErrorResponse{}, 8},
	{"TREE_CONNECT response", headHex + "10000200300000000400000090001f00", TreeConnectResponse{ShareType: SharePipe, ShareFlags: 0x30, Capabilities: 4, MaximalAccess: 0x1f0090}, 16},
	{"QUERY_INFO request", headHex + "29000104280000006800000003000000020000000100000008000000000000000900000000000000" + "616263", QueryInfoRequest{
		InfoType: InfoFile, Class: FileBasicInfo, OutputLength: 40, InputOffset: 104, InputLength: 3, Additional: 2, Flags: 1, FileID: FileID{0: 8, 8: 9},
	}, 40},
}

const headHex = "fe534d4240000000000000000300010001000000000000000500000000000000fffe000001000000010000000000000000000000000000000000000000000000"

func find(t testing.TB, name string) codec {
	for _, c := range codecs {
		if c.name == name {
			return c
		}
	}
	t.Fatalf("no codec %q", name)
	return codec{}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, g := range slices.Concat(golden, rows) {
		t.Run(g.codec, func(t *testing.T) {
			t.Parallel()
			b, c := unhex(t, g.hex), find(t, g.codec)
			got, err := c.parse(b)
			if err != nil || !reflect.DeepEqual(got, g.want) {
				t.Fatalf("parsed\n%+v, %v, want\n%+v", got, err, g.want)
			}
			end := HeaderSize + g.fixed
			if again := c.put(b[:HeaderSize:HeaderSize], g.want); !bytes.Equal(again, b[:end]) {
				t.Errorf("built\n%x, want\n%x", again, b[:end])
			}
			for n := range end {
				var wrong *ParseError
				if _, err := c.parse(b[:n:n]); !errors.As(err, &wrong) {
					t.Errorf("parsed from %d of %d bytes: %v", n, end, err)
				} else if wrong.Structure != g.codec {
					t.Errorf("the error names %q", wrong.Structure)
				}
			}
			if again := c.put(b[:HeaderSize], got); &again[0] != &b[0] || !bytes.Equal(b, unhex(t, g.hex)) {
				t.Errorf("put in place of itself it became\n%x", b)
			}
			b[HeaderSize]++
			if _, err := c.parse(b); err == nil {
				t.Error("another StructureSize is accepted")
			}
		})
	}
}

func TestGoldenSpans(t *testing.T) {
	t.Parallel()
	b := unhex(t, readRequestHex)
	r, err := ParseReadRequest(b)
	if err != nil {
		t.Fatal(err)
	}
	info, err := r.ChannelInfo(b)
	if err != nil {
		t.Fatal(err)
	}
	list, err := ParseDescriptors(nil, info)
	want := BufferDescriptor{Offset: 0x621864d0, Token: 0x03d0, Length: 0x8000}
	if err != nil || len(list) != 1 || list[0] != want {
		t.Errorf("descriptors %+v, %v, want %+v", list, err, want)
	}
	if again := list[0].AppendBody(nil); !bytes.Equal(again, info) {
		t.Errorf("built %x, want %x", again, info)
	}

	b = unhex(t, inlineWriteHex)
	w, err := ParseWriteRequest(b)
	if err != nil {
		t.Fatal(err)
	}
	if data, err := w.Data(b); err != nil || string(data) != "small\n" {
		t.Errorf("data %q, %v", data, err)
	}
}
