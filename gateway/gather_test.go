package gateway

import (
	"io"
	"slices"
	"testing"

	"github.com/smbgw/smbgw/transports"
)

// A burst is a leg on which some messages arrive together, and which notes
// what was sent together.
type burst struct {
	transports.Conn // nil: nothing else is called
	arrives         [][]byte
	arena           *transports.Arena
	together        []int
	sent            []string
}

func (b *burst) Receive() (*transports.Message, error) {
	if len(b.arrives) == 0 {
		return nil, io.EOF
	}
	m := b.arena.New(len(b.arrives[0]))
	copy(m.Bytes(), b.arrives[0])
	b.arrives = b.arrives[1:]
	return m, nil
}

// Buffered: an empty message stands for a pause.
func (b *burst) Buffered() bool {
	if len(b.arrives) > 0 && len(b.arrives[0]) == 0 {
		b.arrives = b.arrives[1:]
		return false
	}
	return len(b.arrives) > 0
}

func (b *burst) Send(m *transports.Message) error {
	return b.SendAll([]*transports.Message{m})
}

func (b *burst) SendAll(list []*transports.Message) error {
	b.together = append(b.together, len(list))
	for _, m := range list {
		b.sent = append(b.sent, string(m.Bytes()))
		m.Release()
	}
	return nil
}

// What comes together leaves together, in order, and is counted.
func TestPumpGathers(t *testing.T) {
	t.Parallel()
	arena := new(transports.Arena)
	from := &burst{arena: arena}
	var want []string
	for _, text := range []string{"a", "bb", "", "ccc", "", "d", "e", "f"} {
		from.arrives = append(from.arrives, []byte(text))
		if text != "" {
			want = append(want, text)
		}
	}
	to := new(burst)
	var passed flow
	if e := pump(t.Context(), from, to, client, &passed, new(gate)); e.err != io.EOF || e.side != client {
		t.Errorf("end: %v", e)
	}
	if !slices.Equal(to.sent, want) || !slices.Equal(to.together, []int{2, 1, 3}) {
		t.Errorf("sent %q, together %v", to.sent, to.together)
	}
	if passed.bytes != 9 || arena.InUse() != 0 {
		t.Errorf("%d bytes counted, %d messages in use", passed.bytes, arena.InUse())
	}
}
