package transports

import (
	"errors"
	"strings"
	"testing"
)

func TestParseAddr(t *testing.T) {
	for _, c := range []struct {
		in, host, hostPort string
	}{
		{"tcp!fileserver!445", "fileserver", "fileserver:445"},
		{"tcp!*!445", "*", ":445"},
		{"tcp!127.0.0.1!0", "127.0.0.1", "127.0.0.1:0"},
		{"quic!file_server-1.example.!443", "file_server-1.example.", "file_server-1.example.:443"},
		{"tcp![2001:db8::1]!445", "2001:db8::1", "[2001:db8::1]:445"},
		{"tcp![fe80::1%eth0]!65535", "fe80::1%eth0", "[fe80::1%eth0]:65535"},
		{"tcp![::ffff:1.2.3.4]!1", "::ffff:1.2.3.4", "[::ffff:1.2.3.4]:1"},
		{"tcp!h!smb", "h", "h:445"},
		{"tcp!h!microsoft-ds", "h", "h:445"},
		{"iwarp!h!smbdirect", "h", "h:5445"},
		{"quic!h!quic", "h", "h:443"},
		{"unheard0f!h!1", "h", "h:1"},
	} {
		a, err := ParseAddr(c.in)
		if err != nil {
			t.Errorf("ParseAddr(%q): %v", c.in, err)
			continue
		}
		if a.Host != c.host || a.String() != c.in {
			t.Errorf("ParseAddr(%q): host %q, string %q", c.in, a.Host, a.String())
		}
		if hp, err := a.HostPort(); err != nil || hp != c.hostPort {
			t.Errorf("HostPort of %q: %q, %v, want %q", c.in, hp, err, c.hostPort)
		}
	}
}

// Every mistake is named with the part it is in.
func TestAddrErrors(t *testing.T) {
	for in, want := range map[string]string{
		"":                         `address is empty: want net!host!service, as in tcp!fileserver!445`,
		"tcp":                      `address "tcp": host is missing: want net!host!service, as in tcp!tcp!445`,
		"host:445":                 `address "host:445": host is missing: want net!host!service, as in tcp!fileserver!445`,
		"tcp!h":                    `address "tcp!h": service is missing: want a port number or a name behind the host, as in tcp!h!445`,
		"tcp!h!1!2":                `address "tcp!h!1!2": want exactly two exclamation marks, net!host!service`,
		"!h!1":                     `address "!h!1": network is missing: want lower-case letters and digits, as in tcp`,
		"TCP!h!1":                  `address "TCP!h!1": network "TCP": want lower-case letters and digits, as in tcp`,
		"9p!h!1":                   `address "9p!h!1": network "9p": want lower-case letters and digits, as in tcp`,
		"tcp!!1":                   `address "tcp!!1": host is missing: want a host name, an address, or * for all addresses`,
		"tcp!::1!1":                `address "tcp!::1!1": host "::1": want brackets around an IPv6 address, as in [::1]`,
		"tcp!h:445!445":            `address "tcp!h:445!445": host "h:445": want a host alone: the port is the third part, as in tcp!fileserver!445`,
		"tcp![h]!1":                `address "tcp![h]!1": host "[h]": want an IPv6 address between the brackets, as in [2001:db8::1]`,
		"tcp![1.2.3.4]!1":          `address "tcp![1.2.3.4]!1": host "[1.2.3.4]": want an IPv6 address between the brackets, as in [2001:db8::1]`,
		"tcp![::1!1":               `address "tcp![::1!1": host "[::1": want an IPv6 address between the brackets, as in [2001:db8::1]`,
		"tcp!1.2.3.256!1":          `address "tcp!1.2.3.256!1": host "1.2.3.256": want an IPv4 address of four numbers from 0 to 255`,
		"tcp!a b!1":                `address "tcp!a b!1": host "a b": want a host name without " "`,
		"tcp!a..b!1":               `address "tcp!a..b!1": host "a..b": want a host name whose parts have 1 to 63 bytes`,
		"tcp!h!":                   `address "tcp!h!": service is missing: want a port number or a service's name, as in 445 or smb`,
		"tcp!h!65536":              `address "tcp!h!65536": service "65536": want a port number from 0 to 65535`,
		"tcp!h!0000000":            `address "tcp!h!0000000": service "0000000": want a port number from 0 to 65535`,
		"tcp!h!4 5":                `address "tcp!h!4 5": service "4 5": want a port number or a service's name of letters, digits and hyphens`,
		"tcp!h!abcdefghijklmnop":   `address "tcp!h!abcdefghijklmnop": service "abcdefghijklmnop": want a port number or a service's name of at most 15 bytes`,
		"tcp!" + long(64) + "!1":   `address "tcp!` + long(64) + `!1": host "` + long(64) + `": want a host name whose parts have 1 to 63 bytes`,
		"tcp!" + names(130) + "!1": `address "tcp!` + names(130) + `!1": host "` + names(130) + `": want a host name of at most 253 bytes`,
	} {
		_, err := ParseAddr(in)
		if _, ok := errors.AsType[*AddrError](err); !ok || err.Error() != want {
			t.Errorf("ParseAddr(%q):\n got %v\nwant %s", in, err, want)
		}
	}
}

func long(n int) string  { return strings.Repeat("a", n) }
func names(n int) string { return strings.Repeat("a.", n) + "b" }

// What only makes sense for an address to announce is refused for dialling.
func TestDialHostPort(t *testing.T) {
	for in, want := range map[string]string{
		"tcp!h!445":    "h:445",
		"tcp!*!445":    "",
		"tcp!h!0":      "",
		"tcp![::]!smb": "[::]:445",
	} {
		a, err := ParseAddr(in)
		if err != nil {
			t.Fatal(err)
		}
		got, err := a.DialHostPort()
		if _, ok := errors.AsType[*AddrError](err); got != want || ok != (want == "") {
			t.Errorf("DialHostPort of %s: %q, %v, want %q", in, got, err, want)
		}
	}
	if _, err := (Addr{"tcp", "h", "no-such-service"}).Port(); err == nil {
		t.Error("Port of an unknown service: no error")
	}
}

func FuzzParseAddr(f *testing.F) {
	for _, s := range []string{"tcp!*!445", "tcp![fe80::1%e]!smb", "quic!a.b!0443", "tcp!1.2.3.4!0", "a!!b", "[!]!"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAddr(s)
		if err != nil {
			if _, ok := errors.AsType[*AddrError](err); !ok {
				t.Fatalf("ParseAddr(%q): %T", s, err)
			}
			return
		}
		b, err := ParseAddr(a.String())
		if err != nil || b != a {
			t.Fatalf("%q is %+v, %q is %+v: %v", s, a, a.String(), b, err)
		}
	})
}
