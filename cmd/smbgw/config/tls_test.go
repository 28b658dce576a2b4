package config

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"path/filepath"
	"strings"
	"testing"
)

// A certificate whose key is another's is found before the listener starts,
// and no text about it carries a piece of a key.
func TestForeignKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writePair(t, dir, "a")
	secret := writePair(t, dir, "b")
	err := loadQUIC(t, dir, "a.pem", "b.key")
	mistakes, ok := errors.AsType[Mistakes](err)
	if !ok || len(mistakes) != 1 || !strings.Contains(mistakes[0].Text, "cannot be used") {
		t.Fatalf("certificate with another's key: %v", err)
	}
	if m := mistakes[0]; m.Line != 6 || m.Column != 13 {
		t.Errorf("reported at %d:%d, want the certificate's name at 6:13", m.Line, m.Column)
	}
	for i := 0; i+16 <= len(secret); i++ {
		if strings.Contains(err.Error(), secret[i:i+16]) {
			t.Fatalf("the mistake shows a piece of the key: %v", err)
		}
	}
	if err := loadQUIC(t, dir, "a.pem", "a.key"); err != nil {
		t.Errorf("certificate with its own key: %v", err)
	}
}

func TestEmptyCertificate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, dir, "empty.pem", "")
	writePair(t, dir, "a")
	if err := loadQUIC(t, dir, "empty.pem", "a.key"); err == nil || !strings.Contains(err.Error(), "cannot be used") {
		t.Errorf("empty certificate file: %v", err)
	}
}

func loadQUIC(t *testing.T, dir, cert, key string) error {
	t.Helper()
	src := `
listen "internet" {
  address = "quic!*!443"
  relay   = "nas"
  tls {
    cert = "` + cert + `"
    key  = "` + key + `"
  }
}
backend "nas" { address = ["tcp!nas!445"] }
`
	_, err := parse(filepath.Join(dir, "smbgw.hcl"), []byte(src), networks())
	return err
}

// writePair makes NAME.pem and NAME.key in dir and returns the key's text
// without its first and last line.
func writePair(t *testing.T, dir, name string) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	secret := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
	writeFile(t, dir, name+".pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})))
	writeFile(t, dir, name+".key", secret)
	lines := strings.Split(strings.TrimSpace(secret), "\n")
	return strings.Join(lines[1:len(lines)-1], "")
}
