//go:build (amd64 || arm64) && !noverbs

package verbs

import (
	"errors"
	"io/fs"
	"math"
	"strings"
	"syscall"
	"testing"
)

// forPrograms is what uverbs and rdma_ucm add to /sys/class.
const forPrograms = `
misc/rdma_cm/dev: 10:257
infiniband_verbs/abi_version: 6
infiniband_verbs/uverbs0/ibdev: siw1
infiniband_verbs/uverbs1/ibdev: rxe1
`

// books is a library that drives the devices in it, each with what describe says.
type books map[string]error

func (b books) list() (map[string]pointer, func(), error) {
	listed := map[string]pointer{}
	for name := range b {
		listed[name] = 1
	}
	return listed, func() {}, nil
}

func (b books) describe(_ pointer, d *Device) error {
	d.Windows, d.Limits.SGE = Windows2B, 32
	return b[d.Name]
}

// A trouble is a machine on which something is missing, and what is said of it.
type trouble struct {
	name  string
	class string
	files map[string]error // device files that cannot be opened
	lib   inspector
	load  error
	lock  Memlock
	want  string // "" when all is well
}

var (
	both     = books{"siw1": nil, "rxe1": nil}
	noLimit  = Memlock{Limit: math.MaxUint64}
	notHere  = &fs.PathError{Op: "open", Path: "x", Err: syscall.ENOENT}
	denied   = &fs.PathError{Op: "open", Path: "x", Err: syscall.EACCES}
	cgroup   = &fs.PathError{Op: "open", Path: "x", Err: syscall.EPERM}
	noLib    = &LibraryError{"libibverbs.so.1", "libibverbs1", errors.New("libibverbs.so.1: cannot open shared object file: No such file or directory")}
	troubles = []trouble{
		{name: "all well", class: siw + rxe + forPrograms, lib: both, lock: noLimit},
		{name: "one of two", class: siw + rxe + forPrograms, lib: books{"rxe1": nil}, lock: noLimit},
		{name: "no device, nor library", load: noLib, want: "verbs: this machine has no RDMA device; " +
			"load its kernel module (mlx5_ib, irdma, bnxt_re, ...), or make a device of software: " +
			"rdma link add siw0 type siw netdev eth0 (iWARP), rdma link add rxe0 type rxe netdev eth0 (RoCE)"},
		{name: "no library", class: siw + forPrograms, load: noLib, want: "verbs: libibverbs.so.1: cannot open shared object file: No such file or directory; " +
			"install libibverbs1 (Debian, Ubuntu) or libibverbs (Red Hat, Fedora)"},
		{name: "rdma_ucm not loaded", class: siw, lib: both, want: "verbs: the kernel offers no RDMA connections to programs (/dev/infiniband/rdma_cm): modprobe rdma_ucm"},
		{name: "ib_uverbs not loaded", class: siw + "misc/rdma_cm/dev: 10:257", lib: both, want: "verbs: the kernel offers no verbs of siw1 to programs: modprobe ib_uverbs"},
		{name: "a container", class: siw + forPrograms, lib: both, files: map[string]error{"/dev/infiniband/rdma_cm": notHere},
			want: "verbs: /dev/infiniband/rdma_cm is not here; a container is given it by --device=/dev/infiniband, a systemd unit by PrivateDevices=no"},
		{name: "half a container", class: siw + forPrograms, lib: both, files: map[string]error{"/dev/infiniband/uverbs0": cgroup},
			want: "verbs: /dev/infiniband/uverbs0: operation not permitted; it has to be readable and writable for this user, " +
				"and in the list of devices that a container (--device=/dev/infiniband/uverbs0) or a systemd unit (DeviceAllow=/dev/infiniband/uverbs0 rw) may open"},
		{name: "no right", class: rxe + forPrograms, lib: both, files: map[string]error{"/dev/infiniband/uverbs1": denied},
			want: "verbs: /dev/infiniband/uverbs1: permission denied; it has to be readable and writable for this user, " +
				"and in the list of devices that a container (--device=/dev/infiniband/uverbs1) or a systemd unit (DeviceAllow=/dev/infiniband/uverbs1 rw) may open"},
		{name: "no plug-in", class: siw + forPrograms, lib: books{}, want: "verbs: libibverbs has no plug-in that drives siw1; " +
			"install ibverbs-providers (Debian, Ubuntu) or libibverbs and rdma-core (Red Hat, Fedora)"},
		{name: "a device that cannot be opened", class: siw + forPrograms, lib: books{"siw1": errors.New("broken")}, want: "broken"},
		{name: "memlock", class: siw + forPrograms, lib: both, lock: Memlock{Limit: 8 << 20, Locked: 1536 << 10},
			want: "verbs: RLIMIT_MEMLOCK lets 8 MiB be locked for devices, 1.5 MiB are, 32 MiB more are needed; " +
				"raise it with LimitMEMLOCK=infinity in a systemd unit, ulimit -l unlimited in a shell, --ulimit memlock=-1 for a container, or have CAP_IPC_LOCK"},
		{name: "memlock with the capability", class: siw + forPrograms, lib: both, lock: Memlock{Limit: 8 << 20, Exempt: true}},
		{name: "memlock just so", class: siw + forPrograms, lib: both, lock: Memlock{Limit: leastMemlock + 1, Locked: 1}},
	}
)

func (c *trouble) machine() machine {
	return machine{
		class: tree(c.class),
		open:  func(path string) error { return c.files[path] },
		nics:  func() []nic { return testNICs },
		load:  func() (inspector, error) { return c.lib, c.load },
	}
}

// Whatever is missing is said in one sentence, with what to do about it.
func TestReady(t *testing.T) {
	t.Parallel()
	for _, c := range troubles {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if err := c.machine().ready(c.lock); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
}

// Callers tell the reasons apart by type.
func TestReadyTypes(t *testing.T) {
	t.Parallel()
	is := map[string]func(error) bool{
		"no device, nor library": func(err error) bool { return errors.Is(err, ErrNoDevice) },
		"no library":             has[*LibraryError],
		"rdma_ucm not loaded":    has[*ModuleError],
		"no right":               func(err error) bool { return has[*PermissionError](err) && errors.Is(err, fs.ErrPermission) },
		"no plug-in":             has[*PluginError],
		"memlock":                has[*MemlockError],
	}
	for _, c := range troubles {
		if f := is[c.name]; f != nil && !f(c.machine().ready(c.lock)) {
			t.Errorf("%s: %T", c.name, c.machine().ready(c.lock))
		}
	}
}

func has[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// What can be known of devices is, also when they cannot be used.
func TestDevices(t *testing.T) {
	t.Parallel()
	for _, c := range troubles {
		found, err := c.machine().devices()
		if want := strings.Count(c.class, "node_type"); len(found) != want {
			t.Errorf("%s: %d devices, want %d", c.name, len(found), want)
		}
		for _, d := range found {
			if d.State != "ACTIVE" || len(d.Links) != 1 {
				t.Errorf("%s: %+v", c.name, d)
			}
			if err != nil && d.Err == nil || (d.Err == nil) != (d.Limits.SGE != 0) && c.name != "a device that cannot be opened" {
				t.Errorf("%s: %+v beside %v", c.name, d, err)
			}
		}
	}
}

func TestLocal(t *testing.T) {
	t.Parallel()
	m := (&trouble{class: mlx5RoCE + irdmaIWARP + siw}).machine()
	for host, want := range map[string]string{
		"10.0.0.1": "mlx5_0", "10.0.7.1": "mlx5_0", "::ffff:10.0.0.1": "mlx5_0",
		"fe80::1": "irdma0", "fe80::1%ens2f0": "irdma0", "2001:db8::1": "siw1",
		"127.0.0.1": "", "0.0.0.0": "", "": "", "*": "", "localhost": "", "10.0.0.2": "",
	} {
		d, err := m.local(host)
		if d.Name != want || (err == nil) != (want != "") || err != nil && !errors.Is(err, ErrNoRoute) {
			t.Errorf("%s: %q, %v, want %q", host, d.Name, err, want)
		}
	}
}

func TestWindows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		maxMW int32
		flags uint32
		want  Windows
	}{
		{0, 0x200000, NoWindows},            // siw
		{524287, 0x01223c76, Windows2B},     // rxe
		{16, capWindow2A, Windows2A},        // mlx4
		{16, capMemWindow, Windows1},        // irdma of before its third generation
		{0, capWindow2B, NoWindows},         // flags without a window
		{16, 0, NoWindows},                  // windows without flags
		{16, 1<<24 | 1<<23, Windows2B},      // both
		{16, capMgmtExt, NoWindows},         // another flag
		{1, capWindow2B | 0x400, Windows2B}, // among others
	} {
		d := Device{Windows: windowsOf(&deviceAttr{maxMW: c.maxMW, capFlags: c.flags})}
		if d.Windows != c.want || d.Windowed() != (c.want == Windows2B) || strings.Contains(d.Protection(), "windows") != d.Windowed() {
			t.Errorf("%+v: %v, %s", c, d.Windows, d.Protection())
		}
	}
}
