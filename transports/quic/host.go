package quic

import (
	"crypto/tls"
	"time"

	"github.com/smbgw/smbgw/transports"
)

// A Host is a server of its own on a listener: a certificate for clients that ask
// for one of its names. The files are looked at like the listener's own.
type Host struct {
	Names     []string
	Cert, Key string
}

// named reads the certificates of t's hosts. Of two with one name the first has
// it.
func (t TLS) named(failed func(error), now func() time.Time) (map[string]*watched[tls.Certificate], error) {
	named := make(map[string]*watched[tls.Certificate])
	for _, h := range t.Hosts {
		files := TLS{Cert: h.Cert, Key: h.Key}
		w, err := watch("the old certificate", files.certificate, failed, now, h.Cert, h.Key)
		if err != nil {
			return nil, err
		}
		for _, name := range h.Names {
			if name = transports.CanonicalName(name); named[name] == nil {
				named[name] = w
			}
		}
	}
	return named, nil
}

// certificate is that of a name that a client asks for.
func (r *reloader) certificate(name string) tls.Certificate {
	if w := r.named[transports.CanonicalName(name)]; w != nil {
		return w.get()
	}
	return r.own.get()
}

// ServerName is transports.Named's. A client has none for us that it has not
// asked for.
func (c *conn) ServerName() string { return c.name }
