package back_test

import (
	"testing"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/smb2test"
	"github.com/smbgw/smbgw/transports/mem"
)

// creation is a CREATE with a context.
func creation(tag string, data []byte) func([]byte) []byte {
	return func(b []byte) []byte {
		list := []smb2.CreateContext{{Tag: []byte(tag), Data: data}}
		return new(smb2.CreateRequest).Append(b, nil, list)
	}
}

// A client whose durable opens were on the connection is told that they wait
// for it, before any of its requests is answered; nobody else is.
func TestLost(t *testing.T) {
	t.Parallel()
	f := smb2.NewFileID(1, 2)
	grants := func(tag string) func(*smb2test.Request) smb2test.Action {
		return func(q *smb2test.Request) smb2test.Action {
			if q.Command() != smb2.CommandCreate {
				return smb2test.Action{Silent: q.Command() == smb2.CommandFlush}
			}
			return smb2test.Action{Edit: func(b []byte) []byte {
				list := []smb2.CreateContext{{Tag: []byte(tag), Data: make([]byte, 8)}}
				return (&smb2.CreateResponse{FileID: f}).Append(b[:smb2.HeaderSize], list)
			}}
		}
	}
	resilient := func(q *smb2test.Request) smb2test.Action {
		if q.Command() != smb2.CommandIoctl {
			return smb2test.Action{Silent: q.Command() == smb2.CommandFlush}
		}
		return smb2test.Action{Edit: func(b []byte) []byte {
			smb2.Header(b).SetStatus(0)
			return (&smb2.IoctlResponse{Code: smb2.FsctlLMRRequestResiliency, FileID: f}).Append(b[:smb2.HeaderSize], nil)
		}}
	}
	ioctl := func(b []byte) []byte {
		q := smb2.IoctlRequest{Code: smb2.FsctlLMRRequestResiliency, FileID: f, Flags: smb2.IoctlIsFSCTL}
		return q.Append(b, make([]byte, 8))
	}
	closes := (&smb2.CloseRequest{FileID: f}).AppendBody
	for name, x := range map[string]struct {
		script func(*smb2test.Request) smb2test.Action
		ask    smb2.Command
		body   func([]byte) []byte
		end    func(*rig)
		lost   bool
	}{
		"durable":              {grants(smb2.TagDurable), smb2.CommandCreate, create, nil, true},
		"durable, version 2":   {grants(smb2.TagDurableV2), smb2.CommandCreate, create, nil, true},
		"come back":            {grants(smb2.TagDiskID), smb2.CommandCreate, creation(smb2.TagDurableReconn, make([]byte, 16)), nil, true},
		"come back, version 2": {grants(smb2.TagDiskID), smb2.CommandCreate, creation(smb2.TagDurableReconnV2, make([]byte, 36)), nil, true},
		"resilient":            {resilient, smb2.CommandIoctl, ioctl, nil, true},
		"not granted":          {grants(smb2.TagDiskID), smb2.CommandCreate, creation(smb2.TagDurable, make([]byte, 16)), nil, false},
		"closed":               {grants(smb2.TagDurable), smb2.CommandCreate, create, func(r *rig) { r.do(smb2.CommandClose, closes) }, false},
		"our own doing":        {grants(smb2.TagDurable), smb2.CommandCreate, create, func(r *rig) { r.space.Abandon(r.client) }, false},
	} {
		r := newRig(t, gmac)
		r.server.Script = x.script
		r.mustConnect()
		if got := r.do(x.ask, x.body); got.status() != 0 {
			t.Errorf("%s: %v", name, got.status())
		}
		r.serve(smb2.CommandFlush, new(smb2.FlushRequest).AppendBody)
		if x.end != nil {
			x.end(r)
		}
		r.link.(*mem.Conn).Break()
		r.front.next(t)
		if lost := len(r.front.lost) == 1; lost != x.lost {
			t.Errorf("%s: lost %v", name, lost)
		}
		r.end(nil)
	}
}

// A share is continuously available to clients only where its server has
// persistent handles: that the front leg has them says nothing of this server.
func TestContinuouslyAvailable(t *testing.T) {
	t.Parallel()
	const ca = smb2.ShareCapContinuousAvailability
	for server, want := range map[smb2.Capabilities]smb2.ShareCapabilities{0: 0, smb2.CapabilityPersistentHandles: ca} {
		r := newRig(t, gmac)
		r.server.Capabilities, r.server.ShareCaps = server, ca
		if r.mustConnect(); r.share.Capabilities != want {
			t.Errorf("server with %v: share with %v, want %v", server, r.share.Capabilities, want)
		}
		r.end(nil)
	}
}
