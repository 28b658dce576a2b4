//go:build (amd64 || arm64) && !noverbs

package verbs

import (
	"errors"
	"math"
	"syscall"
	"testing"
)

func TestLocked(t *testing.T) {
	t.Parallel()
	const pinned = "Name:\tsmbgw\nVmLck:\t       0 kB\nVmPin:\t    2048 kB\n"
	const capable, not = "CapEff:\t000001ffffffffff\n", "CapEff:\t000001ffffffbfff\n"
	for _, c := range []struct {
		name, status, users string
		bytes               uint64
		exempt              bool
	}{
		{"root", pinned + capable, "         0          0 4294967295\n", 2 << 20, true},
		{"a kernel without user namespaces", pinned + capable, "", 2 << 20, true},
		{"nobody", pinned + not, "0 0 4294967295\n", 2 << 20, false},
		{"root of a container", pinned + capable, "0 100000 65536\n", 2 << 20, false},
		{"root of a container with two ranges", pinned + capable, "0 1000 1\n1 100000 65535\n", 2 << 20, false},
		{"nothing to read", "", "", 0, false},
		{"odd", "VmPin:\nCapEff: x\nVmPin: x kB", "", 0, false},
	} {
		if n, exempt := locked([]byte(c.status), []byte(c.users)); n != c.bytes || exempt != c.exempt {
			t.Errorf("%s: %d %v", c.name, n, exempt)
		}
	}
}

// What the kernel refuses for another reason is not put down to the limit.
func TestExplainMemory(t *testing.T) {
	t.Parallel()
	full := Memlock{Limit: 8 << 20, Locked: 8 << 20}
	const way = "; raise it with LimitMEMLOCK=infinity in a systemd unit, ulimit -l unlimited in a shell, --ulimit memlock=-1 for a container, or have CAP_IPC_LOCK"
	for _, c := range []struct {
		lock Memlock
		n    uint64
		err  error
		want string
	}{
		{full, 4096, syscall.ENOMEM, "verbs: RLIMIT_MEMLOCK lets 8 MiB be locked for devices, 8 MiB are, 4 KiB more are needed" + way},
		{Memlock{}, 1, syscall.EPERM, "verbs: RLIMIT_MEMLOCK lets 0 bytes be locked for devices, 0 bytes are, 1 bytes more are needed" + way},
		{Memlock{Limit: 8 << 20}, 8 << 20, syscall.ENOMEM, "verbs: ibv_reg_mr: cannot allocate memory"},
		{Memlock{Limit: 8 << 20, Locked: 9 << 20}, 0, syscall.ENOMEM, "verbs: RLIMIT_MEMLOCK lets 8 MiB be locked for devices, 9 MiB are, 0 bytes more are needed" + way},
		{Memlock{Limit: math.MaxUint64}, math.MaxUint64, syscall.ENOMEM, "verbs: ibv_reg_mr: cannot allocate memory"},
		{Memlock{Limit: 1, Exempt: true}, 4096, syscall.ENOMEM, "verbs: ibv_reg_mr: cannot allocate memory"},
		{full, 4096, syscall.EINVAL, "verbs: ibv_reg_mr: invalid argument"},
	} {
		if got := c.lock.explain("ibv_reg_mr", c.n, c.err); got.Error() != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestExplainErrno(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		function string
		err      error
		want     string
	}{
		{"rdma_bind_addr", syscall.EACCES, "verbs: permission denied: ports below 1024 need CAP_NET_BIND_SERVICE, of the machine itself and not of a container's users"},
		{"rdma_bind_addr", syscall.EADDRINUSE, "verbs: rdma_bind_addr: address already in use"},
		{"rdma_accept", syscall.EINVAL, "verbs: rdma_accept: invalid argument"},
		{"ibv_create_qp", syscall.EINVAL, "verbs: ibv_create_qp: invalid argument"},
	} {
		got := explainErrno(c.function, c.err)
		if got.Error() != c.want || !errors.Is(got, c.err) {
			t.Errorf("%s: %v", c.function, got)
		}
	}
}

func TestMemlockText(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]Memlock{
		"unlimited":                              {Limit: math.MaxUint64},
		"8 MiB":                                  {Limit: 8 << 20},
		"64 KiB":                                 {Limit: 64 << 10},
		"0 bytes":                                {},
		"8 MiB, not asked for with CAP_IPC_LOCK": {Limit: 8 << 20, Exempt: true},
	} {
		if m.String() != want {
			t.Errorf("%+v: %s", m, m)
		}
	}
}
