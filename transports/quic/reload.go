package quic

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/smbgw/smbgw/transports/access"
)

// A reloader is what a listener's handshakes need, which is read again when its
// files have changed. Each part is on its own: an entry that denies somebody is
// in force while a certificate is being renewed.
type reloader struct {
	own     *watched[tls.Certificate]
	named   map[string]*watched[tls.Certificate] // by the name that clients ask for
	clients *watched[*x509.CertPool]             // nil when clients need no certificate
	access  *watched[access.List]                // nil when all of them may connect
}

func newReloader(t TLS, failed func(error), now func() time.Time) (*reloader, error) {
	if err := t.forListener(); err != nil {
		return nil, err
	}
	own, err := watch("the old certificate", t.certificate, failed, now, t.Cert, t.Key)
	if err != nil {
		return nil, err
	}
	r := &reloader{own: own}
	if r.named, err = t.named(failed, now); err != nil {
		return nil, err
	}
	if t.ClientCA == "" {
		return r, nil
	}
	read := func() (*x509.CertPool, error) { return pool("client_ca", t.ClientCA) }
	if r.clients, err = watch("the old authorities of clients", read, failed, now, t.ClientCA); err != nil {
		return nil, err
	}
	if t.Access == nil {
		return r, nil
	}
	r.access, err = t.Access.watch(failed, now)
	return r, err
}

// config is for one handshake, of a client that asks for a name or for "".
func (r *reloader) config(name string) *tls.Config {
	c := baseConfig()
	c.Certificates = []tls.Certificate{r.certificate(name)}
	if r.clients != nil {
		c.ClientCAs = r.clients.get()
		c.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return c
}

// A holder has the reloader that a listener uses now.
type holder struct{ atomic.Pointer[reloader] }

// config is what the listener is given: it asks at every handshake.
func (h *holder) config() *tls.Config {
	c := baseConfig()
	c.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		r := h.Load()
		c := r.config(hello.ServerName)
		if r.access != nil {
			c.VerifyConnection = admit(hello.Context(), r.access.get())
		}
		return c, nil
	}
	return c
}

// A watched is what has been read from files, and is read again when they have
// changed.
type watched[T any] struct {
	files  []string
	old    string // what is kept when the files are broken
	read   func() (T, error)
	failed func(error)
	now    func() time.Time

	mu      sync.Mutex // guards what follows
	current T
	stamps  []fileStamp // of the files when they were last read
	checked time.Time
}

// A fileStamp tells one state of a file from another.
type fileStamp struct {
	modified time.Time
	size     int64
	err      string
}

func watch[T any](old string, read func() (T, error), failed func(error), now func() time.Time, files ...string) (*watched[T], error) {
	w := &watched[T]{files: files, old: old, read: read, failed: failed, now: now, stamps: stamps(files), checked: now()}
	var err error
	w.current, err = read()
	if err != nil {
		return nil, err
	}
	return w, nil
}

// get returns what to use now. Files that have changed and do not work are
// reported once for each change; replacing a certificate and its key takes two
// steps, and whoever comes between them is still served.
func (w *watched[T]) get() T {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	if now.Sub(w.checked) < checkInterval {
		return w.current
	}
	w.checked = now
	stamps := stamps(w.files)
	if slices.Equal(stamps, w.stamps) {
		return w.current
	}
	w.stamps = stamps
	fresh, err := w.read()
	if err != nil {
		w.report(fmt.Errorf("keeping %s: %w", w.old, err))
		return w.current
	}
	w.current = fresh
	return fresh
}

func (w *watched[T]) report(err error) {
	if w.failed != nil {
		w.failed(err)
	}
}

func stamps(files []string) []fileStamp {
	s := make([]fileStamp, len(files))
	for i, name := range files {
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
