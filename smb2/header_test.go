package smb2

import (
	"bytes"
	"testing"
)

// Each setter changes its own field and nothing else, and its getter reads it.
func TestHeaderFields(t *testing.T) {
	t.Parallel()
	for _, f := range []struct {
		name   string
		at, n  int
		set    func(Header)
		expect func(Header) bool
	}{
		{"CreditCharge", 6, 2, func(h Header) { h.SetCreditCharge(0xa1a2) }, func(h Header) bool { return h.CreditCharge() == 0xa1a2 }},
		{"Status", 8, 4, func(h Header) { h.SetStatus(0xc1c2c3c4) }, func(h Header) bool { return h.Status() == 0xc1c2c3c4 }},
		{"Command", 12, 2, func(h Header) { h.SetCommand(0xa1a2) }, func(h Header) bool { return h.Command() == 0xa1a2 }},
		{"Credits", 14, 2, func(h Header) { h.SetCredits(0xa1a2) }, func(h Header) bool { return h.Credits() == 0xa1a2 }},
		{"Flags", 16, 4, func(h Header) { h.SetFlags(0xc1c2c3c4) }, func(h Header) bool { return h.Flags() == 0xc1c2c3c4 }},
		{"NextCommand", 20, 4, func(h Header) { h.SetNextCommand(0xc1c2c3c4) }, func(h Header) bool { return h.NextCommand() == 0xc1c2c3c4 }},
		{"MessageId", 24, 8, func(h Header) { h.SetMessageID(0xe1e2e3e4e5e6e7e8) }, func(h Header) bool { return h.MessageID() == 0xe1e2e3e4e5e6e7e8 }},
		{"TreeId", 36, 4, func(h Header) { h.SetTreeID(0xc1c2c3c4) }, func(h Header) bool { return h.TreeID() == 0xc1c2c3c4 }},
		{"AsyncId", 32, 8, func(h Header) { h.SetAsyncID(0xe1e2e3e4e5e6e7e8) }, func(h Header) bool { return h.AsyncID() == 0xe1e2e3e4e5e6e7e8 }},
		{"SessionId", 40, 8, func(h Header) { h.SetSessionID(0xe1e2e3e4e5e6e7e8) }, func(h Header) bool { return h.SessionID() == 0xe1e2e3e4e5e6e7e8 }},
		{"ChannelSequence", 8, 2, func(h Header) { h.SetChannelSequence(0xa1a2) }, func(h Header) bool { return h.ChannelSequence() == 0xa1a2 }},
		{"ProcessId", 32, 4, func(h Header) { h.SetProcessID(0xc1c2c3c4) }, func(h Header) bool { return h.ProcessID() == 0xc1c2c3c4 }},
		{"Signature", 48, 16, func(h Header) { copy(h.Signature(), "0123456789abcdef!") }, func(h Header) bool { return string(h.Signature()) == "0123456789abcdef" }},
	} {
		h := make(Header, HeaderSize)
		f.set(h)
		if !f.expect(h) {
			t.Errorf("%s does not read what was set", f.name)
		}
		for i, b := range h {
			if inside := i >= f.at && i < f.at+f.n; inside != (b != 0) {
				t.Errorf("%s: byte %d is %#x", f.name, i, b)
			}
		}
	}
	h := Header(bytes.Repeat([]byte{1}, HeaderSize))
	h.ClearSignature()
	if h[47] != 1 || !bytes.Equal(h[48:], make([]byte, 16)) {
		t.Errorf("ClearSignature: %x", h)
	}
}

func TestParseHeader(t *testing.T) {
	t.Parallel()
	good := NewHeader(CommandEcho, 5)
	if h, err := ParseHeader(good); err != nil || h.Command() != CommandEcho || h.MessageID() != 5 {
		t.Errorf("%v, %v", h, err)
	}
	for n := range HeaderSize {
		if _, err := ParseHeader(good[:n]); err == nil {
			t.Errorf("%d bytes are a header", n)
		}
	}
	for i := range 6 {
		bad := bytes.Clone(good)
		bad[i]++
		if _, err := ParseHeader(bad); err == nil {
			t.Errorf("byte %d may be anything", i)
		}
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	h := NewHeader(CommandRead, 1)
	h.Set(FlagSigned | FlagRelated)
	h.Clear(FlagSigned)
	h.SetAsync(0x0102030405060708)
	if h.Flags() != FlagRelated|FlagAsync || h.AsyncID() != 0x0102030405060708 {
		t.Errorf("%x", h)
	}
	if StatusBufferOverflow.IsError() || StatusPending.IsError() || StatusSuccess.IsError() || !StatusNoPreauthOverlap.IsError() {
		t.Error("which statuses are errors")
	}
}

func TestKindOf(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]Kind{
		"\xfeSMB": KindSMB2, "\xffSMBr": KindSMB1, "\xfdSMB": KindTransform, "\xfcSMB": KindCompression,
		"\xfbSMB": KindUnknown, "\xfeSMC": KindUnknown, "\xfeSM": KindUnknown, "": KindUnknown,
	} {
		if got := KindOf([]byte(s)); got != want {
			t.Errorf("%q is %d, want %d", s, got, want)
		}
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	two := append(append([]byte(nil), NewHeader(CommandEcho, 1)...), make([]byte, 8)...)
	two = append(two, NewHeader(CommandEcho, 2)...)
	for next, ok := range map[uint32]bool{
		0: true, 72: true, 8: false, 64: false, 71: false, 76: false, 80: false, 136: false, 1 << 31: false, 0xfffffff8: false,
	} {
		Header(two).SetNextCommand(next)
		element, rest, err := Split(two)
		switch {
		case (err == nil) != ok:
			t.Errorf("NextCommand %d: %v", next, err)
		case ok && next != 0 && (len(element) != 72 || cap(element) != 72 || len(rest) != 64):
			t.Errorf("NextCommand %d: %d and %d bytes", next, len(element), len(rest))
		case ok && next == 0 && (len(element) != len(two) || rest != nil):
			t.Errorf("the last element: %d and %d bytes", len(element), len(rest))
		}
	}
	for n, want := range map[int]int{0: 0, 1: 7, 7: 1, 8: 0, 73: 7} {
		if Pad(n) != want {
			t.Errorf("Pad(%d) = %d", n, Pad(n))
		}
	}
}

func TestStrings(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		CommandNegotiate.String():          "NEGOTIATE",
		CommandServerToClient.String():     "SERVER_TO_CLIENT",
		Command(0x14).String():             "command 0x14",
		StatusInvalidParameter.Error():     "STATUS_INVALID_PARAMETER",
		Status(0xc00000ff).String():        "status 0xc00000ff",
		StatusNoPreauthOverlap.String():    "STATUS_SMB_NO_PREAUTH_INTEGRITY_HASH_OVERLAP",
		StatusNoSpace.String():             "STATUS_DISK_FULL",
		FsctlCopyChunk.String():            "SRV_COPYCHUNK",
		FSCTL(1).String():                  "fsctl 0x1",
		ContextSigning.String():            "SIGNING",
		NegotiateContextType(4).String():   "context 0x4",
		CipherAES256GCM.String():           "AES-256-GCM",
		Cipher(5).String():                 "cipher 0x5",
		SigningAESGMAC.String():            "AES-GMAC",
		HashAlgorithm(2).String():          "hash 0x2",
		CompressionPattern.String():        "Pattern_V1",
		RDMATransformSigning.String():      "signing",
		OplockLease.String():               "lease",
		OplockLevel(7).String():            "oplock 0x7",
		LeaseState(7).String():             "RHW",
		LeaseState(5).String():             "RW",
		LeaseState(8).String():             "lease state 0x8",
		DispositionOverwriteIf.String():    "overwrite-if",
		Disposition(6).String():            "disposition 0x6",
		InfoSecurity.String():              "security",
		FileRenameInfo.String():            "class 10",
		guid0.String():                     "33323130-3534-3736-3839-3a3b3c3d3e3f",
		Dialect302.String():                "3.0.2",
		Dialect(0x0400).String():           "dialect 0x0400",
		ChannelV1Invalidate.String():       "V1_INVALIDATE",
		Channel(9).String():                "channel 0x9",
		headerError("%d bytes", 3).Error(): "header ([MS-SMB2] 2.2.1): 3 bytes",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
