package iwarp

import (
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports/smbdirect/rdmatest"
)

// TestProvider is the suite of every provider, with the frames of this
// machine's loopback, with Ethernet's, and with CRC.
func TestProvider(t *testing.T) {
	const patience = 300 * time.Millisecond // tests close ends whose peer does not poll
	for name, p := range map[string]*Provider{
		"loopback":     {CloseTimeout: patience},
		"ethernet crc": {CloseTimeout: patience, MaxFPDU: 1448, RequireCRC: true},
		"rev1 crc":     {CloseTimeout: patience, RequireCRC: true, Rev1: true},
	} {
		t.Run(name, func(t *testing.T) {
			rdmatest.Run(t, rdmatest.Fabric{Provider: p, Listen: "127.0.0.1:0", Regions: p.Regions})
			if n := p.Connections(); n != 0 {
				t.Errorf("%d connections left", n)
			}
		})
	}
}
