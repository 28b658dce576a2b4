package store

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"
	"time"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/fscc"
)

// Every class that is answered is read to the end by its parser, cut off where
// it may be, and refused where it does not fit.
func TestQueryInfo(t *testing.T) {
	t.Parallel()
	c := newWorld(t, Config{}).connect()
	f := c.file("f")
	c.write(ok, f, 0, "hello")
	for _, x := range []struct {
		kind  smb2.InfoType
		class smb2.FileClass
		fixed uint32
		parse func([]byte) error
	}{
		{smb2.InfoFile, smb2.FileBasicInfo, 40, func(b []byte) error { _, err := fscc.ParseBasic(b); return err }},
		{smb2.InfoFile, smb2.FileStandardInfo, 24, func(b []byte) error { _, err := fscc.ParseStandard(b); return err }},
		{smb2.InfoFile, smb2.FileInternalInfo, 8, func(b []byte) error { _, err := fscc.ParseLong(b); return err }},
		{smb2.InfoFile, smb2.FileEAInfo, 4, func(b []byte) error { _, err := fscc.ParseWord(b); return err }},
		{smb2.InfoFile, smb2.FileAccessInfo, 4, func(b []byte) error { _, err := fscc.ParseWord(b); return err }},
		{smb2.InfoFile, smb2.FilePositionInfo, 8, func(b []byte) error { _, err := fscc.ParseLong(b); return err }},
		{smb2.InfoFile, smb2.FileModeInfo, 4, func(b []byte) error { _, err := fscc.ParseWord(b); return err }},
		{smb2.InfoFile, smb2.FileAlignmentInfo, 4, func(b []byte) error { _, err := fscc.ParseWord(b); return err }},
		{smb2.InfoFile, smb2.FileAllInfo, 100, func(b []byte) error { _, err := fscc.ParseAll(b); return err }},
		{smb2.InfoFile, smb2.FileNameInfo, 4, func(b []byte) error { _, err := fscc.ParseName(b); return err }},
		{smb2.InfoFile, smb2.FileNormalizedNameInfo, 4, func(b []byte) error { _, err := fscc.ParseName(b); return err }},
		{smb2.InfoFile, smb2.FileNetworkOpenInfo, 56, func(b []byte) error { _, err := fscc.ParseNetworkOpen(b); return err }},
		{smb2.InfoFile, smb2.FileAttributeTagInfo, 8, func(b []byte) error { _, err := fscc.ParseAttributeTag(b); return err }},
		{smb2.InfoFile, smb2.FileIDInfo, 24, func(b []byte) error { _, err := fscc.ParseID(b); return err }},
		{smb2.InfoFileSystem, smb2.FsVolumeInfo, 18, func(b []byte) error { _, err := fscc.ParseVolume(b); return err }},
		{smb2.InfoFileSystem, smb2.FsSizeInfo, 24, func(b []byte) error { _, err := fscc.ParseSize(b); return err }},
		{smb2.InfoFileSystem, smb2.FsFullSizeInfo, 32, func(b []byte) error { _, err := fscc.ParseFullSize(b); return err }},
		{smb2.InfoFileSystem, smb2.FsDeviceInfo, 8, func(b []byte) error { _, err := fscc.ParseDevice(b); return err }},
		{smb2.InfoFileSystem, smb2.FsAttributeInfo, 12, func(b []byte) error { _, err := fscc.ParseAttribute(b); return err }},
		{smb2.InfoFileSystem, smb2.FsSectorSizeInfo, 28, func(b []byte) error { _, err := fscc.ParseSectorSize(b); return err }},
		{smb2.InfoFileSystem, smb2.FsObjectIDInfo, 64, func(b []byte) error { _, err := fscc.ParseObjectID(b); return err }},
	} {
		b := c.query(ok, f, x.kind, x.class, 1000)
		if err := x.parse(b); err != nil {
			t.Errorf("%v %v: %v", x.kind, x.class, err)
		}
		c.query(smb2.StatusInfoLengthMismatch, f, x.kind, x.class, x.fixed-1)
		if uint32(len(b)) > x.fixed {
			if cut := c.query(smb2.StatusBufferOverflow, f, x.kind, x.class, x.fixed); !bytes.Equal(cut, b[:x.fixed]) {
				t.Errorf("%v %v: cut to %x", x.kind, x.class, cut)
			}
		}
	}
	c.query(smb2.StatusInvalidInfoClass, f, smb2.InfoFile, 200, 100)
	c.query(smb2.StatusInvalidInfoClass, f, smb2.InfoFileSystem, 200, 100)
	c.query(notFound, f, smb2.InfoFile, smb2.FileAlternateNameInfo, 100)
	c.query(smb2.StatusNotSupported, f, smb2.InfoQuota, 0, 100)
	c.query(invalid, f, 9, 0, 100)
	c.query(invalid, f, smb2.InfoFile, smb2.FileAllInfo, maxTransfer+1)
	g := c.create(ok, wish{name: "f", access: smb2.AccessReadData, disposition: openIf})
	c.query(denied0, g, smb2.InfoFile, smb2.FileBasicInfo, 100)
	c.query(denied0, g, smb2.InfoSecurity, 0, 1000)
}

// The descriptor, and how long a buffer has to be for it.
func TestSecurity(t *testing.T) {
	t.Parallel()
	c := newWorld(t, Config{}).connect()
	f := c.file("f")
	d := c.query(ok, f, smb2.InfoSecurity, 0, 1000)
	if len(d) != 20+12+12+28 || binary.LittleEndian.Uint32(d[16:]) != 44 || binary.LittleEndian.Uint16(d[46:]) != 28 {
		t.Errorf("%x", d)
	}
	b := c.do(smb2.StatusBufferTooSmall, querying(f, smb2.InfoSecurity, 0, 10))
	r, err := smb2.ParseErrorResponse(b)
	if err != nil {
		t.Fatal(err)
	}
	data, _ := r.Data(b)
	list, err := smb2.ParseErrorContexts(nil, data, r.ContextCount)
	if err != nil || len(list) != 1 || binary.LittleEndian.Uint32(list[0].Data) != uint32(len(d)) {
		t.Errorf("%+v, %v", list, err)
	}
	q := smb2.SetInfoRequest{InfoType: smb2.InfoSecurity, Additional: 4, FileID: f}
	c.do(smb2.StatusNotSupported, part{smb2.CommandSetInfo, func(b []byte) []byte { return q.Append(b, d) }})
}

// Times go with what is done, unless they have been set or are to be kept.
func TestTimes(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	c := newWorld(t, Config{Now: func() time.Time { now = now.Add(time.Second); return now }}).connect()
	f := c.file("f")
	basic := func() fscc.Basic {
		t.Helper()
		x, err := fscc.ParseBasic(c.query(ok, f, smb2.InfoFile, smb2.FileBasicInfo, 40))
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	born := basic()
	c.write(ok, f, 0, "x")
	if x := basic(); x.Times.LastWrite <= born.Times.LastWrite || x.Times.Creation != born.Times.Creation {
		t.Errorf("%+v", x)
	}
	c.set(ok, f, smb2.FileBasicInfo, &fscc.Basic{Times: smb2.FileTimes{LastWrite: 7, Creation: 8}, Attributes: smb2.AttributeHidden})
	c.write(ok, f, 0, "x")
	if x := basic(); x.Times.LastWrite != 7 || x.Times.Creation != 8 || x.Attributes != smb2.AttributeHidden|smb2.AttributeArchive {
		t.Errorf("%+v", x)
	}
	c.set(ok, f, smb2.FileBasicInfo, &fscc.Basic{Times: smb2.FileTimes{LastWrite: fscc.TimeResume}})
	c.write(ok, f, 0, "x")
	resumed := basic()
	if resumed.Times.LastWrite == 7 {
		t.Errorf("%+v", resumed)
	}
	c.set(ok, f, smb2.FileBasicInfo, &fscc.Basic{Times: smb2.FileTimes{LastWrite: fscc.TimeKeep}})
	c.write(ok, f, 0, "x")
	if x := basic(); x.Times.LastWrite != resumed.Times.LastWrite {
		t.Errorf("%+v", x)
	}
	c.set(ok, f, smb2.FileBasicInfo, &fscc.Basic{Attributes: smb2.AttributeNormal})
	if x := basic(); x.Attributes != smb2.AttributeNormal {
		t.Errorf("%+v", x)
	}
	c.set(invalid, f, smb2.FileBasicInfo, &fscc.Basic{Attributes: smb2.AttributeDirectory})
	c.set(invalid, f, smb2.FileBasicInfo, &fscc.Basic{Times: smb2.FileTimes{Change: 1 << 63}})
}

// Sizes, set and refused.
func TestSetSizes(t *testing.T) {
	t.Parallel()
	c := newWorld(t, Config{Bytes: 1 << 20}).connect()
	f := c.file("f")
	c.write(ok, f, 0, "0123456789")
	c.set(ok, f, smb2.FileEndOfFileInfo, fscc.Long(4))
	c.set(ok, f, smb2.FileEndOfFileInfo, fscc.Long(6))
	if got := c.read(ok, f, 0, 100); got != "0123\x00\x00" {
		t.Errorf("%q", got)
	}
	c.set(ok, f, smb2.FileEndOfFileInfo, fscc.Long(maxFile))
	c.set(smb2.StatusNoSpace, f, smb2.FileEndOfFileInfo, fscc.Long(maxFile+1))
	c.set(invalid, f, smb2.FileEndOfFileInfo, fscc.Long(1<<63))
	c.set(ok, f, smb2.FileAllocationInfo, fscc.Long(2))
	if r := c.close(f); r.EndOfFile != 2 {
		t.Errorf("%+v", r)
	}
	f = c.file("f")
	c.set(smb2.StatusNoSpace, f, smb2.FileAllocationInfo, fscc.Long(1<<30))
	c.set(ok, f, smb2.FilePositionInfo, fscc.Long(77))
	if b := c.query(ok, f, smb2.InfoFile, smb2.FilePositionInfo, 8); b[0] != 77 {
		t.Errorf("%x", b)
	}
	c.set(invalid, f, smb2.FilePositionInfo, fscc.Long(math.MaxUint64))
	d := c.directory("d")
	c.set(invalid, d, smb2.FileEndOfFileInfo, fscc.Long(1))
	c.do(smb2.StatusInfoLengthMismatch, setting(f, smb2.FileEndOfFileInfo, []byte{1}))
	c.do(smb2.StatusInfoLengthMismatch, setting(f, smb2.FileRenameInfo, make([]byte, 19)))
	c.do(smb2.StatusInvalidInfoClass, setting(f, 200, nil))
	c.do(smb2.StatusNotSupported, setting(f, smb2.FileLinkInfo, nil))
	c.do(smb2.StatusEAsNotSupported, setting(f, smb2.FileFullEAInfo, nil))
	r := c.create(ok, wish{name: "f", access: smb2.AccessReadData, disposition: openIf})
	for _, class := range []smb2.FileClass{smb2.FileBasicInfo, smb2.FileDispositionInfo, smb2.FileEndOfFileInfo, smb2.FileAllocationInfo} {
		c.do(denied0, setting(r, class, make([]byte, 40)))
	}
}
