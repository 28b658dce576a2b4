package back

import (
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A call is a request that has no final reply yet. It is owned by who sends it
// until it is inserted, then under Conn.mu, and by who takes it out of the
// table after that. Records are reused.
type call struct {
	id      smb2.MessageID
	next    *call // in its bucket; idle: the next idle one
	sibling *call // the next one of the same message, while it is being sent

	command smb2.Command
	charge  uint16
	cost    uint16 // message ids that its session has under way by it
	asked   uint16 // credits that nothing has answered yet
	session *Session
	signed  bool
	sealed  bool

	// Who waits: a client's request, or ask.
	tree    *Tree
	request *tree.Request
	before  *call // of the same tree
	after   *call
	done    chan answer

	sent       bool
	entered    bool   // in the table
	orphan     bool   // its client has been answered
	waiting    bool   // counted among what waits
	unwanted   bool   // too many of its session wait
	async      uint64 // of the interim reply
	pended     bool
	cancelling bool // to be cancelled when it has been sent
	cancelled  bool // CANCEL is sent once, [MS-SMB2] 3.2.4.24

	length  uint32 // bytes of a READ or WRITE
	moved   uint32 // of them, by its reply
	split   *split // that it is a part of
	part    int    // which one
	at      uint32 // where in the split's payload it begins
	file    smb2.FileID
	durable bool           // a CREATE that asks for an open of before
	head    smb2.MessageID // of the first element of the message
	chained int            // elements of the message
	placement
}

// An answer is the final reply to a request of our own.
type answer struct {
	m      *transports.Message
	proven bool // signed or sealed
}

func (a answer) header() smb2.Header { return smb2.Header(a.m.Bytes()) }

// calls are all that have been sent, found by message id, and idle records.
type calls struct {
	table [buckets]*call
	idle  *call
	n     int
}

func (t *calls) bucket(id smb2.MessageID) **call { return &t.table[uint64(id)%buckets] }

// take returns an empty record.
func (t *calls) take() *call {
	k := t.idle
	if k == nil {
		return new(call)
	}
	t.idle = k.next
	k.next = nil
	return k
}

// free takes a record back that nothing refers to any more.
func (t *calls) free(k *call) {
	*k = call{next: t.idle}
	t.idle = k
}

func (t *calls) insert(k *call) {
	b := t.bucket(k.id)
	k.next, *b = *b, k
	k.entered = true
	t.n++
}

func (t *calls) find(id smb2.MessageID) *call {
	for k := *t.bucket(id); k != nil; k = k.next {
		if k.id == id {
			return k
		}
	}
	return nil
}

// remove takes a call out that is there.
func (t *calls) remove(k *call) {
	p := t.bucket(k.id)
	for *p != k {
		p = &(*p).next
	}
	*p, k.next = k.next, nil
	k.entered = false
	t.n--
}

// has says that a session has calls there.
func (t *calls) has(s *Session) bool {
	for _, k := range t.table {
		for ; k != nil; k = k.next {
			if k.session == s {
				return true
			}
		}
	}
	return false
}

// removeAll takes everything out, as a list.
func (t *calls) removeAll() (list *call) {
	for i := range t.table {
		for k := t.table[i]; k != nil; {
			next := k.next
			k.next, list = list, k
			k.entered = false
			k = next
		}
		t.table[i] = nil
	}
	t.n = 0
	return list
}
