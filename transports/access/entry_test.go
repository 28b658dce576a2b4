package access

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"strings"
	"testing"
)

const sum = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

func TestNew(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"leaf:" + sum:                           "allow leaf:" + sum,
		"chain: " + strings.ToUpper(sum):        "allow chain:" + sum,
		"leaf:9F:86:D0 81" + sum[8:]:            "allow leaf:" + sum,
		"issuer: CN = ca, O=x ":                 "allow issuer:CN = ca, O=x",
		"issuer:2.5.4.3=ca":                     "allow issuer:2.5.4.3=ca",
		"issuer:1.2.840.113549.1.9.1=#16036140": "# is followed by what is no value in DER",
		"":                                      `"" is neither leaf:SHA256`,
		sum:                                     "is neither leaf:SHA256, chain:SHA256 nor issuer:NAME",
		"leave:" + sum:                          "is neither leaf:SHA256, chain:SHA256 nor issuer:NAME",
		"leaf:":                                 "leaf: is followed by the SHA-256 of a certificate, 64 hexadecimal digits",
		"leaf:" + sum[1:]:                       "leaf: has 63 digits; a SHA-256 has 64",
		"chain:" + sum + "00":                   "chain: has 66 digits; a SHA-256 has 64",
		"leaf:" + sum[:40]:                      "leaf: has 40 digits, as a SHA-1",
		"leaf:" + sum[:63] + "g":                "leaf: 'g' is no hexadecimal digit",
		"issuer:":                               "issuer: is followed by a distinguished name",
		"issuer:ca":                             `issuer: "ca" is no attribute of a distinguished name`,
		"issuer:CN=":                            `issuer: "CN=" is no attribute`,
		"issuer:CN=a,":                          `issuer: "" is no attribute`,
		"issuer:XY=a":                           `issuer: attribute "XY" is unknown`,
		`issuer:CN="a`:                          "issuer: CN: a quotation mark is missing",
		`issuer:CN="`:                           "issuer: CN: a quotation mark is missing",
		`issuer:CN=a\`:                          `issuer: CN: nothing follows a \`,
		"issuer:CN=#xy":                         "issuer: CN: # is followed by hexadecimal digits",
	} {
		e, err := New(false, text, "")
		got := e.String()
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) || err == nil && got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	entries, err := Parse("list", "# notes\n\nallow\tleaf:"+sum+"\r\n  deny   issuer:CN=ca # 1\n")
	if err != nil || len(entries) != 2 {
		t.Fatalf("%v, %v", entries, err)
	}
	if e := entries[0]; e.Deny || e.String() != "allow leaf:"+sum || e.Place != "list:3" {
		t.Errorf("first: %v at %s", &e, e.Place)
	}
	if e := entries[1]; !e.Deny || e.String() != "deny issuer:CN=ca # 1" || e.Place != "list:4" {
		t.Errorf("second: %v at %s", &e, e.Place)
	}
	if !Allows(entries) || Allows(entries[1:]) || Allows(nil) {
		t.Error("Allows is wrong")
	}
	for text, want := range map[string]string{
		"leaf:" + sum:                    "line 1: does not begin with allow or deny",
		"\nAllow leaf:" + sum:            "line 2: does not begin with allow or deny",
		"allow":                          `line 1: "" is neither`,
		"allow leaf:" + sum + "\ndeny x": `line 2: "x" is neither`,
	} {
		if _, err := Parse("list", text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// However a tool writes a name, it is the same one.
func TestNames(t *testing.T) {
	t.Parallel()
	mail := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}
	ca := issue(t, pkix.Name{
		CommonName: "The CA", Organization: []string{"Ex+am,ple"}, Country: []string{"DE"},
		ExtraNames: []pkix.AttributeTypeAndValue{{Type: mail, Value: "ca@example.org"}},
	}, nil)
	want := nameOf(&ca.cert.Issuer)
	for _, text := range []string{
		ca.cert.Issuer.String(),
		`C = DE, O = "Ex+am,ple", CN = The CA, emailAddress = ca@example.org`, // openssl x509 -issuer
		`emailAddress=ca@example.org,CN=The CA,O=Ex\+am\,ple,C=DE`,            // -nameopt RFC2253
		`E=ca@example.org; cn=the  ca; o=ex\2bam\2cple; c=de`,
		`CN=The CA+O=Ex\+am\,ple,C=DE,1.2.840.113549.1.9.1=ca@example.org`,
	} {
		if got, err := parseName(text); got != want {
			t.Errorf("%s: %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"CN=The CA", `C=DE,O=Ex\+am\,ple,CN=TheCA,E=ca@example.org`, `C=DE,O="Ex+am",O=ple,CN=The CA,E=ca@example.org`} {
		if got, _ := parseName(text); got == want {
			t.Errorf("%s is taken for %s", text, ca.cert.Issuer)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("allow leaf:" + sum + "\n# x\ndeny chain:" + sum)
	f.Add(`deny issuer:CN="a,b"+O=c\2c\,,2.5.4.3=#130161`)
	f.Fuzz(func(t *testing.T, text string) {
		entries, err := Parse("f", text)
		if err != nil {
			return
		}
		again, err := Parse("f", written(entries))
		if err != nil || written(again) != written(entries) {
			t.Fatalf("%q becomes %q, then %q, %v", text, written(entries), written(again), err)
		}
		for i := range entries {
			if again[i].mark != entries[i].mark || again[i].sha256 != entries[i].sha256 || again[i].issuer != entries[i].issuer {
				t.Errorf("entry %d of %q changes", i, text)
			}
		}
	})
}

func written(entries []Entry) string {
	var b strings.Builder
	for i := range entries {
		b.WriteString(entries[i].String() + "\n")
	}
	return b.String()
}
