//go:build linux && (amd64 || arm64) && !noverbs

package verbs

import (
	"net"
	"os"
	"testing"

	"github.com/smbgw/smbgw/transports/smbdirect/rdmatest"
)

// needDevice skips where no device was named: a machine has none by itself.
func needDevice(t testing.TB) (ip string) {
	if os.Getenv("SMBGW_VERBS") == "" {
		t.Skip("SMBGW_VERBS is not set")
	}
	return os.Getenv("SMBGW_VERBS_ADDR")
}

func TestProvider(t *testing.T) {
	ip := needDevice(t)
	p := new(Provider)
	rdmatest.Run(t, rdmatest.Fabric{Provider: p, Listen: net.JoinHostPort(ip, "0"), Regions: p.Regions})
}
