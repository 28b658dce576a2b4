//go:build (amd64 || arm64) && !noverbs

package verbs

// leastMemlock is what one connection locks at least: the buffers of its
// messages, and chunks of memory for the payload of some operations of 8 MiB.
const leastMemlock = 32 << 20

// Open loads the libraries and looks for devices. Its error says what to do
// about the first thing that is missing: *LibraryError, ErrNoDevice,
// *ModuleError, *PermissionError, *PluginError, *MemlockError, and ErrNotBuilt
// on other systems. The limit of locked memory is raised as far as the system
// lets everybody.
func Open() (*Provider, error) {
	raiseMemlock()
	if err := here.ready(LockedMemory()); err != nil {
		return nil, err
	}
	if _, err := load(); err != nil {
		return nil, err
	}
	return new(Provider), nil
}

// ready says what is missing for a connection.
func (m machine) ready(lock Memlock) error {
	if _, err := m.devices(); err != nil {
		return err
	}
	if !lock.fits(leastMemlock) {
		return &MemlockError{Memlock: lock, Need: leastMemlock}
	}
	return nil
}
