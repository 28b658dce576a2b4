//go:build !linux || !(amd64 || arm64) || noverbs

package verbs

import (
	"context"
	"math"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// devices are none.
type devices struct{}

// Open says that there is nothing to open.
func Open() (*Provider, error) { return nil, ErrNotBuilt }

// Devices says that devices are not looked for.
func Devices() ([]Device, error) { return nil, ErrNotBuilt }

// LockedMemory knows no limit.
func LockedMemory() Memlock { return Memlock{Limit: math.MaxUint64} }

// Dial says that there is nothing to dial with.
func (p *Provider) Dial(address string, c rdma.Config) (rdma.QueuePair, error) {
	return nil, ErrNotBuilt
}

// Listen says that there is nothing to listen with.
func (p *Provider) Listen(ctx context.Context, address string, c rdma.Config) (rdma.Listener, error) {
	return nil, ErrNotBuilt
}

// Route is no device's.
func (p *Provider) Route(ctx context.Context, address string) (Device, error) {
	return Device{}, ErrNoRoute
}

// Local is no device.
func (p *Provider) Local(host string) (Device, error) { return Device{}, ErrNoRoute }
