//go:build lab

package main_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// asked is what a Samba client writes of a server instead of the one share.
func (l *lab) asked(program, server string, at share, args ...string) (string, error) {
	l.t.Helper()
	argv := l.client(program, at, args...)
	i := slices.Index(argv, "//"+at.host+"/share")
	argv[i] = server
	return l.try(60*time.Second, argv...)
}

// listed is what one writes that asks a server what it has.
func (l *lab) listed(program, server string, at share, args ...string) string {
	l.t.Helper()
	out, err := l.asked(program, server, at, args...)
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
	t.Run("tcp", pipesOverTCP)
	t.Run("quic", pipesOverQUIC)
}

func pipesOverTCP(t *testing.T) {
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

// pipesOverQUIC has clients of a QUIC listener ask for the shares: they are denied,
// and use the share all the same, unless the listener has pipes.
func pipesOverQUIC(t *testing.T) {
	l := newLab(t)
	l.certificates()
	l.smbd(4445)
	l.gateway("smbgw", served(l, "i", "quic!"+gatewayIP+"!4443", "tcp!"+gatewayIP+"!4445")+
		listener(l, "i-pipes", "quic!"+gatewayIP+"!4444", "pipes = true"))
	for _, protection := range protections {
		l.smbclient(overQUIC(4443), protection, "ls")
	}
	at := overQUIC(4443)
	if out, err := l.asked("smbclient", "//"+at.host+"/IPC$", at, "--command=help"); err != nil {
		t.Errorf("IPC$: %v\n%s", err, out)
	}
	// smbclient shows an empty list, and does not say why.
	if out, err := l.asked("smbclient", "--list="+at.host, at); err != nil || strings.Contains(out, "Disk") || strings.Contains(out, "IPC$") {
		t.Errorf("smbclient: %v\n%s", err, out)
	}
	if out, err := l.asked("rpcclient", at.host, at, "--command=netshareenumall 1"); err == nil || !strings.Contains(out, "NT_STATUS_ACCESS_DENIED") {
		t.Errorf("rpcclient: %v\n%s", err, out)
	}
	at = overQUIC(4444)
	contains(t, l.listed("smbclient", "--list="+at.host, at), []string{"share", "Disk", "of the lab"}, []string{"IPC$", "IPC", "Remote IPC"})
	contains(t, l.listed("rpcclient", at.host, at, "--command=netshareenumall 1"), []string{"netname: share"}, []string{"netname: IPC$"})
}
