//go:build lab

package main_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"testing"
	"time"
)

// An authority signs certificates, which it puts into /lab/tls.
type authority struct {
	lab    *lab
	own    *x509.Certificate
	key    *ecdsa.PrivateKey
	serial int64
}

// authority makes one, whose certificate is FILE.pem. Serial numbers count from
// serial on.
func (l *lab) authority(file, name string, serial int64) *authority {
	l.t.Helper()
	a := &authority{l, nil, key(l.t), serial}
	a.own = a.certificate(name)
	a.own.IsCA, a.own.BasicConstraintsValid = true, true
	a.own.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	a.write(file+".pem", a.own, a.key)
	return a
}

func (a *authority) certificate(name string) *x509.Certificate {
	now := time.Now()
	c := &x509.Certificate{
		SerialNumber: big.NewInt(a.serial), Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
	}
	a.serial++
	return c
}

// write signs c, which is of k, and returns it as it is signed.
func (a *authority) write(file string, c *x509.Certificate, k *ecdsa.PrivateKey) []byte {
	a.lab.t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, c, a.own, &k.PublicKey, a.key)
	must(a.lab.t, err)
	writePEM(a.lab.t, a.lab.host("tls/"+file), "CERTIFICATE", der)
	return der
}

// issue makes the certificate CERT.pem of a name, with its key in keyFile, and returns
// its SHA-256.
func (a *authority) issue(cert, keyFile, name string, use x509.ExtKeyUsage, dns []string, ip ...net.IP) string {
	a.lab.t.Helper()
	k := key(a.lab.t)
	c := a.certificate(name)
	c.DNSNames, c.IPAddresses = dns, ip
	c.KeyUsage, c.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{use}
	signed := a.write(cert+".pem", c, k)
	der, err := x509.MarshalPKCS8PrivateKey(k)
	must(a.lab.t, err)
	writePEM(a.lab.t, a.lab.host("tls/"+keyFile), "PRIVATE KEY", der)
	return fmt.Sprintf("%x", sha256.Sum256(signed))
}

// certificates makes an authority and a certificate for the gateway's name.
func (l *lab) certificates() {
	l.t.Helper()
	l.authority("ca", "lab authority", 1).
		issue("cert", "key.pem", gatewayName, x509.ExtKeyUsageServerAuth, []string{gatewayName}, net.ParseIP(gatewayIP))
}

// clients makes an authority for clients and a certificate for each name, and
// returns the SHA-256 of each.
func (l *lab) clients(names ...string) (hashes []string) {
	l.t.Helper()
	a := l.authority("clients", "lab clients", 100)
	for _, name := range names {
		hashes = append(hashes, a.issue(name, name+".key", name, x509.ExtKeyUsageClientAuth, nil, net.ParseIP(gatewayIP)))
	}
	return hashes
}

// called makes the gateway known by further names, each with a certificate of its
// own, of one authority.
func (l *lab) called(names ...string) {
	l.t.Helper()
	a := l.authority("hosts", "lab hosts", 200)
	hosts, err := os.ReadFile(l.host("hosts"))
	must(l.t, err)
	for _, name := range names {
		hosts = fmt.Appendf(hosts, "%s %s\n", gatewayIP, name)
		a.issue(name, name+".key", name, x509.ExtKeyUsageServerAuth, []string{name})
	}
	must(l.t, os.WriteFile(l.host("hosts"), hosts, 0o644))
}

func key(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	return k
}

func writePEM(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	must(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
}
