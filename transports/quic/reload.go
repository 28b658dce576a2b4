package quic

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// A reloader holds a listener's TLS configuration and reads it again when its
// files have changed.
type reloader struct {
	files  TLS
	failed func(error)
	now    func() time.Time

	mu      sync.Mutex // guards what follows
	current *tls.Config
	stamp   [3]fileStamp // of the files when they were last read
	checked time.Time
}

// A fileStamp tells one state of a file from another.
type fileStamp struct {
	modified time.Time
	size     int64
	err      string
}

func newReloader(files TLS, failed func(error), now func() time.Time) (*reloader, error) {
	r := &reloader{files: files, failed: failed, now: now, stamp: files.stamps(), checked: now()}
	c, err := files.serverConfig()
	if err != nil {
		return nil, err
	}
	r.current = c
	return r, nil
}

// A holder has the reloader that a listener uses now.
type holder struct{ atomic.Pointer[reloader] }

// config is what the listener is given: it asks at every handshake.
func (h *holder) config() *tls.Config {
	c := baseConfig()
	c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return h.Load().get(), nil }
	return c
}

// get returns the configuration to use now. Files that have changed and do not
// work are reported once for each change; replacing a certificate and its key
// takes two steps, and whoever comes between them is still served.
func (r *reloader) get() *tls.Config {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if now.Sub(r.checked) < checkInterval {
		return r.current
	}
	r.checked = now
	stamp := r.files.stamps()
	if stamp == r.stamp {
		return r.current
	}
	r.stamp = stamp
	c, err := r.files.serverConfig()
	if err != nil {
		r.report(fmt.Errorf("keeping the old certificate: %w", err))
		return r.current
	}
	r.current = c
	return c
}

func (r *reloader) report(err error) {
	if r.failed != nil {
		r.failed(err)
	}
}

func (t TLS) stamps() (s [3]fileStamp) {
	for i, name := range []string{t.Cert, t.Key, t.ClientCA} {
		if name == "" {
			continue
		}
		info, err := os.Stat(name)
		if err != nil {
			s[i].err = err.Error()
			continue
		}
		s[i] = fileStamp{modified: info.ModTime(), size: info.Size()}
	}
	return s
}
