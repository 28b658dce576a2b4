package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"

	"github.com/hashicorp/hcl/v2"
)

var serverTLSSchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{{Name: "cert"}, {Name: "key"}, {Name: "client_ca"}},
	Blocks:     []hcl.BlockHeaderSchema{{Type: "access"}},
}

var clientTLSSchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{{Name: "ca"}, {Name: "cert"}, {Name: "key"}},
}

func (l *loader) serverTLS(b *hcl.Block) *ServerTLS {
	content := l.content(b, serverTLSSchema)
	attrs := content.Attributes
	t := &ServerTLS{ClientCA: l.authority(attrs["client_ca"]), Hosts: l.certified()}
	for _, a := range l.single(content.Blocks.OfType("access")) {
		t.Access = l.access(a, attrs["client_ca"] != nil)
	}
	if attrs["cert"] == nil && attrs["key"] == nil {
		l.report(b.DefRange, `tls has no certificate; add cert = "FILE" and key = "FILE"`)
		return t
	}
	t.Cert, t.Key = l.pair(b, attrs["cert"], attrs["key"])
	return t
}

func (l *loader) clientTLS(b *hcl.Block) ClientTLS {
	attrs := l.content(b, clientTLSSchema).Attributes
	t := ClientTLS{CA: l.authority(attrs["ca"])}
	if attrs["cert"] != nil || attrs["key"] != nil {
		t.Cert, t.Key = l.pair(b, attrs["cert"], attrs["key"])
	}
	return t
}

// pair checks a certificate and its key, one of which is there at least, and
// returns their paths.
func (l *loader) pair(b *hcl.Block, cert, key *hcl.Attribute) (certPath, keyPath string) {
	switch {
	case key == nil:
		l.report(b.DefRange, `cert without key; add key = "FILE"`)
	case cert == nil:
		l.report(b.DefRange, `key without cert; add cert = "FILE"`)
	}
	certPEM, certPath, at := l.pem(cert)
	keyPEM, keyPath, _ := l.pem(key)
	if certPEM == nil || keyPEM == nil {
		return certPath, keyPath
	}
	if _, err := tls.X509KeyPair(certPEM, keyPEM); err != nil {
		l.report(at, "certificate and key cannot be used: %v", err)
	}
	return certPath, keyPath
}

// authority checks a file of certificates and returns its path.
func (l *loader) authority(a *hcl.Attribute) string {
	pem, path, at := l.pem(a)
	if pem != nil && !x509.NewCertPool().AppendCertsFromPEM(pem) {
		l.report(at, "%s has no certificate in PEM form", path)
	}
	return path
}

// pem reads the file that a names; the content is nil when that has failed or
// a is nil.
func (l *loader) pem(a *hcl.Attribute) (content []byte, path string, at hcl.Range) {
	if a == nil {
		return nil, "", hcl.Range{}
	}
	w, ok := l.str(a.Expr, a.Name)
	if !ok {
		return nil, "", w.at
	}
	path = l.path(w.value)
	if w.value == "" {
		l.report(w.at, "%s names no file", a.Name)
		return nil, path, w.at
	}
	content, err := readFile(path)
	var pe *fs.PathError
	switch {
	case errors.As(err, &pe):
		l.report(w.at, "%s: cannot read %s: %v", a.Name, path, pe.Err)
	case err != nil:
		l.report(w.at, "%s: %v", a.Name, err)
	case content == nil:
		content = []byte{}
	}
	return content, path, w.at
}
