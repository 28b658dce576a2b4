package gateway

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/mem"
)

// A compound of the longest size passes although one of its elements gets a
// new form: nothing is counted behind the last element.
func TestRefusedInLongestMessage(t *testing.T) {
	throughRig(t, wiring{backMax: mib}, func(r *rig) {
		read := r.client.ReadRequest(0, 1)[:112]
		read[100] = 1 // Channel V1
		b := make([]byte, transports.MaxMessage)
		copy(b, read)
		smb2.Header(b).SetNextCommand(112)
		copy(b[112:], r.echoRequest())
		smb2.Header(b[112:]).SetNextCommand(0)
		r.client.Send(b)
		if m, err := r.client.Conn.Receive(); err == nil {
			m.Release()
		}
	})
}

// Nothing is placed whose descriptor would be longer than its payload, whatever
// the threshold: a compound of the longest size has no room for that.
func TestTinyThreshold(t *testing.T) {
	throughRig(t, wiring{backMax: mib, threshold: 1}, func(r *rig) {
		r.negotiate()
		var list [][]byte
		for range 63 {
			list = append(list, r.client.WriteRequest(0, []byte{1}))
		}
		list = append(list, r.echoRequest())
		b := compound(false, list...)
		b = append(b, make([]byte, transports.MaxMessage-7-len(b))...)
		r.client.Send(b)
		if m, err := r.client.Conn.Receive(); err == nil {
			m.Release()
		}
	})
}

// LOGOFF takes a session's pipe trees with it: many short sessions on one
// connection leave placement on.
func TestPipesAfterLogoff(t *testing.T) {
	throughRig(t, wiring{backMax: mib, file: mib}, func(r *rig) {
		r.negotiate()
		for i := range maxPipeTrees + 1 {
			h := smb2.NewHeader(smb2.CommandTreeConnect, 5000+smb2.MessageID(i))
			h.SetFlags(smb2.FlagReply)
			h.SetSessionID(uint64(100 + i))
			h.SetTreeID(1)
			tr := smb2.TreeConnectResponse{ShareType: smb2.SharePipe}
			say(r, tr.AppendBody(h))
			h = smb2.NewHeader(smb2.CommandLogoff, 9000+smb2.MessageID(i))
			h.SetFlags(smb2.FlagReply)
			h.SetSessionID(uint64(100 + i))
			say(r, append(h, 4, 0, 0, 0))
		}
		if got, _, err := r.client.Read(0, 8192); err != nil || len(got) != 8192 {
			t.Fatal(err)
		}
		r.client.Conn.Close()
		<-r.done
		if r.count("placed_reads") != 1 {
			t.Errorf("placed_reads %d inline_pipe %d", r.count("placed_reads"), r.count("inline_pipe"))
		}
	})
}

func say(r *rig, b []byte) {
	m := r.server.Arena.New(len(b))
	copy(m.Bytes(), b)
	r.backEnd.Send(m)
	got, err := r.client.Conn.Receive()
	if err == nil {
		got.Release()
	}
}

// A WRITE that turns out too long for the leg only when it is sent counts as
// refused.
func TestRefusedUnsentCount(t *testing.T) {
	throughRig(t, wiring{frontMax: mib, backMax: 0, backLimit: 64 * kib, file: mib}, func(r *rig) {
		r.negotiate()
		buf, _ := r.client.Expose(make([]byte, 256*kib), nil, transports.Readable)
		r.client.Send(r.client.WritePlacedRequest(0, 256*kib, smb2.ChannelV1, buf.Descriptors()))
		rep, err := r.client.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if rep.Header.Status() != smb2.StatusInvalidParameter {
			t.Errorf("status %v", rep.Header.Status())
		}
		r.client.Conn.Close()
		<-r.done
		if r.count("refused") != 1 || r.count("placed_writes") != 0 {
			t.Errorf("refused %d placed_writes %d", r.count("refused"), r.count("placed_writes"))
		}
	})
}

type failing struct{ *mem.Network }

func (failing) Dial(context.Context, transports.Addr) (transports.Conn, error) {
	return nil, errors.New("RDMA is down")
}

// An address that failed is in the log although a later one has answered.
func TestFallbackIsSaid(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		front, back := new(mem.Network), new(mem.Network)
		defer serveEcho(t, back, "nas")()
		log := new(logBook)
		stop := running(&Gateway{Log: slog.New(log), Listeners: []Listener{{
			Name: "office", Endpoint: Endpoint{at("gw"), front},
			Relay: &Backend{Name: "nas1", Endpoints: []Endpoint{{at("dead"), failing{}}, {at("nas"), back}}},
		}}})
		c, err := front.Dial(t.Context(), at("gw"))
		if err != nil {
			t.Fatal(err)
		}
		ask(t, c, "hello")
		c.Close()
		stop()
		e := log.find("backend address is down")
		if e["address"].String() != "mem!dead!445" || e["reason"].String() != "RDMA is down" {
			t.Errorf("logged: %v", e)
		}
	})
}
