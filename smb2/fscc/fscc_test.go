package fscc

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"testing"

	"github.com/smbgw/smbgw/smb2"
)

const timesHex = "0102030405060708" + "1112131415161718" + "2122232425262728" + "3132333435363738"

var times0 = smb2.FileTimes{
	Creation: 0x0807060504030201, LastAccess: 0x1817161514131211, LastWrite: 0x2827262524232221, Change: 0x3837363534333231,
}

// ab is the name ab.
var ab = []byte{'a', 0, 'b', 0}

const abHex = "61006200"

type row struct {
	name  string
	hex   string
	value any
	codec codec
}

// A codec reads a structure or a list and builds it again.
type codec struct {
	parse func(b []byte) (any, error)
	put   func(v any) []byte
}

type body[T any] interface {
	*T
	AppendBody([]byte) []byte
}

func one[T any, P body[T]](parse func([]byte) (T, error)) codec {
	return codec{
		func(b []byte) (any, error) { v, err := parse(b); return v, err },
		func(v any) []byte { x := v.(T); return P(&x).AppendBody(nil) },
	}
}

func list[T any](parse func([]T, []byte) ([]T, error), put func(*T, []byte) []byte, align int) codec {
	return codec{
		func(b []byte) (any, error) { v, err := parse(nil, b); return v, err },
		func(v any) (b []byte) {
			entries := v.([]T)
			for i := range entries {
				at := len(b)
				if b = put(&entries[i], b); i < len(entries)-1 {
					b = Link(b, at, align)
				}
			}
			return b
		},
	}
}

func directory(class smb2.FileClass) codec {
	return list(
		func(l []Entry, b []byte) ([]Entry, error) { return ParseDirectory(l, b, class) },
		func(e *Entry, b []byte) []byte { return e.Append(b, class) }, 8)
}

const (
	basicHex    = timesHex + "41424344" + "00000000"
	standardHex = "0102030405060708" + "1112131415161718" + "21222324" + "01" + "00" + "0000"
	bothHex     = timesHex + "4142434445464748" + "5152535455565758" + "61626364" + "04000000"
)

var (
	basic0    = Basic{times0, 0x44434241}
	standard0 = Standard{0x0807060504030201, 0x1817161514131211, 0x24232221, true, false}
	entry0    = Entry{Times: times0, EndOfFile: 0x4847464544434241, AllocationSize: 0x5857565554535251, Attributes: 0x64636261, Name: ab}
	withEA    = func() Entry { e := entry0; e.EASize = 0x74737271; return e }()
	withID    = func() Entry { e := withEA; e.ID = 0x8887868584838281; return e }()
)

const (
	eaHex = "71727374"
	idHex = "8182838485868788"
	zero8 = "0000000000000000"
)

var rows = []row{
	{"basic", basicHex, basic0, one(ParseBasic)},
	{"standard", standardHex, standard0, one(ParseStandard)},
	{"long", "0102030405060708", Long(0x0807060504030201), one(ParseLong)},
	{"word", "01020304", Word(0x04030201), one(ParseWord)},
	{"disposition", "01", Disposition(true), one(ParseDisposition)},
	{"name", "04000000" + abHex, Name{ab}, one(ParseName)},
	{"all", basicHex + standardHex + "0102030405060708" + "11121314" + "21222324" + "3132333435363738" + "41424344" + "51525354" + "04000000" + abHex,
		All{basic0, standard0, 0x0807060504030201, 0x14131211, 0x24232221, 0x3837363534333231, 0x44434241, 0x54535251, Name{ab}}, one(ParseAll)},
	{"network open", timesHex + "4142434445464748" + "5152535455565758" + "61626364" + "00000000",
		NetworkOpen{times0, 0x4847464544434241, 0x5857565554535251, 0x64636261}, one(ParseNetworkOpen)},
	{"attribute tag", "01020304" + "05060708", AttributeTag{0x04030201, 0x08070605}, one(ParseAttributeTag)},
	{"id", "0102030405060708" + "0102030405060708090a0b0c0d0e0f10",
		ID{0x0807060504030201, [16]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}}, one(ParseID)},
	{"streams", "20000000" + "04000000" + "0102030405060708" + "1112131415161718" + abHex + "00000000" +
		"00000000" + "04000000" + "0102030405060708" + "1112131415161718" + abHex,
		[]Stream{{0x0807060504030201, 0x1817161514131211, ab}, {0x0807060504030201, 0x1817161514131211, ab}},
		list(ParseStreams, (*Stream).Append, 8)},
	{"notifications", "10000000" + "01000000" + "04000000" + abHex + "00000000" + "05000000" + "04000000" + abHex,
		[]Notification{{ActionAdded, ab}, {ActionRenamedNewName, ab}}, list(ParseNotifications, (*Notification).Append, 4)},
	{"rename", "01" + "00000000000000" + "0102030405060708" + "04000000" + abHex, Rename{true, 0x0807060504030201, ab}, one(ParseRename)},
	{"range", "0102030405060708" + "1112131415161718", Range{0x0807060504030201, 0x1817161514131211}, one(ParseRange)},
	{"zero data", "0102030405060708" + "1112131415161718", ZeroData{0x0807060504030201, 0x1817161514131211}, one(ParseZeroData)},
	{"volume", "0102030405060708" + "11121314" + "04000000" + "01" + "00" + abHex, Volume{0x0807060504030201, 0x14131211, true, ab}, one(ParseVolume)},
	{"size", "0102030405060708" + "1112131415161718" + "21222324" + "31323334",
		Size{0x0807060504030201, 0x1817161514131211, 0x24232221, 0x34333231}, one(ParseSize)},
	{"full size", "0102030405060708" + "1112131415161718" + "4142434445464748" + "21222324" + "31323334",
		FullSize{0x0807060504030201, 0x1817161514131211, 0x4847464544434241, 0x24232221, 0x34333231}, one(ParseFullSize)},
	{"device", "07000000" + "20000000", Device{DeviceDisk, DeviceMounted}, one(ParseDevice)},
	{"attribute", "01020304" + "11121314" + "04000000" + abHex, Attribute{0x04030201, 0x14131211, ab}, one(ParseAttribute)},
	{"sector size", "01000000" + "02000000" + "03000000" + "04000000" + "05000000" + "06000000" + "07000000",
		SectorSize{1, 2, 3, 4, 5, 6, 7}, one(ParseSectorSize)},
	{"object id", "0102030405060708090a0b0c0d0e0f10" + "aa" + zero8 + zero8 + zero8 + zero8 + zero8 + "00000000000000",
		ObjectID{smb2.GUID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, [48]byte{0xaa}}, one(ParseObjectID)},

	{"directory", zero8 + bothHex + abHex, []Entry{entry0}, directory(smb2.FileDirectoryInfo)},
	{"full directory", zero8 + bothHex + eaHex + abHex, []Entry{withEA}, directory(smb2.FileFullDirectoryInfo)},
	{"both directory", zero8 + bothHex + eaHex + "0000" + zero8 + zero8 + zero8 + abHex, []Entry{withEA}, directory(smb2.FileBothDirectoryInfo)},
	{"id both directory", zero8 + bothHex + eaHex + "0000" + zero8 + zero8 + zero8 + "0000" + idHex + abHex, []Entry{withID}, directory(smb2.FileIDBothDirectoryInfo)},
	{"id full directory", zero8 + bothHex + eaHex + "00000000" + idHex + abHex, []Entry{withID}, directory(smb2.FileIDFullDirectoryInfo)},
	{"id extended directory", zero8 + bothHex + eaHex + "00000000" + idHex + zero8 + abHex, []Entry{withID}, directory(smb2.FileIDExtdDirectoryInfo)},
	{"names", "10000000" + "00000000" + "04000000" + abHex + zero8 + "04000000" + abHex, []Entry{{Name: ab}, {Name: ab}}, directory(smb2.FileNamesInfo)},
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Every structure is read and built as it is drawn, and no truncation is read.
func TestRows(t *testing.T) {
	t.Parallel()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			b := unhex(t, r.hex)
			v, err := r.codec.parse(b)
			if err != nil || !reflect.DeepEqual(v, r.value) {
				t.Errorf("read %+v, %v\nwant %+v", v, err, r.value)
			}
			if got := r.codec.put(r.value); !bytes.Equal(got, b) {
				t.Errorf("built\n%x, want\n%x", got, b)
			}
			first := 0
			if reflect.TypeOf(r.value).Kind() == reflect.Slice {
				first = 1 // nothing is an empty list
			}
			for n := first; n < len(b); n++ {
				_, err := r.codec.parse(b[:n:n])
				if p := (*ParseError)(nil); !errors.As(err, &p) || p.Section == "" {
					t.Errorf("%d of %d bytes: %v", n, len(b), err)
				}
			}
		})
	}
}

// The fixed parts are as long as they are said to be.
func TestFixed(t *testing.T) {
	t.Parallel()
	for _, class := range []smb2.FileClass{1, 2, 3, 12, 37, 38, 60} {
		if got := len((&Entry{}).Append(nil, class)); got != DirectoryFixed(class) {
			t.Errorf("%v has %d bytes, not %d", class, got, DirectoryFixed(class))
		}
	}
	for want, got := range map[int][]byte{
		AllFixed:       (&All{}).AppendBody(nil),
		RenameFixed:    (&Rename{}).AppendBody(nil),
		VolumeFixed:    (&Volume{}).AppendBody(nil),
		AttributeFixed: (&Attribute{}).AppendBody(nil),
		RangeSize:      (&Range{}).AppendBody(nil),
	} {
		if len(got) != want {
			t.Errorf("%d bytes, not %d", len(got), want)
		}
	}
}

// A list does not go where its offsets say when that is not forward, aligned
// and inside.
func TestBadLists(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		hex   string
		codec codec
	}{
		"beyond":          {"40000000" + "01000000" + "00000000" + "00000000", list(ParseNotifications, (*Notification).Append, 4)},
		"misaligned":      {"0e000000" + "01000000" + "04000000" + abHex + abHex, list(ParseNotifications, (*Notification).Append, 4)},
		"inside":          {"08000000" + "01000000" + "00000000" + "00000000", list(ParseNotifications, (*Notification).Append, 4)},
		"name beyond":     {"00000000" + "01000000" + "feffffff" + abHex, list(ParseNotifications, (*Notification).Append, 4)},
		"odd name":        {"00000000" + "01000000" + "03000000" + abHex, list(ParseNotifications, (*Notification).Append, 4)},
		"no such class":   {zero8, directory(smb2.FileBasicInfo)},
		"stream beyond":   {"f8ffffff" + "00000000" + zero8 + zero8, list(ParseStreams, (*Stream).Append, 8)},
		"rename too long": {"00" + "00000000000000" + zero8 + "ffffffff" + abHex, one(ParseRename)},
	} {
		if v, err := c.codec.parse(unhex(t, c.hex)); err == nil {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

// FuzzAll reads any bytes as any structure. What is understood is built and
// read again to the same, and the second time builds the same bytes.
func FuzzAll(f *testing.F) {
	for _, r := range rows {
		f.Add(unhex(f, r.hex))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, r := range rows {
			v, err := r.codec.parse(b)
			if err != nil {
				continue
			}
			once := r.codec.put(v)
			again, err := r.codec.parse(once)
			if err != nil || !same(v, again) {
				t.Fatalf("%s: %+v became %+v, %v", r.name, v, again, err)
			}
			if twice := r.codec.put(again); !bytes.Equal(once, twice) {
				t.Fatalf("%s: built\n%x, then\n%x", r.name, once, twice)
			}
		}
	})
}

// same takes nothing and an empty name for the same.
func same(a, b any) bool {
	return reflect.DeepEqual(a, b) || hex.EncodeToString(dump(a)) == hex.EncodeToString(dump(b))
}

func dump(v any) []byte {
	for _, r := range rows {
		if reflect.TypeOf(r.value) == reflect.TypeOf(v) {
			return r.codec.put(v)
		}
	}
	return nil
}
