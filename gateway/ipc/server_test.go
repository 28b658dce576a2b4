package ipc

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/smbgw/smbgw/smb2"
)

// ask is a call for a list of shares.
func ask(call uint32) []byte {
	r := shareEnum{level: 1, fields: shareInfo[1], most: 0xffffffff}
	return callPDU(call, opShareEnum, r.append())
}

// bindPipe opens the pipe and binds.
func (c *client) bindPipe() smb2.FileID {
	c.t.Helper()
	f := c.open()
	c.control(ok, f, smb2.FsctlPipeTransceive, bindPDU(1, binding()), 4280)
	return f
}

// The names that clients send, and others.
func TestNames(t *testing.T) {
	t.Parallel()
	c := newWorld(t).connect()
	for _, name := range []string{"srvsvc", `\srvsvc`, `PIPE\srvsvc`, `\PIPE\srvsvc`, `\pipe\SrvSvc`} {
		c.do(ok, creating(name, 0x12019f))
	}
	for _, name := range []string{"", "wkssvc", `\PIPE\lsarpc`, `PIPE\PIPE\srvsvc`, "srvsvc:x", `srvsvc\x`, `\\srvsvc`} {
		c.do(smb2.StatusObjectNameNotFound, creating(name, 0x12019f))
	}
}

// What a CREATE may not ask for.
func TestCreate(t *testing.T) {
	t.Parallel()
	c := newWorld(t).connect()
	c.do(smb2.StatusAccessDenied, creating("srvsvc", 0))
	c.do(smb2.StatusAccessDenied, creating("srvsvc", 0x01000000))
	c.do(ok, creating("srvsvc", smb2.AccessMaximumAllowed))
	for status, r := range map[smb2.Status]smb2.CreateRequest{
		smb2.StatusNotADirectory:         {Access: 1, Options: smb2.OptionDirectory},
		smb2.StatusBadImpersonationLevel: {Access: 1, Impersonation: 4},
		smb2.StatusInvalidParameter:      {Access: 1, Disposition: 6},
	} {
		c.do(status, part{smb2.CommandCreate, func(b []byte) []byte { return r.Append(b, smb2.AppendUTF16(nil, "srvsvc"), nil) }})
	}
	for range maxOpens - 1 {
		c.open()
	}
	c.do(smb2.StatusTooManyOpenedFiles, creating("srvsvc", 0x12019f))
}

// Whoever is refused pipes is denied each name alike, and what follows in the
// chain; the rest is as in any IPC$ without an open.
func TestRefuse(t *testing.T) {
	t.Parallel()
	c := newWorld(t).refused()
	for _, name := range []string{"srvsvc", `\PIPE\srvsvc`, "lsarpc", "no such pipe", ""} {
		c.do(smb2.StatusAccessDenied, creating(name, 0x12019f))
	}
	c.do(smb2.StatusAccessDenied, creating("srvsvc", smb2.AccessMaximumAllowed))
	for i, s := range c.send(creating("srvsvc", 0x12019f), writing(smb2.NoFile, ask(1)), closing(smb2.NoFile)) {
		if status, _ := c.wait(s); status != smb2.StatusAccessDenied {
			t.Errorf("element %d of a chain: %v", i, status)
		}
	}
	c.do(smb2.StatusFileClosed, reading(smb2.FileID{1}, 10))
	c.control(smb2.StatusFSDriverRequired, smb2.NoFile, smb2.FsctlDFSGetReferrals, []byte{4, 0, '\\', 0, 'x', 0, 0, 0}, 4096)
}

// The way of smbclient: each PDU as a transaction.
func TestTransceive(t *testing.T) {
	t.Parallel()
	c := newWorld(t, Share{Name: "data"}).connect()
	f := c.open()
	ack := c.control(ok, f, smb2.FsctlPipeTransceive, golden(t, "samba-bind"), 4280)
	if h, err := parseHeader(ack); err != nil || h.kind != kindBindAck {
		t.Errorf("% x: %v", ack, err)
	}
	answer := c.control(ok, f, smb2.FsctlPipeTransceive, golden(t, "samba-shareenum1-request"), 4280)
	for _, name := range []string{"data", "IPC$"} {
		if !bytes.Contains(answer, smb2.AppendUTF16(nil, name)) {
			t.Errorf("%s is not in % x", name, answer)
		}
	}
	c.do(ok, closing(f))
	c.do(smb2.StatusFileClosed, closing(f))
}

// The way of others: WRITE, then READ, of a message at a time and of as much of
// it as there is room for.
func TestWriteRead(t *testing.T) {
	t.Parallel()
	c := newWorld(t).connect()
	f := c.open()
	pdu := bindPDU(1, binding())
	c.do(ok, writing(f, pdu[:10])) // not even a header
	c.do(ok, writing(f, pdu[10:30]))
	c.do(ok, writing(f, append(pdu[30:], ask(2)...)))
	ack := c.read(ok, f, 4280)
	whole := append(c.read(smb2.StatusBufferOverflow, f, 100), c.read(smb2.StatusBufferOverflow, f, 0)...)
	whole = append(whole, c.read(ok, f, 4280)...)
	for i, b := range [][]byte{ack, whole} {
		h, err := parseHeader(b)
		if err != nil || int(h.length) != len(b) || h.call != uint32(i+1) {
			t.Errorf("message %d is % x: %v", i, b, err)
		}
	}
}

// Half of a message by a transaction, the rest by READ; meanwhile no other
// transaction.
func TestOverflow(t *testing.T) {
	t.Parallel()
	c := newWorld(t).connect()
	f := c.open()
	b := c.control(smb2.StatusBufferOverflow, f, smb2.FsctlPipeTransceive, bindPDU(1, binding()), 20)
	c.control(smb2.StatusPipeBusy, f, smb2.FsctlPipeTransceive, ask(2), 4280)
	b = append(b, c.read(ok, f, 4280)...)
	if h, err := parseHeader(b); err != nil || int(h.length) != len(b) {
		t.Errorf("% x: %v", b, err)
	}
}

// Read as bytes the pipe has no messages, and no transactions.
func TestByteMode(t *testing.T) {
	t.Parallel()
	c := newWorld(t).connect()
	f := c.open()
	c.do(ok, setting(f, smb2.FilePipeInfo, make([]byte, 8)))
	c.do(ok, writing(f, append(bindPDU(1, binding()), ask(2)...)))
	c.control(statusInvalidPipeState, f, smb2.FsctlPipeTransceive, nil, 4280)
	b := append(c.read(ok, f, 10), c.read(ok, f, 8000)...)
	h, err := parseHeader(b)
	if err != nil || int(h.length) >= len(b) {
		t.Fatalf("% x: %v", b, err)
	}
	if h, err = parseHeader(b[h.length:]); err != nil || h.call != 2 {
		t.Errorf("%+v: %v", h, err)
	}
	c.do(smb2.StatusInvalidParameter, setting(f, smb2.FilePipeInfo, []byte{2, 0, 0, 0, 0, 0, 0, 0}))
	c.do(smb2.StatusInvalidParameter, setting(f, smb2.FilePipeInfo, []byte{0, 0, 0, 0, 1, 0, 0, 0}))
	c.do(smb2.StatusInfoLengthMismatch, setting(f, smb2.FilePipeInfo, make([]byte, 7)))
	c.do(smb2.StatusInvalidInfoClass, setting(f, smb2.FileBasicInfo, make([]byte, 40)))
}

// A client that breaks the protocol reads what it was answered, and then there is
// no pipe.
func TestDisconnected(t *testing.T) {
	t.Parallel()
	c := newWorld(t).connect()
	f := c.bindPipe()
	c.do(ok, writing(f, bindPDU(2, binding())))
	if h, err := parseHeader(c.read(ok, f, 4280)); err != nil || h.kind != kindBindNak {
		t.Errorf("%+v: %v", h, err)
	}
	c.do(smb2.StatusPipeDisconnected, reading(f, 4280))
	c.do(smb2.StatusPipeDisconnected, writing(f, ask(3)))
	c.control(smb2.StatusPipeDisconnected, f, smb2.FsctlPipeTransceive, ask(3), 4280)
	c.control(smb2.StatusPipeDisconnected, f, smb2.FsctlPipePeek, nil, 16)
	f = c.open()
	c.control(smb2.StatusPipeDisconnected, f, smb2.FsctlPipeTransceive, make([]byte, headerSize), 4280)
	f = c.bindPipe()
	long := finish(append(header{kind: kindRequest, flags: wholePDU}.append(nil), make([]byte, maxFragment)...))
	c.control(smb2.StatusPipeDisconnected, f, smb2.FsctlPipeTransceive, long, 4280)
	c.do(ok, closing(f))
}

// A client that only asks loses its pipe, before that costs much.
func TestUnread(t *testing.T) {
	t.Parallel()
	many := make([]Share, 200)
	w := newWorld(t, many...)
	c := w.connect()
	f := c.bindPipe()
	for i := range 1000 {
		c.send(writing(f, ask(uint32(i))))
	}
	if n := w.service.Held(); n > 2*maxUnread {
		t.Errorf("the pipe holds %d bytes", n)
	}
	c.do(smb2.StatusPipeDisconnected, writing(f, ask(1)))
}

// All pipes together are bounded too: the one that goes beyond loses what it
// holds, the others do not.
func TestHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.connect()
	f, g := c.bindPipe(), c.bindPipe()
	c.do(ok, writing(g, ask(1)))
	fill := maxHeld - w.service.Held()
	w.service.held.Add(fill)
	c.do(ok, writing(f, ask(1)))
	c.do(smb2.StatusPipeDisconnected, reading(f, 4280))
	c.do(ok, reading(g, 4280))
	w.service.held.Add(1 << 20)
	c.do(smb2.StatusTooManyOpenedFiles, creating("srvsvc", 0x12019f))
	w.service.held.Add(-fill - 1<<20)
}

// What may be done depends on what the pipe was opened for.
func TestAccess(t *testing.T) {
	t.Parallel()
	c := newWorld(t).connect()
	open := func(access smb2.Access) smb2.FileID {
		r, err := smb2.ParseCreateResponse(c.do(ok, creating("srvsvc", access)))
		if err != nil {
			t.Fatal(err)
		}
		return r.FileID
	}
	reader, writer := open(smb2.AccessGenericRead), open(smb2.AccessGenericWrite)
	c.do(smb2.StatusAccessDenied, writing(reader, ask(1)))
	c.control(smb2.StatusAccessDenied, reader, smb2.FsctlPipeTransceive, ask(1), 4280)
	c.do(smb2.StatusAccessDenied, part{smb2.CommandFlush, (&smb2.FlushRequest{FileID: reader}).AppendBody})
	c.do(smb2.StatusAccessDenied, reading(writer, 10))
	c.control(smb2.StatusAccessDenied, writer, smb2.FsctlPipeTransceive, ask(1), 4280)
	c.control(smb2.StatusAccessDenied, writer, smb2.FsctlPipePeek, nil, 16)
	c.do(ok, part{smb2.CommandFlush, (&smb2.FlushRequest{FileID: writer}).AppendBody})
}

// What is asked about a pipe.
func TestInfo(t *testing.T) {
	t.Parallel()
	c := newWorld(t).connect()
	f := c.open()
	for class, n := range map[smb2.FileClass]int{
		smb2.FileBasicInfo: 40, smb2.FileStandardInfo: 24, smb2.FileInternalInfo: 8, smb2.FileEAInfo: 4,
		smb2.FileAccessInfo: 4, smb2.FilePositionInfo: 8, smb2.FileModeInfo: 4, smb2.FileAlignmentInfo: 4,
		smb2.FilePipeInfo: 8, smb2.FilePipeLocalInfo: 40,
	} {
		if b := c.query(ok, f, class, 1000); len(b) != n {
			t.Errorf("%v: %d bytes, want %d", class, len(b), n)
		}
		c.query(smb2.StatusInfoLengthMismatch, f, class, uint32(n-1))
	}
	c.query(smb2.StatusInvalidInfoClass, f, smb2.FileStreamInfo, 1000)
	c.do(smb2.StatusNotSupported, querying(f, smb2.InfoSecurity, 0, 1000))
	c.do(smb2.StatusInvalidParameter, querying(f, 9, 0, 1000))
	if b := c.query(ok, f, smb2.FilePipeInfo, 8); b[0] != messageMode {
		t.Errorf("a pipe is read so: % x", b)
	}
}

// Peeking takes nothing out.
func TestPeek(t *testing.T) {
	t.Parallel()
	c := newWorld(t).connect()
	f := c.open()
	if b := c.control(ok, f, smb2.FsctlPipePeek, nil, 100); !bytes.Equal(b, append([]byte{pipeConnected}, make([]byte, 15)...)) {
		t.Errorf("an empty pipe: % x", b)
	}
	c.do(ok, writing(f, bindPDU(1, binding())))
	b := c.control(smb2.StatusBufferOverflow, f, smb2.FsctlPipePeek, nil, 20)
	ack := c.read(ok, f, 4280)
	n := uint32(len(ack))
	if binary.LittleEndian.Uint32(b[4:]) != n || b[8] != 1 || binary.LittleEndian.Uint32(b[12:]) != n || !bytes.Equal(b[16:], ack[:4]) {
		t.Errorf("% x before % x", b, ack)
	}
	if b := c.control(smb2.StatusBufferOverflow, f, smb2.FsctlPipePeek, nil, 0); len(b) != 0 {
		t.Errorf("no bytes are % x", b)
	}
}

// FSCTLs about no file, and those that pipes have not.
func TestIoctl(t *testing.T) {
	t.Parallel()
	c := newWorld(t).connect()
	f := c.open()
	c.control(smb2.StatusFSDriverRequired, smb2.NoFile, smb2.FsctlDFSGetReferrals, make([]byte, 20), 4096)
	c.control(smb2.StatusFSDriverRequired, smb2.NoFile, smb2.FsctlDFSGetReferralsEx, make([]byte, 20), 4096)
	c.control(smb2.StatusInvalidParameter, f, smb2.FsctlDFSGetReferrals, nil, 4096)
	c.control(smb2.StatusInvalidDeviceRequest, f, smb2.FsctlCopyChunk, nil, 4096)
	c.control(smb2.StatusInvalidDeviceRequest, f, smb2.FsctlSetSparse, nil, 0)
	await := func(name string, more uint32) []byte {
		text := smb2.AppendUTF16(nil, name)
		return append(append(le32(make([]byte, 8), uint32(len(text))+more), 0, 0), text...)
	}
	c.control(ok, smb2.NoFile, smb2.FsctlPipeWait, await("srvsvc", 0), 0)
	c.control(smb2.StatusObjectNameNotFound, smb2.NoFile, smb2.FsctlPipeWait, await("spoolss", 0), 0)
	c.control(smb2.StatusInvalidParameter, smb2.NoFile, smb2.FsctlPipeWait, await("srvsvc", 1), 0)
	c.control(smb2.StatusInvalidParameter, smb2.NoFile, smb2.FsctlPipeWait, make([]byte, 13), 0)
}

// What is for files and directories.
func TestNotOfPipes(t *testing.T) {
	t.Parallel()
	c := newWorld(t).connect()
	f := c.open()
	c.do(smb2.StatusInvalidParameter, part{smb2.CommandQueryDirectory, func(b []byte) []byte {
		return (&smb2.QueryDirectoryRequest{FileID: f, OutputLength: 100}).Append(b, smb2.AppendUTF16(nil, "*"))
	}})
	c.do(smb2.StatusInvalidParameter, part{smb2.CommandChangeNotify, (&smb2.ChangeNotifyRequest{FileID: f, Filter: 1}).AppendBody})
	lock := func(f smb2.FileID) part {
		return part{smb2.CommandLock, func(b []byte) []byte {
			return (&smb2.LockRequest{FileID: f}).Append(b, []smb2.Lock{{Length: 1, Flags: 1}})
		}}
	}
	c.do(smb2.StatusInvalidDeviceRequest, lock(f))
	c.do(smb2.StatusFileClosed, lock(smb2.FileID{9}))
	c.do(smb2.StatusInvalidDeviceState, part{smb2.CommandOplockBreak, (&smb2.OplockBreak{FileID: f}).AppendBody})
	c.do(smb2.StatusObjectNameNotFound, part{smb2.CommandOplockBreak, (&smb2.LeaseBreakAck{}).AppendBody})
	c.do(smb2.StatusInvalidParameter, part{smb2.CommandEcho, (&smb2.Echo{}).AppendBody})
}

// Every request that is cut off is answered as malformed.
func TestMalformed(t *testing.T) {
	t.Parallel()
	c := newWorld(t).connect()
	for cmd := range smb2.CommandOplockBreak + 1 {
		c.do(smb2.StatusInvalidParameter, part{cmd, func(b []byte) []byte { return append(b, 0xff, 0xff, 1) }})
	}
}
