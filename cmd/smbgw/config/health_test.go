package config

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/smbgw/smbgw/gateway/health"
)

// A file that says nothing has the defaults of package health, and one that says
// something has that.
func TestHealth(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]health.Options{
		"":                     {},
		"timeout = \"1m\"":     {Timeout: time.Minute},
		"timeout = \"1500ms\"": {Timeout: 1500 * time.Millisecond},
		"health {\n}":          {},
		"health {\n check = \"always\"\n interval = \"1h\"\n}": {Mode: health.Always, Interval: time.Hour},
		"health {\n check = \"never\"\n}":                      {Mode: health.Never},
		"health {\n check = \"down\"\n interval = \"1s\"\n}":   {Interval: time.Second},
	} {
		file := filepath.Join(t.TempDir(), "smbgw.hcl")
		src := "listen \"l\" {\n address = \"tcp!*!445\"\n relay = \"b\"\n}\nbackend \"b\" {\n address = [\"tcp!nas!445\"]\n" + text + "\n}\n"
		if err := os.WriteFile(file, []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Load(file, map[string]Network{"tcp": {Socket: "tcp"}})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := c.Backends[0].Health; got != want {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
}

func TestSpan(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		time.Second: "1s", time.Minute: "1m", time.Hour: "1h", 90 * time.Minute: "1h30m", 90 * time.Second: "1m30s", 10 * time.Minute: "10m",
	} {
		if got := span(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}
