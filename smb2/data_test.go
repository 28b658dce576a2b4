package smb2

import (
	"bytes"
	"errors"
	"net/netip"
	"reflect"
	"slices"
	"testing"
)

// A dataRow is the data of a context, or what an IOCTL carries.
type dataRow struct {
	name  string
	codec codec
	hex   string
	want  any
	exact bool // no other length is allowed
}

var dataRows = []dataRow{
	{"preauth", codecOf("", ParsePreauthContext), "0200" + "0300" + "0100" + "0700" + "a1a2a3", PreauthContext{[]HashAlgorithm{HashSHA512, 7}, []byte{0xa1, 0xa2, 0xa3}}, false},
	{"encryption", codecOf("", ParseEncryptionContext), "0300" + "0200" + "0400" + "0100", EncryptionContext{[]Cipher{CipherAES128GCM, CipherAES256GCM, CipherAES128CCM}}, false},
	{"compression", codecOf("", ParseCompressionContext), "0200" + "0000" + "01000000" + "0400" + "0200", CompressionContext{CompressionChained, []CompressionAlgorithm{CompressionPattern, CompressionLZ77}}, false},
	{"transport", codecOf("", ParseTransportContext), "01000000", TransportContext{AcceptTransportSecurity}, false},
	{"RDMA transform", codecOf("", ParseRDMATransformContext), "0200" + "0000" + "00000000" + "0100" + "0200", RDMATransformContext{[]RDMATransform{RDMATransformEncryption, RDMATransformSigning}}, false},
	{"signing", codecOf("", ParseSigningContext), "0300" + "0200" + "0100" + "0000", SigningContext{[]SigningAlgorithm{SigningAESGMAC, SigningAESCMAC, SigningHMACSHA256}}, false},
	{"lease", codecOf("", ParseLease), file0Hex + "05000000" + "02000000" + "0000000000000000", Lease{Key: LeaseKey(file0), State: LeaseRead | LeaseWrite, Flags: LeaseBreaking}, true},
	{"durable request", codecOf("", ParseDurableRequest), "00000000000000000000000000000000", DurableRequest{}, true},
	{"durable response", codecOf("", ParseDurableResponse), "0000000000000000", DurableResponse{}, true},
	{"durable reconnect", codecOf("", ParseDurableReconnect), file0Hex, DurableReconnect{file0}, true},
	{"durable request v2", codecOf("", ParseDurableRequestV2), "01020304" + "02000000" + "0000000000000000" + file0Hex, DurableRequestV2{0x04030201, DurablePersistent, guid0}, true},
	{"durable response v2", codecOf("", ParseDurableResponseV2), "01020304" + "02000000", DurableResponseV2{0x04030201, DurablePersistent}, true},
	{"durable reconnect v2", codecOf("", ParseDurableReconnectV2), "000102030405060708090a0b0c0d0e0f" + file0Hex + "02000000", DurableReconnectV2{
		FileID{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, guid0, DurablePersistent,
	}, true},
	{"maximal access response", codecOf("", ParseMaximalAccessResponse), "220000c0" + "01020304", MaximalAccessResponse{StatusAccessDenied, 0x04030201}, true},
	{"disk id", codecOf("", ParseDiskID), "0102030405060708" + "1112131415161718" + "00000000000000000000000000000000", DiskID{0x0807060504030201, 0x1817161514131211}, true},
	{"allocation size", codecOf("", ParseAllocationSize), "0102030405060708", AllocationSize{0x0807060504030201}, true},
	{"timewarp", codecOf("", ParseTimewarp), "0102030405060708", Timewarp{0x0807060504030201}, true},
	{"validate request", codecOf("", ParseValidateNegotiateRequest), "7f000000" + file0Hex + "0100" + "0200" + "1002" + "0003", ValidateNegotiateRequest{0x7f, guid0, SigningEnabled, []Dialect{Dialect21, Dialect30}}, false},
	{"validate response", codecOf("", ParseValidateNegotiateResponse), "2f000000" + file0Hex + "0300" + "0203", ValidateNegotiateResponse{0x2f, guid0, 3, Dialect302}, false},
	{"copychunk response", codecOf("", ParseCopyChunkResponse), "01020304" + "11121314" + "21222324", CopyChunkResponse{0x04030201, 0x14131211, 0x24232221}, false},
	{"copychunk request", codecOf("", ParseCopyChunkRequest), file0Hex + "0102030405060708" + "02000000" + "00000000", CopyChunkRequest{ResumeKey(append(file0[:], 1, 2, 3, 4, 5, 6, 7, 8)), 2}, false},
	{"symlink", codecOf("", ParseSymlink), "1e000000" + "53594d4c" + "0c0000a0" + "1200" + "0102" + "0000" + "0400" + "0400" + "0200" + "01000000" + "61006200" + "6300", Symlink{
		0x0201, SymlinkRelative, []byte("a\x00b\x00"), []byte("c\x00"),
	}, false},
	{"compressed", codecOf("", ParseCompression), "fc534d42" + "01020304" + "0200" + "0000" + "00000000", Compression{OriginalSize: 0x04030201, Algorithm: CompressionLZ77}, false},
}

func TestData(t *testing.T) {
	t.Parallel()
	for _, r := range dataRows {
		b := unhex(t, r.hex)
		got, err := r.codec.parse(b)
		if err != nil || !reflect.DeepEqual(got, r.want) {
			t.Errorf("%s: parsed\n%+v, %v, want\n%+v", r.name, got, err, r.want)
			continue
		}
		if again := r.codec.put(nil, got); !bytes.Equal(again, b) {
			t.Errorf("%s: built\n%x, want\n%x", r.name, again, b)
		}
		for n := range b {
			var wrong *ParseError
			if _, err := r.codec.parse(b[:n:n]); !errors.As(err, &wrong) {
				t.Errorf("%s: parsed from %d of %d bytes", r.name, n, len(b))
			}
		}
		if _, err := r.codec.parse(append(b, 0)); (err != nil) != r.exact {
			t.Errorf("%s: one byte more: %v", r.name, err)
		}
	}
}

// The versions of a lease are told apart by their length.
func TestLeaseV2(t *testing.T) {
	t.Parallel()
	b := unhex(t, file0Hex+"07000000"+"04000000"+"0000000000000000"+"000102030405060708090a0b0c0d0e0f"+"2120"+"0000")
	l, err := ParseLease(b)
	want := Lease{
		Key: LeaseKey(file0), State: 7, Flags: LeaseParent, V2: true, Epoch: 0x2021,
		Parent: LeaseKey{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
	}
	if err != nil || l != want || !bytes.Equal(l.AppendBody(nil), b) {
		t.Fatalf("%+v, %v", l, err)
	}
	for n := range 60 {
		if _, err := ParseLease(make([]byte, n)); (err == nil) != (n == LeaseSize || n == LeaseV2Size) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	d := LeaseData(b)
	l = Lease{Key: want.Parent, State: LeaseRead, Flags: LeaseBreaking, V2: true, Parent: want.Key, Epoch: 0x4142}
	d.SetKey(l.Key)
	d.SetState(l.State)
	d.SetFlags(l.Flags)
	d.SetParent(l.Parent)
	d.SetEpoch(l.Epoch)
	if !bytes.Equal(b, l.AppendBody(nil)) {
		t.Errorf("patched to %x", b)
	}
}

func TestMaximalAccessRequest(t *testing.T) {
	t.Parallel()
	for n := range 20 {
		r, err := ParseMaximalAccessRequest(make([]byte, n))
		if (err == nil) != (n == 0 || n == 8) {
			t.Errorf("%d bytes: %v", n, err)
		}
		if err == nil && len(r.AppendBody(nil)) != n {
			t.Errorf("%d bytes became %x", n, r.AppendBody(nil))
		}
	}
}

func TestCopyChunks(t *testing.T) {
	t.Parallel()
	chunks := []Chunk{{1, 2, 3}, {1 << 40, 1 << 41, 1 << 20}}
	b := (&CopyChunkRequest{Source: ResumeKey{1}}).Append(nil, chunks)
	r, err := ParseCopyChunkRequest(b)
	if err != nil || r.Count != 2 || r.Source != (ResumeKey{1}) {
		t.Fatalf("%+v, %v", r, err)
	}
	if got, err := r.Chunks(nil, b); err != nil || !slices.Equal(got, chunks) {
		t.Errorf("%+v, %v", got, err)
	}
	for n := range len(b) {
		if _, err := r.Chunks(nil, b[:n:n]); err == nil {
			t.Errorf("two chunks in %d bytes", n)
		}
	}
	r.Count = MaxChunks + 1
	if _, err := r.Chunks(nil, make([]byte, 1<<20)); err == nil {
		t.Error("more than MaxChunks")
	}
	r.Count = 1<<32 - 1
	if _, err := r.Chunks(nil, b); err == nil {
		t.Error("the most that the field can say")
	}
	key := ResumeKeyResponse{ResumeKey(append(file0[:], 1, 2, 3, 4, 5, 6, 7, 8))}
	b = key.AppendBody(nil)
	if got, err := ParseResumeKeyResponse(b); err != nil || got != key || len(b) != 32 {
		t.Errorf("%x, %v", b, err)
	}
	if _, err := ParseResumeKeyResponse(b[:27]); err == nil {
		t.Error("a key of 27 bytes")
	}
}

func TestNetworkInterfaces(t *testing.T) {
	t.Parallel()
	element := named(t, "linux-smb311-signed/13")
	r, err := ParseIoctlResponse(element)
	if err != nil {
		t.Fatal(err)
	}
	out, err := r.Output(element)
	if err != nil {
		t.Fatal(err)
	}
	list, err := ParseNetworkInterfaces(nil, out)
	if err != nil || len(list) != 2 || !list[0].Addr.IsValid() || list[0].LinkSpeed == 0 {
		t.Fatalf("%+v, %v", list, err)
	}
	if again := AppendNetworkInterfaces(nil, list); !bytes.Equal(again, out) {
		t.Errorf("built\n%x, want\n%x", again, out)
	}
	for n := 1; n < len(out); n++ {
		if _, err := ParseNetworkInterfaces(nil, out[:n:n]); err == nil {
			t.Errorf("parsed from %d bytes", n)
		}
	}
	mine := []NetworkInterface{
		{1, InterfaceRDMA, 1e9, netip.MustParseAddr("192.0.2.1")},
		{2, InterfaceRSS, 2e9, netip.MustParseAddr("2001:db8::1")},
	}
	if got, err := ParseNetworkInterfaces(nil, AppendNetworkInterfaces(nil, mine)); err != nil || !slices.Equal(got, mine) {
		t.Errorf("%+v, %v", got, err)
	}
	for next, ok := range map[byte]bool{0: true, 152: true, 151: false, 8: false, 160: false, 255: false} {
		b := AppendNetworkInterfaces(nil, mine)
		b[0] = next
		list, err := ParseNetworkInterfaces(nil, b)
		if (err == nil) != ok {
			t.Errorf("Next %d: %+v, %v", next, list, err)
		}
	}
	overlap := make([]byte, 2*InterfaceSize)
	overlap[0] = 8
	if _, err := ParseNetworkInterfaces(nil, overlap); err == nil {
		t.Error("two entries share bytes")
	}
	many := AppendNetworkInterfaces(nil, make([]NetworkInterface, MaxInterfaces+1))
	if _, err := ParseNetworkInterfaces(nil, many); err == nil {
		t.Error("more than MaxInterfaces")
	}
}

func TestCompressedChain(t *testing.T) {
	t.Parallel()
	parts := []CompressedPayload{
		{CompressionNone, 0, []byte("head")}, {CompressionLZ77, 77, []byte("xyz")}, {CompressionPattern, 0, make([]byte, 8)},
	}
	b := (&Compression{OriginalSize: 100, Chained: true}).AppendBody(nil)
	for i, p := range parts {
		b = p.Append(b, i == 0)
	}
	h, err := ParseCompression(b)
	if err != nil || !h.Chained || h.OriginalSize != 100 {
		t.Fatalf("%+v, %v", h, err)
	}
	rest := b[ChainedCompressionSize:]
	for _, want := range parts {
		var p CompressedPayload
		if p, rest, err = NextCompressedPayload(rest); err != nil || !reflect.DeepEqual(p, want) {
			t.Fatalf("%+v, %v, want %+v", p, err, want)
		}
	}
	if len(rest) != 0 {
		t.Errorf("%d bytes are left", len(rest))
	}
	for n := range 12 {
		if _, _, err := NextCompressedPayload(b[ChainedCompressionSize:][:min(n, 11)]); err == nil {
			t.Errorf("a payload of 12 bytes in %d", n)
		}
	}
	for _, bad := range []string{
		"fc534d42" + "01020304" + "0200" + "0200" + "00000000", // Flags
		"fc534d42" + "01020304" + "0200" + "0000" + "01000000", // Offset
		"fc534d42" + "01020304" + "0200" + "0000" + "ffffffff",
		"fe534d42" + "01020304" + "0200" + "0000" + "00000000",
	} {
		if h, err := ParseCompression(unhex(t, bad)); err == nil {
			t.Errorf("%s is %+v", bad, h)
		}
	}
}

func TestValidateDialects(t *testing.T) {
	t.Parallel()
	for n, ok := range map[int]bool{0: false, 1: true, MaxDialects: true, MaxDialects + 1: false} {
		b := (&ValidateNegotiateRequest{Dialects: make([]Dialect, n)}).AppendBody(nil)
		if r, err := ParseValidateNegotiateRequest(b); (err == nil) != ok || ok && len(r.Dialects) != n {
			t.Errorf("%d dialects: %v", n, err)
		}
	}
}
