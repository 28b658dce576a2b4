//go:build (amd64 || arm64) && !noverbs

package verbs

import (
	"bytes"
	"math"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// LockedMemory is what this process may lock.
func LockedMemory() Memlock {
	m := Memlock{Limit: math.MaxUint64}
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_MEMLOCK, &l) == nil && l.Cur != unix.RLIM_INFINITY {
		m.Limit = l.Cur
	}
	status, _ := os.ReadFile("/proc/self/status")
	users, _ := os.ReadFile("/proc/self/uid_map")
	m.Locked, m.Exempt = locked(status, users)
	return m
}

// locked reads what the kernel counts against the limit, and whether it asks
// for it: CAP_IPC_LOCK exempts, but only that of the machine itself, which a
// container with users of its own does not have.
func locked(status, users []byte) (bytesLocked uint64, exempt bool) {
	for line := range bytes.Lines(status) {
		key, value, _ := strings.Cut(string(line), ":")
		fields := strings.Fields(value)
		if len(fields) == 0 {
			continue
		}
		switch key {
		case "VmPin":
			kib, _ := strconv.ParseUint(fields[0], 10, 54)
			bytesLocked = kib << 10
		case "CapEff":
			caps, _ := strconv.ParseUint(fields[0], 16, 64)
			exempt = caps&(1<<unix.CAP_IPC_LOCK) != 0
		}
	}
	// All ids stand for themselves: 0 0 4294967295. No file: no user namespaces.
	if f := strings.Fields(string(users)); len(f) > 0 && (len(f) != 3 || f[0] != "0" || f[1] != "0" || f[2] != "4294967295") {
		exempt = false
	}
	return bytesLocked, exempt
}

// raiseMemlock makes the soft limit the hard one, which needs no right.
func raiseMemlock() {
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_MEMLOCK, &l) == nil && l.Cur != l.Max {
		l.Cur = l.Max
		unix.Setrlimit(unix.RLIMIT_MEMLOCK, &l) // when it fails, LockedMemory says so
	}
}
