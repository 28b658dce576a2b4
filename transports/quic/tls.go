package quic

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// protocol is the name that SMB over QUIC has in the TLS handshake, [MS-SMB2]
// 2.1.
const protocol = "smb"

// TLS says with which certificates connections are made: names of PEM files. A
// listener needs Cert and Key and may have ClientCA; a dialler may have Cert
// and Key, CA and ServerName.
type TLS struct {
	Cert       string `hcl:"cert,optional"`        // own certificate, with its chain
	Key        string `hcl:"key,optional"`         // its private key
	ClientCA   string `hcl:"client_ca,optional"`   // listener: clients show a certificate that these have signed
	CA         string `hcl:"ca,optional"`          // dialler: who signs servers' certificates; the system's when empty
	ServerName string `hcl:"server_name,optional"` // dialler: name in the server's certificate; the dialled host when empty

	// Access says which of the clients that ClientCA vouches for may connect;
	// all when nil.
	Access *Access

	// Hosts are certificates of a listener for clients that ask for one of their
	// names; Cert is for all others.
	Hosts []Host
}

// CheckServer says, with a *TLSError, what keeps a listener from using t. It
// reads the files.
func (t TLS) CheckServer() error {
	_, err := newReloader(t, nil, time.Now)
	return err
}

// CheckClient says, with a *TLSError, what keeps a dialler from using t. It
// reads the files.
func (t TLS) CheckClient() error {
	_, err := t.clientConfig("")
	return err
}

// clientConfig is for one connection to host.
func (t TLS) clientConfig(host string) (*tls.Config, error) {
	switch {
	case t.ClientCA != "":
		return nil, &TLSError{"client_ca", t.ClientCA, errors.New("is for listeners; a dialler has ca")}
	case t.Access != nil:
		return nil, &TLSError{"access", t.Access.File, errors.New("is for listeners")}
	case len(t.Hosts) > 0:
		return nil, &TLSError{"hosts", t.Hosts[0].Cert, errors.New("are for listeners")}
	}
	c := baseConfig()
	c.ServerName = host
	if t.ServerName != "" {
		c.ServerName = t.ServerName
	}
	if t.Cert != "" || t.Key != "" {
		cert, err := t.certificate()
		if err != nil {
			return nil, err
		}
		c.Certificates = []tls.Certificate{cert}
	}
	if t.CA == "" {
		return c, nil
	}
	var err error
	c.RootCAs, err = pool("ca", t.CA)
	return c, err
}

// forListener says what of t is no listener's.
func (t TLS) forListener() error {
	switch {
	case t.CA != "":
		return &TLSError{"ca", t.CA, errors.New("is for dialling; a listener has client_ca")}
	case t.ServerName != "":
		return &TLSError{"server_name", t.ServerName, errors.New("is for dialling")}
	case t.Access != nil && t.ClientCA == "":
		return &TLSError{"access", t.Access.File, errors.New("is about certificates of clients; client_ca is missing")}
	}
	return nil
}

// baseConfig is what both sides have in common. Samba's client ends the
// connection when it gets a session ticket, and resumption would let clients
// skip the check of a certificate that has been revoked meanwhile.
func baseConfig() *tls.Config {
	return &tls.Config{
		MinVersion:             tls.VersionTLS13,
		NextProtos:             []string{protocol},
		SessionTicketsDisabled: true,
	}
}

func (t TLS) certificate() (tls.Certificate, error) {
	if t.Cert == "" {
		return tls.Certificate{}, &TLSError{"cert", "", errors.New("is missing: the name of a PEM file with the certificate")}
	}
	if t.Key == "" {
		return tls.Certificate{}, &TLSError{"key", "", errors.New("is missing: the name of a PEM file with the private key")}
	}
	cert, err := readFile("cert", t.Cert)
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := readFile("key", t.Key)
	if err != nil {
		return tls.Certificate{}, err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return tls.Certificate{}, &TLSError{"cert", t.Cert, fmt.Errorf("with key %q: %w", t.Key, err)}
	}
	return pair, nil
}

func pool(field, name string) (*x509.CertPool, error) {
	b, err := readFile(field, name)
	if err != nil {
		return nil, err
	}
	p := x509.NewCertPool()
	if !p.AppendCertsFromPEM(b) {
		return nil, &TLSError{field, name, errors.New("no certificate in it")}
	}
	return p, nil
}

func readFile(field, name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, &TLSError{field, name, err}
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(b) > maxFile {
		err = fmt.Errorf("is longer than %d bytes", maxFile)
	}
	if err != nil {
		return nil, &TLSError{field, name, err}
	}
	return b, nil
}

// A TLSError says which part of a TLS is wrong. The mistake is local.
type TLSError struct {
	Field string // the configuration's name: cert, key, client_ca, ca, server_name, access, hosts
	Value string // the file or name; empty when it is missing
	Err   error
}

func (e *TLSError) Error() string {
	if e.Value == "" {
		return fmt.Sprintf("tls: %s: %v", e.Field, e.Err)
	}
	return fmt.Sprintf("tls: %s %q: %v", e.Field, e.Value, e.Err)
}

func (e *TLSError) Unwrap() error { return e.Err }
