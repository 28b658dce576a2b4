//go:build (amd64 || arm64) && !noverbs

package verbs

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// spare is how much memory queues may need at most that the kernel locks for a
// queue pair or a completion queue of hardware: two rings of some hundred
// entries of 64 to 256 bytes, their doorbells, rounded to pages.
const spare = 1 << 20

// explainErrno says what went wrong in a function of the libraries, and the way
// out where there is one.
func explainErrno(function string, err error) error {
	switch function {
	case "ibv_reg_mr", "ibv_create_cq", "ibv_create_qp", "rdma_create_qp":
		return explainMemory(function, spare, err)
	case "rdma_create_event_channel", "ibv_get_device_list":
		if reason := here.connects(); reason != nil {
			return reason
		}
	case "rdma_bind_addr":
		if errors.Is(err, syscall.EACCES) {
			return &PortError{Err: err}
		}
	}
	return fmt.Errorf("verbs: %s: %w", function, err)
}

// explainMemory is explainErrno for functions that lock n bytes.
func explainMemory(function string, n uint64, err error) error {
	return LockedMemory().explain(function, n, err)
}

// explain: the kernel says ENOMEM above the limit, and EPERM when it is 0. Both
// have other reasons too.
func (m Memlock) explain(function string, n uint64, err error) error {
	if (errors.Is(err, syscall.ENOMEM) || errors.Is(err, syscall.EPERM)) && !m.fits(n) {
		return &MemlockError{Memlock: m, Need: n}
	}
	return fmt.Errorf("verbs: %s: %w", function, err)
}

// reachable says what keeps a device file from being opened. Only whether it
// is refused counts: what else comes up, the libraries meet too and say.
func reachable(open func(string) error, path string) error {
	err := open(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		var p *fs.PathError
		if errors.As(err, &p) {
			err = p.Err
		}
		return &PermissionError{Path: path, Err: err}
	}
	return nil
}
