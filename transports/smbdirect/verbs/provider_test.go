//go:build linux && (amd64 || arm64) && !noverbs

package verbs

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
	"github.com/smbgw/smbgw/transports/smbdirect/rdmatest"
)

// needDevice skips where no device was named: a machine has none by itself.
func needDevice(t testing.TB) (ip string) {
	if os.Getenv("SMBGW_VERBS") == "" {
		t.Skip("SMBGW_VERBS is not set")
	}
	return os.Getenv("SMBGW_VERBS_ADDR")
}

// TestProvider is the suite of all providers. What each device makes of it is
// told where it is known to differ.
func TestProvider(t *testing.T) {
	p := new(Provider)
	address := net.JoinHostPort(needDevice(t), "0")
	f := rdmatest.Fabric{Provider: p, Listen: address, Regions: p.Regions}
	// The library opens a device when it is first used, and keeps it open.
	l, err := p.Listen(t.Context(), address, rdma.Config{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := p.Route(t.Context(), l.Addr().String())
	if err := errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	switch d.Kind {
	case IWARP:
		// siw says neither side why a stream is terminated.
		f.Mute = func(string, bool) bool { return true }
		f.Except = map[string]string{
			"Invalidate":           "siw has no windows: its regions are not for the peer to invalidate",
			"InvalidateForeign":    "siw has no windows: its regions are not for the peer to invalidate",
			"Access/wrong_right/2": "siw refuses such a read by never answering it",
		}
	default:
		// A peer that has no receive for a message only asks for a pause.
		f.Mute = func(test string, remote bool) bool { return test == "NoReceive" && remote }
		f.Except = map[string]string{
			"InvalidateForeign": "rxe lets a peer invalidate whatever window it can name",
		}
	}
	rdmatest.Run(t, f)
	if n := p.Connections(); n != 0 {
		t.Errorf("%d connections left", n)
	}
	if n := p.stuck.Load(); n != 0 {
		t.Errorf("%d objects that the library has not taken back", n)
	}
}

// TestRouteToNobody: a neighbour that does not answer is asked for some seconds
// and not for ever, and the ID that asks can ask again.
func TestRouteToNobody(t *testing.T) {
	ip := netip.MustParseAddr(needDevice(t))
	nobody := ip
	for range 200 {
		nobody = nobody.Next()
	}
	began := time.Now()
	_, err := new(Provider).Route(t.Context(), netip.AddrPortFrom(nobody, 445).String())
	if took := time.Since(began); !errors.Is(err, ErrNoRoute) || took < resolveTimeouts[0] {
		t.Errorf("%v after %v", err, took)
	} else {
		t.Logf("%v after %v", err, took)
	}
}
