package config

import "testing"

// A backend's connections are shared when it says so, with what else it says.
func TestPool(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]*Pool{
		``:                                   nil,
		`connections = "per-client"`:         nil,
		`connections = "shared"`:             {},
		"connections = \"shared\"\n pool {}": {},
		"connections = \"shared\"\n pool {\n connections = 1\n sessions = 65536\n requests = 8192\n }": {1, 65536, 8192},
	} {
		c, err := parse("x.hcl", []byte(minimal+"backend \"pooled\" {\n address = [\"tcp!h!445\"]\n"+words+"\n}\n"), networks())
		if err != nil {
			t.Errorf("%q: %v", words, err)
			continue
		}
		got := c.Backends[len(c.Backends)-1].Pool
		if (got == nil) != (want == nil) || got != nil && *got != *want {
			t.Errorf("%q: %+v, want %+v", words, got, want)
		}
	}
}
