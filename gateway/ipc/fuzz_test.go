package ipc

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/smbgw/smbgw/smb2"
)

// What is read is read the same way again when it has been written.

func FuzzHeader(f *testing.F) {
	f.Add(golden(f, "samba-bind"))
	f.Add(ask(1))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := parseHeader(b)
		if err != nil {
			return
		}
		h.big = false // what is written is not
		once := h.append(nil)
		again, err := parseHeader(once)
		if err != nil || again != h || !bytes.Equal(again.append(nil), once) {
			t.Fatalf("%+v, then %+v: %v", h, again, err)
		}
	})
}

func FuzzBind(f *testing.F) {
	f.Add(golden(f, "samba-bind"), false)
	f.Add(bindPDU(1, binding()), true)
	f.Fuzz(func(t *testing.T, b []byte, big bool) {
		p, err := parseBind(header{big: big}, b)
		if err != nil {
			return
		}
		once := p.append(header{})
		again, err := parseBind(header{}, once)
		if err != nil || !reflect.DeepEqual(p, again) || !bytes.Equal(again.append(header{}), once) {
			t.Fatalf("%+v, then %+v: %v", p, again, err)
		}
	})
}

func FuzzRequest(f *testing.F) {
	f.Add(golden(f, "samba-shareenum1-request"), false, false)
	f.Add(golden(f, "samba-tod-request"), true, true)
	f.Fuzz(func(t *testing.T, b []byte, big, object bool) {
		h := header{big: big}
		if object {
			h.flags = withObject
		}
		r, err := parseRequest(h, b)
		if err != nil || len(r.stub) > maxFragment {
			return
		}
		h.big = false
		once := r.append(h)
		again, err := parseRequest(h, once)
		if err != nil || again.context != r.context || again.opnum != r.opnum || !bytes.Equal(again.stub, r.stub) || !bytes.Equal(again.append(h), once) {
			t.Fatalf("%+v, then %+v: %v", r, again, err)
		}
	})
}

func FuzzShareEnum(f *testing.F) {
	f.Add(stubOf(golden(f, "samba-shareenum1-request")), false)
	f.Add(stubOf(golden(f, "samba-sticky501-request")), true)
	f.Fuzz(func(t *testing.T, b []byte, big bool) {
		d := decoder{b: b, big: big, ok: true}
		r := d.shareEnum()
		if !d.ok {
			return
		}
		once := r.append()
		d = decoder{b: once, ok: true}
		again := d.shareEnum()
		if !d.ok || !reflect.DeepEqual(r, again) || !bytes.Equal(again.append(), once) {
			t.Fatalf("%+v, then %+v", r, again)
		}
	})
}

// Any arguments of any operation give results or a fault.
func FuzzCall(f *testing.F) {
	for opnum, name := range map[uint16]string{
		opShareEnum: "shareenum1", opEnumSticky: "sticky0", opShareGetInfo: "shareinfo1",
		opServerGetInfo: "server102", opRemoteTOD: "tod",
	} {
		f.Add(opnum, stubOf(golden(f, "samba-"+name+"-request")), false)
	}
	s := table(Share{Name: "share"}, Share{Name: "other", Comment: "remark"})
	f.Fuzz(func(t *testing.T, opnum uint16, b []byte, big bool) {
		stub, code := s.call(opnum, decoder{b: b, big: big, ok: true})
		if (code == noFault) == (stub == nil) || len(stub) > 4096 {
			t.Fatalf("fault %#x and %d bytes", code, len(stub))
		}
	})
}

// Anything written into a pipe, in two parts: what comes out is PDUs, and nothing
// is left of it.
func FuzzPipe(f *testing.F) {
	f.Add(golden(f, "samba-bind"), golden(f, "samba-shareenum1-request"))
	f.Add(bindPDU(1, binding())[:7], append(bindPDU(1, binding())[7:], ask(2)...))
	f.Add(bindPDU(1, binding()), callPDU(2, 99, nil))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		w := newWorld(t, Share{Name: "share"})
		c := w.connect()
		p := c.open()
		for _, data := range [][]byte{a, b} {
			c.send(writing(p, data))
		}
		if n := w.service.Held(); n > 4*maxUnread {
			t.Fatalf("the pipe holds %d bytes", n)
		}
		for {
			s := c.send(reading(p, 1<<20))[0]
			if len(s.pending) > 0 {
				break
			}
			status, m := c.wait(s)
			if status == smb2.StatusPipeDisconnected {
				break
			}
			data := c.readData(m)
			if h, err := parseHeader(data); status != ok || err != nil || int(h.length) != len(data) || len(data) > maxFragment {
				t.Fatalf("%v, % x: %v", status, data, err)
			}
		}
		c.server.Close()
	})
}
