package iwarp

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"
)

// unhex reads hex with spaces, as the specifications print it. REQ and REP are
// the keys of the start-up frames.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	r := strings.NewReplacer(" ", "", "REQ", hex.EncodeToString([]byte(requestKey)), "REP", hex.EncodeToString([]byte(replyKey)))
	b, err := hex.DecodeString(r.Replace(s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var mpaVectors = []struct {
	name  string
	bytes string
	frame mpaFrame
}{
	{"our request, SMB Direct block", "REQ 5002000c 8020c001 00000020 00000001", mpaFrame{crc: true, enhanced: true, rev: 2,
		words: enhancedWords{peerToPeer: true, rtrWrite: true, rtrRead: true, ird: 32, ord: 1}, private: []byte{0, 0, 0, 32, 0, 0, 0, 1}}},
	{"ksmbd's reply to it", "REP 50020004 80018008", mpaFrame{reply: true, crc: true, enhanced: true, rev: 2,
		words: enhancedWords{peerToPeer: true, rtrWrite: true, ird: 1, ord: 8}}},
	{"cifs", "REQ 1002000c 00200001 00000020 00000001", mpaFrame{enhanced: true, rev: 2,
		words: enhancedWords{ird: 32, ord: 1}, private: []byte{0, 0, 0, 32, 0, 0, 0, 1}}},
	{"revision 1", "REQ 40010000", mpaFrame{crc: true, rev: 1}},
	{"revision 2, not enhanced", "REQ 40020000", mpaFrame{crc: true, rev: 2}},
	{"markers refused", "REP 60010000", mpaFrame{reply: true, crc: true, reject: true, rev: 1}},
	{"enhanced and too short", "REQ 50020003 002000", mpaFrame{crc: true, enhanced: true, short: true, rev: 2, private: []byte{0, 0x20, 0}}},
	{"markers, all words", "REP 90020004 ffff7fff", mpaFrame{reply: true, markers: true, enhanced: true, rev: 2,
		words: enhancedWords{peerToPeer: true, rtrSend: true, rtrRead: true, ird: 0x3fff, ord: 0x3fff}}},
}

func TestMPA(t *testing.T) {
	for _, v := range mpaVectors {
		t.Run(v.name, func(t *testing.T) {
			b := unhex(t, v.bytes)
			f, n, err := parseMPA(b, v.frame.reply)
			if err != nil || n != len(b) {
				t.Fatalf("parse: %d bytes, %v", n, err)
			}
			if len(f.private) == 0 {
				f.private = nil
			}
			if !reflect.DeepEqual(f, v.frame) {
				t.Errorf("parsed %+v\nwant   %+v", f, v.frame)
			}
			if got := v.frame.append(nil); !bytes.Equal(got, b) {
				t.Errorf("appended %x\nwant     %x", got, b)
			}
			for i := range b {
				if _, n, err := parseMPA(b[:i], v.frame.reply); n != 0 || err != nil {
					t.Errorf("first %d bytes: %d, %v", i, n, err)
				}
			}
			if _, _, err := parseMPA(b, !v.frame.reply); err == nil {
				t.Error("taken for the other kind of frame")
			}
		})
	}
}

// TestMPALength: RFC 5044 7.1.1 allows 512 bytes of private data.
func TestMPALength(t *testing.T) {
	b := append(unhex(t, "REQ 40010200"), make([]byte, 512)...)
	if _, n, err := parseMPA(b, false); n != len(b) || err != nil {
		t.Errorf("512: %d, %v", n, err)
	}
	if _, _, err := parseMPA(unhex(t, "REQ 40010201"), false); err == nil {
		t.Error("513 accepted")
	}
}

// frameVectors are whole frames with the CRC that siw and the RFC's figures
// agree on.
var frameVectors = []struct {
	name    string
	bytes   string
	seg     segment
	read    *readRequest
	payload string
}{
	{"RTR Write", "000ec140 00000001 00000000 00000000 ebd34c5f", segment{op: opWrite, tagged: true, last: true, stag: 1}, nil, ""},
	{"RTR Write, STag 0", "000ec140 00000000 00000000 00000000 a30572ab", segment{op: opWrite, tagged: true, last: true}, nil, ""},
	{"RTR Read", "002e4141 00000000 00000001 00000001 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 f2c6dd3d",
		segment{op: opReadRequest, last: true, qn: 1, msn: 1}, &readRequest{}, ""},
	{"RTR Read's answer", "000ec142 00000000 00000000 00000000 6975d6ca", segment{op: opReadResponse, tagged: true, last: true}, nil, ""},
	{"RFC 5044 figure 5", "002a4143 00000000 00000000 00000001 00000000 000000000000000000000000000000000000000000000000 b7243ec3",
		segment{op: opSend, last: true, msn: 1}, nil, strings.Repeat("00", 24)},
	{"negotiate request", "00264143 00000000 00000000 00000001 00000000 00010001 0000ff00 54050000 54050000 56a70200 e3969c3a",
		segment{op: opSend, last: true, msn: 1}, nil, "000100010000ff00540500005405000056a70200"},
	{"negotiate response", "00324143 00000000 00000000 00000001 00000000 00010001 00010000 ff00ff00 00000000 00008000 54050000 54050000 56a70200 7dcfe628",
		segment{op: opSend, last: true, msn: 1}, nil, "0001000100010000ff00ff000000000000008000540500005405000056a70200"},
	{"empty SMB Direct message", "00264143 00000000 00000000 00000002 00000000 ff00ff00 00000000 00000000 00000000 00000000 9ad0a48f",
		segment{op: opSend, last: true, msn: 2}, nil, "ff00ff00" + strings.Repeat("00", 16)},
	{"Send with Invalidate", "00264144 8a31c402 00000000 00000003 00000000 ff00ff00 00000000 00000000 00000000 00000000 d5c5c611",
		segment{op: opSendInvalidate, last: true, stag: 0x8a31c402, msn: 3}, nil, "ff00ff00" + strings.Repeat("00", 16)},
	{"Write hello", "0013c140 8a31c402 00000000 00010000 68656c6c 6f000000 72ce6a9c",
		segment{op: opWrite, tagged: true, last: true, stag: 0x8a31c402, to: 0x10000}, nil, "68656c6c6f"},
	{"Read Request", "002e4141 00000000 00000001 00000001 00000000 11223344 00000000 00002000 00001000 8a31c402 00000000 00010000 57b76d16",
		segment{op: opReadRequest, last: true, qn: 1, msn: 1}, &readRequest{0x11223344, 0x2000, 4096, 0x8a31c402, 0x10000}, ""},
	{"Read Response hello", "0013c142 11223344 00000000 00002000 68656c6c 6f000000 c52b6d01",
		segment{op: opReadResponse, tagged: true, last: true, stag: 0x11223344, to: 0x2000}, nil, "68656c6c6f"},
	{"first of two segments", "001e0143 00000000 00000000 00000002 00000000 ff000a00 00000000 00000000 583d1b10",
		segment{op: opSend, msn: 2}, nil, "ff000a000000000000000000"},
}

func TestFrames(t *testing.T) {
	for _, v := range frameVectors {
		t.Run(v.name, func(t *testing.T) {
			b, payload := unhex(t, v.bytes), unhex(t, v.payload)
			if !verifyCRC(b) {
				t.Error("CRC")
			}
			n := int(b[0])<<8 | int(b[1])
			if fpduSize(n) != len(b) {
				t.Errorf("size %d, want %d", fpduSize(n), len(b))
			}
			seg, f := parseSegment(b[2:], n)
			if f != nil || seg != v.seg {
				t.Errorf("parsed %+v, %v\nwant   %+v", seg, f, v.seg)
			}
			if v.read != nil && parseReadRequest(b[2+untaggedHeader:]) != *v.read {
				t.Errorf("read request %+v", parseReadRequest(b[2+untaggedHeader:]))
			}
			var out batch
			out.reset()
			out.frame(&seg, v.read, payload[:len(payload)/2], payload[len(payload)/2:], true)
			out.seal()
			if got := bytes.Join(out.parts, nil); !bytes.Equal(got, b) || out.size != len(b) {
				t.Errorf("built %x\nwant  %x", got, b)
			}
			ulpdu := append(seg.append(nil), payload...)
			if v.read != nil {
				ulpdu = v.read.append(ulpdu)
			}
			if got := appendFPDU(nil, ulpdu, true); !bytes.Equal(got, b) {
				t.Errorf("appended %x\nwant     %x", got, b)
			}
		})
	}
}

func TestCRCOrder(t *testing.T) {
	b := unhex(t, "000ec140 00000001 00000000 00000000 5f4cd3eb") // big-endian
	if verifyCRC(b) {
		t.Error("a CRC in network order is accepted")
	}
	var s segment
	s.tagged, s.last, s.stag = true, true, 1
	if got := appendFPDU(nil, s.append(nil), false); !bytes.Equal(got[16:], make([]byte, 4)) {
		t.Errorf("without CRC the field is %x", got[16:])
	}
}

func TestTerminate(t *testing.T) {
	bad := unhex(t, "c140 deadbeef 0000000000010000 68656c6c6f")
	read := unhex(t, "4141 00000000 00000001 00000001 00000000 00001111 00000000 00002000 00001000 00003333 00000000 00004000")
	for _, v := range []struct {
		name   string
		fault  fault
		header []byte
		bytes  string
	}{
		{"opcode", fault{layer: 0, kind: 2, code: 6}, nil, "00164147 00000000 00000002 00000001 00000000 02060000 6f77b973"},
		{"CRC", fault{layer: 2, kind: 0, code: 2}, nil, "00164147 00000000 00000002 00000001 00000000 20020000 7fe42585"},
		{"STag", fault{layer: 1, kind: 1, code: 0, quote: quoteHeader}, bad,
			"00264147 00000000 00000002 00000001 00000000 1100c000 0013c140 deadbeef 00000000 00010000 af5fcdd1"},
		{"read", fault{layer: 0, kind: 1, code: 2, quote: quoteRead}, read,
			"00464147 00000000 00000002 00000001 00000000 0102e000 002e4141 00000000 00000001 00000001 00000000 00001111 00000000 00002000 00001000 00003333 00000000 00004000 f6565a64"},
	} {
		t.Run(v.name, func(t *testing.T) {
			want := unhex(t, v.bytes)
			got := appendFPDU(nil, v.fault.appendTerminate(nil, v.header, len(v.header)), true)
			if !bytes.Equal(got, want) {
				t.Errorf("appended %x\nwant     %x", got, want)
			}
			e, f := parseTerminate(want[2 : 2+int(want[1])])
			if f != nil || e.Layer != v.fault.layer || e.Type != v.fault.kind || e.Code != v.fault.code {
				t.Errorf("parsed %+v, %v", e, f)
			}
		})
	}
}

// TestTerminateOfSiw: where the bits tell, siw's order is undone; where they do
// not, both readings are given.
func TestTerminateOfSiw(t *testing.T) {
	e, f := parseTerminate(unhex(t, "4147 00000000 00000002 00000001 00000000 21040300 0014 4143 00000000 00000000 00000002 00000004"))
	if f != nil || e.Layer != 1 || e.Type != 2 || e.Code != 4 || !strings.Contains(e.Reason, "siw") {
		t.Errorf("%+v, %v", e, f)
	}
	e, f = parseTerminate(unhex(t, "4147 00000000 00000002 00000001 00000000 02020000"))
	if f != nil || e.Layer != 0 || e.Type != 2 || !strings.Contains(e.Error(), "2/0/2 if from siw") {
		t.Errorf("%+v, %v", e, f)
	}
	for _, bad := range []string{
		"4147 00000000 00000002 00000001 00000000",          // nothing behind the header
		"4147 00000000 00000002 00000002 00000000 02020000", // MSN 2
		"4147 00000000 00000000 00000001 00000000 02020000", // queue 0
		"0147 00000000 00000002 00000001 00000000 02020000", // not last
	} {
		if _, f := parseTerminate(unhex(t, bad)); f == nil {
			t.Errorf("%s accepted", bad)
		}
	}
}

// TestMULPDU: RFC 5044 4.5.
func TestMULPDU(t *testing.T) {
	for emss, want := range map[int]int{1448: 1442, 1460: 1454, 1461: 1454, 536: 530, 0: 128, 100: 128, 65483: 65474, 1 << 20: 65535} {
		if got := mulpdu(emss); got != want {
			t.Errorf("EMSS %d: %d, want %d", emss, got, want)
		}
	}
}

// TestBatchFinish: an ended batch lets go of everybody's memory, and never truncates a
// frame.
func TestBatchFinish(t *testing.T) {
	body := bytes.Repeat([]byte("x"), 100)
	s := segment{op: opSend, last: true, msn: 1}
	for sent := range 3*124 + 1 {
		var b batch
		b.reset()
		for range 3 {
			b.frame(&s, nil, nil, body, true) // 124 bytes each
		}
		b.seal()
		b.left = b.size
		whole := bytes.Join(b.parts, nil)
		b.sent(sent)
		b.finish([]byte("last"))
		rest := -sent % 124
		if rest < 0 {
			rest += 124
		}
		want := append(bytes.Clone(whole[sent:sent+rest]), "last"...)
		if got := bytes.Join(b.parts, nil); !bytes.Equal(got, want) || b.left != len(want) {
			t.Fatalf("after %d bytes: %d left, want %d", sent, len(got), len(want))
		}
	}
}

func FuzzMPA(f *testing.F) {
	for _, v := range mpaVectors {
		f.Add(unhex(f, v.bytes), v.frame.reply)
	}
	f.Fuzz(func(t *testing.T, b []byte, reply bool) {
		m, n, err := parseMPA(b, reply)
		if err != nil || n == 0 {
			return
		}
		once := m.append(nil)
		again, n, err := parseMPA(once, reply)
		if err != nil || n != len(once) || !bytes.Equal(again.append(nil), once) {
			t.Errorf("%x does not come back: %v", once, err)
		}
	})
}

func FuzzSegment(f *testing.F) {
	for _, v := range frameVectors {
		f.Add(unhex(f, v.bytes))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		need := frameNeed(b, false)
		if len(b) < need || badLength(b) != nil {
			return
		}
		n := int(b[0])<<8 | int(b[1])
		s, fault := parseSegment(b[2:need], n)
		if fault != nil {
			fault.appendTerminate(nil, append(bytes.Clone(b[2:need]), make([]byte, maxTerminate)...), n)
			return
		}
		once := s.append(nil)
		if s.op == opReadRequest {
			r := parseReadRequest(b[2+untaggedHeader:])
			once = r.append(once)
		}
		if s.op == opTerminate {
			parseTerminate(b[2:need])
			return
		}
		again, fault := parseSegment(once, len(once))
		if fault != nil || again != s {
			t.Errorf("%+v comes back as %+v, %v", s, again, fault)
		}
	})
}
