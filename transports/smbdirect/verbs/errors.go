package verbs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net"
	"strings"
	"syscall"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// ErrNotBuilt says that this program has no verbs at all: it was built for
// another system or processor than 64-bit Linux has, or with the tag noverbs.
var ErrNotBuilt = errors.New("verbs: not in this build")

// ErrNoDevice says that the kernel knows no RDMA device.
var ErrNoDevice = errors.New("verbs: this machine has no RDMA device; " +
	"load its kernel module (mlx5_ib, irdma, bnxt_re, ...), or make a device of software: " +
	"rdma link add siw0 type siw netdev eth0 (iWARP), rdma link add rxe0 type rxe netdev eth0 (RoCE)")

// A LibraryError says that a system library is missing or too old. The way out
// is to install Package.
type LibraryError struct {
	File    string // libibverbs.so.1
	Package string // its name in Debian and its derivatives
	Err     error
}

func (e *LibraryError) Error() string {
	reason := strings.TrimPrefix(e.Err.Error(), e.File+": ") // dlopen names it too
	return fmt.Sprintf("verbs: %s: %s; install %s (Debian, Ubuntu) or %s (Red Hat, Fedora)",
		e.File, reason, e.Package, strings.TrimSuffix(e.Package, "1"))
}

func (e *LibraryError) Unwrap() error { return e.Err }

// A PluginError says that the kernel has a device which libibverbs does not
// list: the part of the library that drives it is missing.
type PluginError struct {
	Device string
}

func (e *PluginError) Error() string {
	return fmt.Sprintf("verbs: libibverbs has no plug-in that drives %s; install ibverbs-providers (Debian, Ubuntu) or libibverbs and rdma-core (Red Hat, Fedora)", e.Device)
}

// A ModuleError says that the kernel does not offer something to programs.
type ModuleError struct {
	Module string // what to load
	For    string // what is missing then
}

func (e *ModuleError) Error() string {
	return fmt.Sprintf("verbs: the kernel offers no %s: modprobe %s", e.For, e.Module)
}

// A PermissionError says that a device file is out of the process's reach: it
// is not there, as in containers, or must not be opened.
type PermissionError struct {
	Path string
	Err  error
}

func (e *PermissionError) Error() string {
	if errors.Is(e.Err, fs.ErrNotExist) {
		return fmt.Sprintf("verbs: %s is not here; a container is given it by --device=/dev/infiniband, a systemd unit by PrivateDevices=no", e.Path)
	}
	return fmt.Sprintf("verbs: %s: %v; it has to be readable and writable for this user, and in the list of devices that a container (--device=%[1]s) or a systemd unit (DeviceAllow=%[1]s rw) may open", e.Path, e.Err)
}

func (e *PermissionError) Unwrap() error { return e.Err }

// A MemlockError says that not enough memory may be locked for devices.
type MemlockError struct {
	Memlock        // of this process, when it was refused
	Need    uint64 // bytes more than are locked already
}

func (e *MemlockError) Error() string {
	return fmt.Sprintf("verbs: RLIMIT_MEMLOCK lets %s be locked for devices, %s are, %s more are needed; raise it with LimitMEMLOCK=infinity in a systemd unit, ulimit -l unlimited in a shell, --ulimit memlock=-1 for a container, or have CAP_IPC_LOCK",
		size(e.Limit), size(e.Locked), size(e.Need))
}

// A PortError says that a port is not for every user.
type PortError struct {
	Err error
}

func (e *PortError) Error() string {
	return fmt.Sprintf("verbs: %v: ports below 1024 need CAP_NET_BIND_SERVICE, of the machine itself and not of a container's users", e.Err)
}

func (e *PortError) Unwrap() error { return e.Err }

// Memlock is how much memory this process may lock for devices.
type Memlock struct {
	Limit  uint64 // bytes, math.MaxUint64 is no limit
	Locked uint64 // bytes that are locked already
	Exempt bool   // the process has CAP_IPC_LOCK: the limit is not for it
}

// Unlimited says whether there is no limit, or none for this process.
func (m Memlock) Unlimited() bool { return m.Exempt || m.Limit == math.MaxUint64 }

// fits says whether n bytes more may be locked.
func (m Memlock) fits(n uint64) bool {
	return m.Unlimited() || m.Locked <= m.Limit && n <= m.Limit-m.Locked
}

func (m Memlock) String() string {
	switch {
	case m.Limit == math.MaxUint64:
		return "unlimited"
	case m.Exempt:
		return size(m.Limit) + ", not asked for with CAP_IPC_LOCK"
	}
	return size(m.Limit)
}

// size is a number of bytes for people.
func size(n uint64) string {
	switch {
	case n >= 1<<20:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(n)/(1<<20)), ".0") + " MiB"
	case n >= 1<<10:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(n)/(1<<10)), ".0") + " KiB"
	}
	return fmt.Sprintf("%d bytes", n)
}

// A RefusedError is the peer's rejection of a connection: rdma.ErrRefused with
// the private data it came with.
type RefusedError struct {
	Private []byte
}

func (e *RefusedError) Error() string { return rdma.ErrRefused.Error() }

// Is makes errors.Is(err, rdma.ErrRefused) true.
func (e *RefusedError) Is(target error) bool { return target == rdma.ErrRefused }

// A StatusError is a completion that failed for a reason which is neither the
// peer's nor the network's.
type StatusError struct {
	Device string
	Status uint32 // enum ibv_wc_status
	Op     uint32 // enum ibv_wr_opcode
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("verbs: %s: operation %d failed with status %d (enum ibv_wc_status)", e.Device, e.Op, e.Status)
}

// ErrRemoved says that the device of a connection or listener has been taken
// out of the machine, or its driver unloaded.
var ErrRemoved = errors.New("verbs: the device has been removed")

var (
	errClosed = fmt.Errorf("verbs: %w", net.ErrClosed)
	errEOF    = io.EOF
	errLost   = fmt.Errorf("verbs: the connection is lost: %w", syscall.ECONNABORTED)
	errSilent = fmt.Errorf("verbs: the peer does not answer: %w", syscall.ETIMEDOUT)
)
