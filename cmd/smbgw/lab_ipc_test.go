//go:build lab

package main_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// listed is what a Samba client writes that asks a server what it has instead of
// using its share.
func (l *lab) listed(program, server string, at share, args ...string) string {
	l.t.Helper()
	argv := l.client(program, at, args...)
	i := slices.Index(argv, "//"+at.host+"/share")
	argv[i] = server
	out, err := l.try(60*time.Second, argv...)
	if err != nil || strings.Contains(out, "NT_STATUS_") || strings.Contains(out, "WERR_") {
		l.t.Errorf("%s %v: %v\n%s", program, args, err, tail(out))
	}
	return out
}

// contains checks that a text has a line with all words of each row.
func contains(t *testing.T, out string, rows ...[]string) {
	t.Helper()
	for _, row := range rows {
		if !slices.ContainsFunc(strings.Split(out, "\n"), func(line string) bool {
			return !slices.ContainsFunc(row, func(word string) bool { return !strings.Contains(line, word) })
		}) {
			t.Errorf("no line has %q:\n%s", row, tail(out))
		}
	}
}

// clientsToPipes is i.
func clientsToPipes(t *testing.T) {
	l := newLab(t)
	l.gateway("smbgw", served(l, "i", "tcp!"+gatewayIP+"!4450", "tcp!"+gatewayIP+"!4445"))
	at := overTCP(gatewayIP, 4450)
	for _, protection := range []string{"sign", "encrypt"} {
		out := l.listed("smbclient", "--list="+at.host, at, "--max-protocol=SMB3", "--client-protection="+protection)
		contains(t, out, []string{"share", "Disk", "of the lab"}, []string{"IPC$", "IPC", "Remote IPC"})
	}
	rpc := func(command string) string { return l.listed("rpcclient", at.host, at, "--command="+command) }
	for _, level := range []string{"1", "2", "502"} {
		contains(t, rpc("netshareenumall "+level), []string{"netname: share"}, []string{"remark:", "of the lab"}, []string{"netname: IPC$"})
		contains(t, rpc("netshareenum "+level), []string{"netname: share"})
		contains(t, rpc("netsharegetinfo SHARE "+level), []string{"netname: share"})
	}
	host, err := os.Hostname()
	must(t, err)
	for _, level := range []string{"101", "102"} {
		contains(t, rpc("srvinfo "+level), []string{strings.ToUpper(host)})
	}
	rpc("netremotetod") // which says nothing when it succeeds
}
