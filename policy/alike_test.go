package policy

import (
	"net/netip"
	"testing"

	"github.com/smbgw/smbgw/smb2"
)

// Two connections are alike where no rule and no requirement tells one from the
// other.
func TestAlike(t *testing.T) {
	t.Parallel()
	at := func(listener, transport, address string) *Facts {
		return &Facts{Listener: listener, Transport: transport, Address: netip.MustParseAddr(address)}
	}
	first := at("hall", "tcp", "192.0.2.1")
	certified := at("hall", "tcp", "192.0.2.1")
	certified.Certificates = []Certificate{{Issuer: "us"}}
	secure := at("hall", "tcp", "192.0.2.1")
	secure.Secure = true
	in := func(prefix string) []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix(prefix)} }
	for name, c := range map[string]struct {
		rules        []Rule
		requirements []Requirement
		other        *Facts
		want         bool
	}{
		"the same":             {[]Rule{{Verb: Allow, Listeners: []string{"hall"}}}, nil, first, true},
		"nothing is asked":     {[]Rule{{Verb: Allow, Users: []string{"alice"}}}, nil, at("yard", "smbdirect", "192.0.2.9"), true},
		"listeners":            {[]Rule{{Verb: Allow}, {Listeners: []string{"yard"}}}, nil, at("yard", "tcp", "192.0.2.1"), false},
		"transports":           {[]Rule{{Transports: []string{"smbdirect"}}}, nil, at("hall", "smbdirect", "192.0.2.1"), false},
		"addresses":            {[]Rule{{Addresses: in("192.0.2.0/29")}}, nil, at("hall", "tcp", "192.0.2.9"), false},
		"addresses of one net": {[]Rule{{Addresses: in("192.0.2.0/24")}}, nil, at("hall", "tcp", "192.0.2.9"), true},
		"a narrower net": {[]Rule{{Addresses: append(in("192.0.2.0/24"), in("192.0.2.1/32")...)}}, nil,
			at("hall", "tcp", "192.0.2.9"), false},
		"certificates":        {[]Rule{{Certificates: []CertificateMatch{{Issuer: "us"}}}}, nil, certified, false},
		"security":            {nil, nil, secure, false},
		"requirements":        {nil, []Requirement{{Listeners: []string{"yard"}, MinDialect: smb2.Dialect311}}, at("yard", "tcp", "192.0.2.1"), false},
		"requirements of all": {nil, []Requirement{{MinDialect: smb2.Dialect311}}, at("yard", "tcp", "192.0.2.1"), true},
	} {
		p, err := New("test", c.rules, c.requirements)
		if err != nil {
			t.Fatal(err)
		}
		if got, back := p.Alike(first, c.other), p.Alike(c.other, first); got != c.want || back != c.want {
			t.Errorf("%s: %v and %v, want %v", name, got, back, c.want)
		}
	}
}
