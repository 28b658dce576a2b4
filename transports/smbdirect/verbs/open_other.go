//go:build !linux || !(amd64 || arm64) || noverbs

package verbs

import "math"

// devices are none.
type devices struct{}

// Open says that there is nothing to open.
func Open() (*Provider, error) { return nil, ErrNotBuilt }

// Devices says that devices are not looked for.
func Devices() ([]Device, error) { return nil, ErrNotBuilt }

// Local is no device.
func (p *Provider) Local(host string) (Device, error) { return Device{}, ErrNoRoute }

// LockedMemory knows no limit.
func LockedMemory() Memlock { return Memlock{Limit: math.MaxUint64} }
