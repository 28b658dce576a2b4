package transports

import "testing"

// One server is called the same in several ways.
func TestCanonicalName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"":                   "",
		"Files.Example.COM":  "files.example.com",
		"files.example.com.": "files.example.com",
		"FILES":              "files",
		"192.0.2.7":          "192.0.2.7",
		"::ffff:192.0.2.7":   "192.0.2.7",
		"2001:DB8:0::1":      "2001:db8::1",
		"[2001:db8::1]":      "2001:db8::1",
		"Straße":             "straße",
	} {
		if got := CanonicalName(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
		if again := CanonicalName(want); again != want {
			t.Errorf("%q: %q the second time", want, again)
		}
	}
}
