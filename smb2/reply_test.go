package smb2

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// The reply that a real server gave has the header that AppendReply makes of
// the request.
func TestAppendReply(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ request, reply string }{
		{"tcp-smb311-leases/10", "tcp-smb311-leases/11"},
		{"tcp-smb311-leases/25", "tcp-smb311-leases/26"},
		{"tcp-smb311-signed/24", "tcp-smb311-signed/25"},
		{"linux-smb311-signed/12", "linux-smb311-signed/13"},
	} {
		reply := Header(named(t, c.reply))
		b := AppendReply([]byte("room"), named(t, c.request), reply.Status(), reply.Credits())
		h := Header(b[4:])
		if !bytes.Equal(h.Signature(), make([]byte, SignatureSize)) {
			t.Errorf("%s: the signature is %x", c.reply, h.Signature())
		}
		if reply.Has(FlagSigned) {
			h.Set(FlagSigned)
			copy(h.Signature(), reply.Signature())
		}
		if string(b[:4]) != "room" || !bytes.Equal(h, reply[:HeaderSize]) {
			t.Errorf("%s:\n%x, want\n%x", c.reply, h, reply[:HeaderSize])
		}
	}
}

func TestAppendInterim(t *testing.T) {
	t.Parallel()
	interim := named(t, "tcp-smb311-cmac-cancel/21")
	request := NewHeader(CommandLock, Header(interim).MessageID())
	request.SetFlags(FlagSigned | FlagPriority&0x10)
	request.SetCreditCharge(Header(interim).CreditCharge())
	request.SetSessionID(Header(interim).SessionID())
	b := AppendInterim(nil, request, Header(interim).AsyncID(), Header(interim).Credits())
	copy(Header(b).Signature(), Header(interim).Signature()) // of the request: means nothing
	b[len(b)-1] = interim[len(interim)-1]                    // not of the data
	if !bytes.Equal(b, interim) {
		t.Errorf("%x, want\n%x", b, interim)
	}
}

func TestHasErrorBody(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		command Command
		status  Status
		size    byte // StructureSize
		want    bool
	}{
		{CommandCreate, StatusSuccess, 89, false},
		{CommandCreate, StatusAccessDenied, 9, true},
		{CommandCreate, StatusPending, 9, true},
		{CommandSessionSetup, StatusMoreProcessing, 9, false},
		{CommandIoctl, StatusMoreProcessing, 9, true},
		{CommandRead, StatusBufferOverflow, 17, false},
		{CommandQueryInfo, StatusBufferOverflow, 9, false},
		{CommandIoctl, StatusBufferOverflow, 49, false},
		{CommandCreate, StatusBufferOverflow, 9, true},
		{CommandIoctl, StatusInvalidParameter, 49, false},
		{CommandIoctl, StatusInvalidParameter, 9, true},
		{CommandWrite, StatusInvalidParameter, 49, true},
		{CommandChangeNotify, StatusNotifyEnumDir, 9, false},
		{CommandChangeNotify, StatusNotifyCleanup, 9, true},
		{CommandCreate, StatusNotifyEnumDir, 9, true},
		{CommandQueryDirectory, StatusNoMoreFiles, 9, true},
	} {
		h := append(NewHeader(c.command, 1), c.size, 0)
		h.SetStatus(c.status)
		if got := h.HasErrorBody(); got != c.want {
			t.Errorf("%v, %v, size %d: %v", c.command, c.status, c.size, got)
		}
	}
	h := NewHeader(CommandIoctl, 1)
	h.SetStatus(StatusInvalidParameter)
	if !h.HasErrorBody() {
		t.Error("no body at all has the limits of a SRV_COPYCHUNK")
	}
}

// FileIDOf finds the FileId of every structure that has one, and of no other.
func TestFileIDOf(t *testing.T) {
	t.Parallel()
	for _, r := range rows {
		b := unhex(t, r.hex)
		name, kind, _ := strings.Cut(r.codec, " ")
		command := Command(slices.Index(commandNames[:], name))
		lease := name == "lease"
		if lease {
			command = CommandOplockBreak
		}
		h := Header(b)
		h.SetCommand(command)
		h.SetStatus(StatusSuccess)
		h.SetFlags(0)
		if kind == "response" {
			h.SetFlags(FlagReply)
		}
		at := bytes.Index(b, file0[:])
		switch got := FileIDOf(b); {
		case (at < 0 || lease) != (got == nil):
			t.Errorf("%s: %x", r.codec, got)
		case got != nil && (&got[0] != &b[at] || len(got) != 16 || cap(got) != 16):
			t.Errorf("%s: not the bytes at %d", r.codec, at)
		case got != nil && FileIDOf(b[:at+15:at+15]) != nil:
			t.Errorf("%s: 15 bytes of it", r.codec)
		}
		h.SetFlags(FlagReply)
		if h.SetStatus(StatusAccessDenied); FileIDOf(b) != nil {
			t.Errorf("%s: an error has a FileId", r.codec)
		}
	}
	for n := range HeaderSize + 2 {
		if FileIDOf(NewHeader(CommandClose, 1)[:min(n, HeaderSize)]) != nil {
			t.Errorf("a FileId in %d bytes", n)
		}
	}
	if FileIDOf(append(NewHeader(0xffff, 1), make([]byte, 100)...)) != nil {
		t.Error("an unknown command has a FileId")
	}
	f := NewFileID(0x0102030405060708, 9)
	if f.Persistent() != 0x0102030405060708 || f.Volatile() != 9 || f.String() != "0x102030405060708.0x9" {
		t.Errorf("%x, %v", f[:], f)
	}
}
