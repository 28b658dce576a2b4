//go:build !linux

package notify

import "time"

// monotonic is 0: only systemd asks for it, which runs on Linux.
func monotonic() time.Duration { return 0 }
