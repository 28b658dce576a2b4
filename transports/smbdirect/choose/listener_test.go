package choose_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"syscall"
	"testing"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect"
	"github.com/smbgw/smbgw/transports/smbdirect/choose"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
	"github.com/smbgw/smbgw/transports/transporttest"
)

// kept is a provider whose last listener a test gets at.
type kept struct {
	rdma.Provider
	last rdma.Listener
}

func (k *kept) Listen(ctx context.Context, address string, c rdma.Config) (rdma.Listener, error) {
	l, err := k.Provider.Listen(ctx, address, c)
	k.last = l
	return l, err
}

func (m *machine) provider(software rdma.Provider, f choose.Force) *choose.Provider {
	return &choose.Provider{
		Software: software,
		Verbs:    func() (choose.Verbs, error) { return &m.cards, nil },
		Force:    f,
		Log:      slog.New(slog.NewTextHandler(m, nil)),
	}
}

// Where one of several listeners accepts no more the others do. With the last of
// them all is over.
func TestOneEnds(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	m := newMachine(roce)
	software := &kept{Provider: &m.software}
	l := announce(t, smbdirect.Over(m.provider(software, choose.Any), smbdirect.Options{}), at("*", "5446"))
	came := greet(l)
	if err := software.last.Close(); err != nil {
		t.Fatal(err)
	}
	dial(t, m.network(choose.OnlyVerbs), at("nas", "5446"))
	want := transports.Carrier{Provider: "verbs", Device: "rxe0", Kind: "RoCE"}
	if got := <-came; got != want {
		t.Errorf("accepted over %+v, want %+v", got, want)
	}
	if _, err := m.network(choose.OnlyIWARP).Dial(t.Context(), at("nas", "5446")); err == nil {
		t.Error("software answers where it does not listen")
	}
	l.Close()
	if got, more := <-came; more {
		t.Errorf("accepted over %+v after close", got)
	}
}

// A Listen that fails leaves nobody listening, and the reasons of all are told.
func TestListenFails(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	m := newMachine(roce)
	p := m.provider(&m.software, choose.Any)
	listen := func(p rdma.Provider, address string) rdma.Listener {
		t.Helper()
		l, err := p.Listen(t.Context(), address, rdma.Config{})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}

	taken := listen(&m.software, ":5446")
	if _, err := p.Listen(t.Context(), ":5446", rdma.Config{}); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("software's port is taken: %v", err)
	}
	listen(&m.cards, ":5446").Close() // or it would be taken too
	taken.Close()
	listen(p, ":5446").Close()

	m.cards.have(&choose.Device{Name: "siw0", Kind: rdma.IWARP, Software: true})
	a, b := listen(&m.software, "10.0.0.1:5445"), listen(&m.cards, "10.0.0.1:5445")
	_, err := p.Listen(t.Context(), "10.0.0.1:5445", rdma.Config{})
	if err == nil || strings.Count(err.Error(), syscall.EADDRINUSE.Error()) != 2 {
		t.Errorf("neither can listen: %v", err)
	}
	a.Close()
	b.Close()
	listen(p, "10.0.0.1:5445").Close()
}

// A name is listened at where its address is, and 0.0.0.0 is no address of a device.
func TestHosts(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	for host, reason := range map[string]string{
		"localhost": `reason="the address is its own"`,
		"127.0.0.1": `reason="the address is its own"`,
		"0.0.0.0":   `reason="it needs no device"`,
	} {
		m := newMachine(roce)
		l, err := m.provider(&m.software, choose.Any).Listen(t.Context(), host+":5446", rdma.Config{})
		if err != nil {
			t.Errorf("%s: %v", host, err)
			continue
		}
		l.Close()
		if !strings.Contains(m.text(), reason) {
			t.Errorf("%s: no %s in the log:\n%s", host, reason, m.text())
		}
	}
}

// Addresses without a port are errors, and who has given up is not answered.
func TestNotAsked(t *testing.T) {
	t.Parallel()
	m := newMachine(roce)
	p := m.provider(&m.software, choose.Any)
	for _, address := range []string{"nas", "nas:", "nas:smb", "nas:65536", "nas:-1"} {
		if _, err := p.Dial(address, rdma.Config{}); err == nil {
			t.Errorf("dialled %q", address)
		}
		if l, err := p.Listen(t.Context(), address, rdma.Config{}); err == nil {
			l.Close()
			t.Errorf("listens at %q", address)
		}
	}
	why := errors.New("gone home")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := p.Choose(ctx, "nas:445"); !errors.Is(err, why) {
		t.Errorf("choosing for nobody: %v", err)
	}
	if m.text() != "" {
		t.Errorf("in the log is what was not done:\n%s", m.text())
	}
}

// Dial, which cannot try twice, takes the first of Choose.
func TestDialFirst(t *testing.T) {
	t.Parallel()
	m := newMachine(roce)
	for _, want := range []string{"verbs", "iwarp"} {
		q, err := m.provider(&m.software, choose.Any).Dial("nas:5446", rdma.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if l, ok := q.(rdma.Linked); !ok || l.Link().Provider != want {
			t.Errorf("dialled by %T, want %s's", q, want)
		}
		q.Close()
		m.cards.have(nil)
	}
	if _, err := m.provider(&m.software, choose.OnlyVerbs).Dial("nas:5446", rdma.Config{}); !errors.Is(err, errGone) {
		t.Errorf("dialled without a device: %v", err)
	}
}
