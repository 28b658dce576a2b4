package choose_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect"
	"github.com/smbgw/smbgw/transports/smbdirect/choose"
	"github.com/smbgw/smbgw/transports/smbdirect/loop"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
	"github.com/smbgw/smbgw/transports/transporttest"
)

// cards is a machine's RDMA devices: one wire, and a device that may come and go.
type cards struct {
	*loop.Fabric

	mu     sync.Mutex
	device *choose.Device
}

var errGone = errors.New("no RDMA device has a route")

func (c *cards) have(d *choose.Device) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.device = d
}

func (c *cards) get() (choose.Device, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.device == nil {
		return choose.Device{}, errGone
	}
	return *c.device, nil
}

func (c *cards) Route(context.Context, string) (choose.Device, error) { return c.get() }
func (c *cards) Local(string) (choose.Device, error)                  { return c.get() }
func (c *cards) Devices() ([]choose.Device, error) {
	d, err := c.get()
	if err != nil {
		return nil, err
	}
	return []choose.Device{d}, nil
}

// A machine has both providers, each with a wire of its own.
type machine struct {
	software loop.Fabric
	cards    cards
	log      bytes.Buffer
	logged   sync.Mutex
}

func (m *machine) Write(b []byte) (int, error) {
	m.logged.Lock()
	defer m.logged.Unlock()
	return m.log.Write(b)
}

func (m *machine) text() string {
	m.logged.Lock()
	defer m.logged.Unlock()
	return m.log.String()
}

func newMachine(d *choose.Device) *machine {
	m := new(machine)
	m.software.Over = rdma.Link{Provider: "iwarp", Kind: rdma.IWARP}
	m.cards.Fabric = new(loop.Fabric)
	if d != nil {
		m.cards.Over = rdma.Link{Provider: "verbs", Device: d.Name, Kind: d.Kind}
	}
	m.cards.device = d
	return m
}

func (m *machine) network(f choose.Force) *smbdirect.Network {
	log := slog.New(slog.NewTextHandler(m, nil))
	return smbdirect.Over(&choose.Provider{
		Software: &m.software,
		Verbs:    func() (choose.Verbs, error) { return &m.cards, nil },
		Force:    f,
		Log:      log,
	}, smbdirect.Options{})
}

func at(host, service string) transports.Addr {
	return transports.Addr{Network: "smbdirect", Host: host, Service: service}
}

// greet accepts connections until the listener is closed, and says over what
// each came.
func greet(l transports.Listener) <-chan transports.Carrier {
	came := make(chan transports.Carrier, 8)
	go func() {
		defer close(came)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			came <- transports.CarrierOf(c)
			defer c.Close() // not before the peer has its answer
		}
	}()
	return came
}

func announce(t *testing.T, n transports.Network, a transports.Addr) transports.Listener {
	t.Helper()
	l, err := n.Announce(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// dial connects until the test is over: who leaves at once may not be accepted.
func dial(t *testing.T, n transports.Network, a transports.Addr) transports.Carrier {
	t.Helper()
	c, err := n.Dial(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return transports.CarrierOf(c)
}

var roce = &choose.Device{Name: "rxe0", Kind: rdma.RoCE, Hosts: []string{"10.0.0.1"}}

// A device is used while it is there, and iWARP before and after.
func TestDialAnew(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	m := newMachine(roce)
	came := greet(announce(t, m.network(choose.Any), at("*", "5446")))
	n := m.network(choose.Any)
	const with, without = "it has a route to nas", "no RDMA device has a route"
	for _, want := range []transports.Carrier{
		{Provider: "verbs", Device: "rxe0", Kind: "RoCE", Reason: with},
		{Provider: "iwarp", Kind: "iWARP", Reason: without},
		{Provider: "iwarp", Kind: "iWARP", Reason: without},
		{Provider: "verbs", Device: "rxe0", Kind: "RoCE", Reason: with},
	} {
		m.cards.have(nil)
		if want.Device != "" {
			m.cards.have(roce)
		}
		if got := dial(t, n, at("nas", "5446")); got != want {
			t.Errorf("dialled over %+v, want %+v", got, want)
		}
		want.Reason = ""
		if got := <-came; got != want {
			t.Errorf("accepted over %+v, want %+v", got, want)
		}
	}
	// Two lines of the listener, and one for each change of the choice.
	if got := strings.Count(m.text(), `msg="RDMA provider"`); got != 2+3 {
		t.Errorf("%d lines in the log:\n%s", got, m.text())
	}
	for _, line := range []string{
		`msg="RDMA provider" address=:5446 provider=verbs kind=RoCE device=rxe0`,
		`msg="RDMA provider" address=nas:5446 provider=iwarp kind=iWARP reason="no RDMA device has a route"`,
	} {
		if !strings.Contains(m.text(), line) {
			t.Errorf("no %q in the log:\n%s", line, m.text())
		}
	}
}

// A port of neither kind may be TCP's at the peer: then a refusal over RoCE is
// not the last word. At a port of RoCE it is, and nobody else is tried.
func TestRefused(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	m := newMachine(roce)
	for _, port := range []string{"5446", "445"} {
		announce(t, m.network(choose.OnlyIWARP), at("*", port))
	}
	n := m.network(choose.Any)
	want := transports.Carrier{Provider: "iwarp", Kind: "iWARP", Reason: "refused over verbs on rxe0 (RoCE)"}
	if got := dial(t, n, at("nas", "5446")); got != want {
		t.Errorf("dialled over %+v, want %+v", got, want)
	}
	_, err := n.Dial(t.Context(), at("nas", "445"))
	if err == nil || !strings.Contains(err.Error(), "dial smbdirect!nas!445: verbs on rxe0 (RoCE) (it has a route to nas): ") {
		t.Errorf("dialled RoCE's port: %v", err)
	}
	if _, err := m.network(choose.OnlyVerbs).Dial(t.Context(), at("nas", "5446")); err == nil {
		t.Error("verbs by name has led to iWARP")
	}
}

// 5445 is never RoCE's, and a RoCE device with a route is no reason.
func TestPortOfIWARP(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	m := newMachine(roce)
	came := greet(announce(t, m.network(choose.Any), at("*", "smbdirect")))
	if got := dial(t, m.network(choose.Any), at("nas", "smbdirect")); got.Provider != "iwarp" || !strings.Contains(got.Reason, "rxe0 speaks RoCE") {
		t.Errorf("dialled over %+v", got)
	}
	if got := <-came; got.Provider != "iwarp" {
		t.Errorf("accepted over %+v", got)
	}
	_, err := m.network(choose.OnlyVerbs).Dial(t.Context(), at("nas", "5445"))
	if kind, ok := errors.AsType[*rdma.KindError](err); !ok || kind.Port != 5445 {
		t.Errorf("verbs at the port of iWARP: %v", err)
	}
}

// What cannot listen says so, or is left out where somebody else listens.
func TestAnnounce(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	m := newMachine(nil)
	for _, c := range []struct {
		f       choose.Force
		service string
		fails   bool
	}{
		{choose.Any, "445", true},
		{choose.OnlyVerbs, "445", true},
		{choose.OnlyVerbs, "5445", true},
		{choose.Any, "5445", false},
		{choose.Any, "0", false},
		{choose.OnlyIWARP, "445", false},
	} {
		l, err := m.network(c.f).Announce(t.Context(), at("*", c.service))
		if (err != nil) != c.fails || err != nil && !errors.Is(err, errGone) {
			t.Errorf("force %d, port %s: %v", c.f, c.service, err)
		}
		if err == nil {
			l.Close()
			if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
				t.Errorf("accept after close: %v", err)
			}
		}
	}
	// The devices' wire has the port already.
	m.cards.have(roce)
	taken := announce(t, m.network(choose.OnlyVerbs), at("*", "5447"))
	announce(t, m.network(choose.Any), at("*", "5447"))
	if !strings.Contains(m.text(), "RDMA devices do not listen") {
		t.Errorf("a listener without devices says nothing:\n%s", m.text())
	}
	taken.Close()
	m.cards.have(&choose.Device{Name: "siw0", Kind: rdma.IWARP, Software: true})
	announce(t, m.network(choose.OnlyVerbs), at("10.0.0.1", "5448"))
	announce(t, m.network(choose.Any), at("10.0.0.1", "5448"))
	if !strings.Contains(m.text(), "address=10.0.0.1:5448 provider=iwarp kind=iWARP reason=") {
		t.Errorf("software instead of a device says nothing:\n%s", m.text())
	}
}

// Nothing is asked of verbs where an address says iwarp.
func TestUnasked(t *testing.T) {
	t.Parallel()
	var f loop.Fabric
	n := smbdirect.Over(&choose.Provider{
		Software: &f, Force: choose.OnlyIWARP, Log: slog.New(slog.DiscardHandler),
		Verbs: func() (choose.Verbs, error) { panic("asked") },
	}, smbdirect.Options{})
	announce(t, n, at("*", "5445"))
	if got := dial(t, n, at("nas", "5445")); got.Provider != "iwarp" {
		t.Errorf("dialled over %+v", got)
	}
}
