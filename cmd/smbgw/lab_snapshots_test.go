//go:build lab

package main_test

import (
	"os"
	"strings"
	"testing"
	"time"
)

// snapshots has a client list the snapshots of a file and read from one.
func snapshots(t *testing.T) {
	l := newLab(t)
	s := l.smbd(4445, "vfs objects = shadow_copy2", "shadow:snapdir = .snapshots", "shadow:mountpoint = /lab/smbd4445/share")
	const then = "@GMT-2024.05.06-07.08.09"
	past := s.share + "/.snapshots/" + then
	must(t, os.MkdirAll(past, 0o755))
	must(t, os.WriteFile(past+"/report", []byte("as it was\n"), 0o644))
	must(t, os.WriteFile(s.share+"/report", []byte("as it is\n"), 0o644))
	must(t, os.MkdirAll(l.host("files"), 0o777))
	l.gateway("smbgw", served(l, "h", "tcp!"+gatewayIP+"!4450", "tcp!"+gatewayIP+"!4445"))
	out := l.run(20*time.Second, l.client("smbclient", overTCP(gatewayIP, 4450), "--command=allinfo report; "+
		`get "\`+then+`\report" /lab/files/then; get report /lab/files/now`)...)
	if !strings.Contains(out, then) {
		t.Errorf("the snapshot is not listed:\n%s", out)
	}
	for name, want := range map[string]string{"then": "as it was\n", "now": "as it is\n"} {
		if got, err := os.ReadFile(l.host("files/" + name)); string(got) != want {
			t.Errorf("%s: %q, %v, want %q\n%s", name, got, err, want, out)
		}
	}
}
