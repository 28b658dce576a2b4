package back_test

import (
	"bytes"
	"testing"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/smb2test"
)

// expires makes the session good for the commands in list only when it has been
// logged in again so many times. It returns the log-ins.
func (r *rig) expires(times int, list ...smb2.Command) *int {
	setups := new(int)
	r.server.Script = func(q *smb2test.Request) smb2test.Action {
		if q.Command() == smb2.CommandSessionSetup {
			*setups++
		}
		for _, c := range list {
			if q.Command() == c && *setups/2 <= times {
				return smb2test.Action{Status: smb2.StatusNetworkSessionExpired}
			}
		}
		return smb2test.Action{}
	}
	return setups
}

// What a server refuses because the session's time is over is sent again when
// it is good again, and the client sees nothing of it.
func TestExpired(t *testing.T) {
	t.Parallel()
	data := pattern(3*unit + 1)
	for name, set := range map[string]func(*rig){
		"plain":  func(*rig) {},
		"signed": func(r *rig) { r.space.Options.Sign = true },
		"sealed": func(r *rig) { r.space.Options.Encrypt = true },
		"placed": func(r *rig) { placing(r) },
		"split":  func(r *rig) { r.server.MaxSize = unit },
	} {
		for _, command := range []smb2.Command{smb2.CommandFlush, smb2.CommandWrite, smb2.CommandRead, smb2.CommandCreate, smb2.CommandTreeConnect} {
			r := newRig(t, gmac)
			set(r)
			r.server.File = bytes.Clone(data)
			setups := r.expires(1, command)
			r.mustConnect()
			for range 3 {
				r.serve(smb2.CommandFlush, new(smb2.FlushRequest).AppendBody)
				r.serve(smb2.CommandWrite, write(data))
			}
			for range 6 {
				if got := r.front.next(t); got.status() != 0 || got.pending != 0 {
					t.Errorf("%s, %v expired: %v", name, command, got.status())
				}
			}
			if got := r.do(smb2.CommandRead, read(uint32(len(data)))); got.status() != 0 || !bytes.Equal(got.data(t), data) {
				t.Errorf("%s, %v expired: read: %v", name, command, got.status())
			}
			chain := []*tree.Request{
				r.front.request(smb2.CommandCreate, create),
				r.front.request(smb2.CommandCreate, create),
			}
			r.share.Server.Serve(chain)
			for range chain {
				if got := r.front.next(t); got.status() != 0 {
					t.Errorf("%s, %v expired: in a chain: %v", name, command, got.status())
				}
			}
			r.end(nil)
			if *setups != 4 {
				t.Errorf("%s, %v expired: %d SESSION_SETUPs", name, command, *setups)
			}
		}
	}
}

// A session that cannot be made good again is the client's to know, and the
// server is not asked for ever.
func TestExpiredForGood(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		set    func(*rig)
		setups int
	}{
		"the server never has enough": {func(*rig) {}, 4},
		"the log-in fails": {func(r *rig) {
			first := true
			r.login = func() auth.Initiator {
				if first {
					first = false
					return proof()
				}
				return &talker{last: "wrong"}
			}
		}, 4},
	} {
		r := newRig(t, gmac)
		r.space.Options.Sign = true
		x.set(r)
		setups := r.expires(100, smb2.CommandFlush)
		r.mustConnect()
		for range 3 {
			if got := r.do(smb2.CommandFlush, new(smb2.FlushRequest).AppendBody); got.status() != smb2.StatusNetworkSessionExpired {
				t.Errorf("%s: %v", name, got.status())
			}
		}
		if got := r.do(smb2.CommandLock, lock); got.status() != 0 {
			t.Errorf("%s: lock: %v", name, got.status())
		}
		r.end(nil)
		if *setups != x.setups {
			t.Errorf("%s: %d SESSION_SETUPs", name, *setups)
		}
	}
}

// Close waits for what waits for a log-in, also when that never ends.
func TestExpiredClosed(t *testing.T) {
	t.Parallel()
	r := newRig(t, gmac)
	again := make(chan bool, 1)
	setups := 0
	r.server.Script = func(q *smb2test.Request) smb2test.Action {
		switch q.Command() {
		case smb2.CommandFlush:
			return smb2test.Action{Status: smb2.StatusNetworkSessionExpired}
		case smb2.CommandSessionSetup:
			if setups++; setups > 2 {
				again <- true
				return smb2test.Action{Silent: true}
			}
		}
		return smb2test.Action{}
	}
	r.mustConnect()
	r.serve(smb2.CommandFlush, new(smb2.FlushRequest).AppendBody)
	<-again
	r.space.Conn().Close()
	if got := r.front.next(t); !got.status().IsError() {
		t.Errorf("flush: %v", got.status())
	}
	r.end(nil)
}
