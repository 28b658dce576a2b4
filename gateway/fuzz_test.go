package gateway

import (
	"encoding/binary"
	"testing"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/smb2test"
)

// FuzzConvert plays any messages of client and backend against a converter of
// each pairing. Nothing panics, and in the end nothing is left.
//
// The input is records: who[1] length[2] bytes[length]; an even who is the
// client.
func FuzzConvert(f *testing.F) {
	record := func(who byte, b []byte) []byte {
		return append(binary.LittleEndian.AppendUint16([]byte{who}, uint16(len(b))), b...)
	}
	for _, p := range hotPairings {
		for _, cmd := range []smb2.Command{smb2.CommandRead, smb2.CommandWrite} {
			s := newStep(p, cmd, 8192)
			f.Add(append(record(0, s.request), record(1, s.reply)...))
			pair := compound(true, s.request, smb2test.NewClient(nil).ReadRequest(0, 5000))
			f.Add(append(record(0, pair), record(1, compound(true, s.reply, s.reply))...))
		}
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, p := range hotPairings {
			s := newStep(p, smb2.CommandRead, 1)
			in, ended := in, false
			for len(in) >= 3 && !ended {
				who, n := in[0], min(int(binary.LittleEndian.Uint16(in[1:])), len(in)-3)
				b := in[3:][:n]
				in = in[3+n:]
				if n > 0 {
					ended = s.play(who%2 == 0, b) != nil
				}
			}
			s.v.pending.close()
			s.v.pending.sweep()
			if a, b := s.v.arena.InUse(), s.peers.InUse(); a != 0 || b != 0 || s.v.pending.ops != 0 || s.v.pending.bytes != 0 || s.v.pending.pushing != 0 {
				t.Fatalf("%s: %d and %d messages, %d operations of %d bytes are left", p.name, a, b, s.v.pending.ops, s.v.pending.bytes)
			}
		}
	})
}

// play lets one side say b.
func (s *step) play(client bool, b []byte) *end {
	m := s.peers.New(len(b))
	copy(m.Bytes(), b)
	if !client {
		return s.v.reply(m)
	}
	if s.v.pending.ops >= maxPending/2 || s.v.pending.bytes >= maxPendingBytes/2 {
		m.Release() // would wait
		return nil
	}
	batch, e := s.v.prepare(m)
	if e != nil {
		return e
	}
	return s.v.deliver(batch)
}
