//go:build lab

package main_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// enter is what runs a program of the Samba tree: in a mount namespace of its
// own (ip netns exec makes one), so that nothing has to be unmounted, with a
// /dev of its own, so that nothing in there can hurt the machine's.
const enter = `
set -e
tree=$1 dir=$2
shift 2
mount --make-rprivate /
mount -t proc proc "$tree/proc"
mount -t tmpfs tmpfs "$tree/dev"
for node in null:3 zero:5 full:7 random:8 urandom:9; do
	mknod -m 666 "$tree/dev/${node%:*}" c 1 "${node#*:}"
done
mount -t tmpfs tmpfs "$tree/run"
mount -t tmpfs tmpfs "$tree/tmp"
mount --bind "$dir" "$tree/lab"
mount --bind "$dir/hosts" "$tree/etc/hosts"
exec chroot "$tree" "$@"
`

// samba is the command line of a program in the Samba tree.
func (l *lab) samba(argv ...string) []string {
	return append([]string{"sh", "-c", enter, "sh", l.cache + "/samba", l.dir}, argv...)
}

// A share is where clients find //host/share and with which options.
type share struct {
	host string
	via  []string
}

// overTCP is a share that an SMB server or gateway on the namespace's own
// address, or a guest, offers on a port. Not by the clients' own -p, which some
// tests of smbtorture do not look at.
func overTCP(host string, port int) share {
	return share{host, []string{"--option=client smb transports=tcp:" + fmt.Sprint(port)}}
}

// overQUIC is a share that the gateway offers by its name, which its
// certificate carries.
func overQUIC(port int) share {
	return share{gatewayName, []string{
		"--option=client smb transports=quic:" + fmt.Sprint(port),
		"--option=tls cafile=/lab/tls/ca.pem",
		"--option=tls trust system cas=no",
		"--option=tls verify peer=ca_and_name",
	}}
}

// client is the command line of a Samba client for a share.
func (l *lab) client(program string, at share, args ...string) []string {
	l.t.Helper()
	conf := "[global]\n\tworkgroup = LAB\n\tnetbios name = CLIENT\n\tname resolve order = host\n"
	for _, d := range []string{"state", "cache", "lock", "private", "pid"} {
		must(l.t, os.MkdirAll(l.host("client/"+d), 0o755))
	}
	conf += directories("/lab/client")
	must(l.t, os.WriteFile(l.host("client/smb.conf"), []byte(conf), 0o644))
	argv := append([]string{program, "//" + at.host + "/share", "--configfile=/lab/client/smb.conf",
		"--user=" + user + "%" + password}, at.via...)
	return l.samba(append(argv, args...)...)
}

// smbclient runs commands of smbclient, in which local files are /lab/files/*.
func (l *lab) smbclient(at share, protection string, commands ...string) {
	l.t.Helper()
	// Over QUIC smbclient itself is slow at uploading, a megabyte or two a second:
	// acknowledgements, which come at once, wait unread in its socket. Its own
	// patience with a request, 20 s, is less than what it has queued then.
	args := []string{"--timeout=120", "--command=" + strings.Join(commands, "; ")}
	switch protection {
	case unprotected:
		args = append(args, "--option=client signing=if_required")
	case "sign":
		args = append(args, "--client-protection=sign")
	case "seal":
		args = append(args, "--client-protection=encrypt")
	}
	out, err := l.try(180*time.Second, l.client("smbclient", at, args...)...)
	// smbclient goes on after a command that failed and then returns success.
	if err != nil || strings.Contains(out, "NT_STATUS_") {
		l.t.Fatalf("smbclient %s: %v\n%s", strings.Join(commands, "; "), err, tail(out))
	}
}

// unprotected is the session without signing or encryption.
const unprotected = "unsigned"

func directories(base string) string {
	return fmt.Sprintf("\tstate directory = %s/state\n\tcache directory = %[1]s/cache\n\tlock directory = %[1]s/lock\n"+
		"\tprivate dir = %[1]s/private\n\tpid directory = %[1]s/pid\n\tncalrpc dir = %[1]s/ncalrpc\n", base)
}

// A smbd is Samba's server in the namespace, with everything it writes in a
// folder of its own.
type smbd struct {
	share string // its files on the host
	port  int
}

// smbd starts a server; settings go to its global section.
func (l *lab) smbd(port int, settings ...string) *smbd {
	l.t.Helper()
	name := fmt.Sprint("smbd", port)
	base := "/lab/" + name
	for _, d := range []string{"", "state", "cache", "lock", "private", "pid", "ncalrpc", "share"} {
		must(l.t, os.MkdirAll(l.host(name+"/"+d), 0o755))
	}
	s := &smbd{l.host(name + "/share"), port}
	must(l.t, os.Chmod(s.share, 0o777))
	conf := "[global]\n\tworkgroup = LAB\n\tnetbios name = LABSMBD\n\tserver role = standalone server\n" +
		"\tmap to guest = never\n\tdisable netbios = yes\n\tload printers = no\n\tdisable spoolss = yes\n" +
		fmt.Sprintf("\tsmb ports = %d\n\tlog file = %s/smbd.log\n\tmax log size = 0\n\tlog level = 1\n", port, base) +
		directories(base)
	for _, line := range settings {
		conf += "\t" + line + "\n"
	}
	conf += "[share]\n\tpath = " + base + "/share\n\tread only = no\n"
	must(l.t, os.WriteFile(l.host(name+"/smb.conf"), []byte(conf), 0o644))
	add := l.command(l.t.Context(), l.samba("smbpasswd", "-c", base+"/smb.conf", "-a", "-s", user)...)
	add.Stdin = strings.NewReader(password + "\n" + password + "\n")
	if out, err := add.CombinedOutput(); err != nil {
		l.t.Fatalf("smbpasswd: %v\n%s", err, out)
	}
	// Without its own group smbd would end the one it was started in; start
	// makes it a group of its own, and stop ends all of it.
	p := l.start(name, l.samba("smbd", "--foreground", "--no-process-group", "--configfile="+base+"/smb.conf")...)
	l.await(p, name+" listens", 20*time.Second, func() bool { return l.listening(p, port) })
	return s
}

// clear removes all files of the share.
func (s *smbd) clear(t *testing.T) {
	t.Helper()
	all, err := filepath.Glob(s.share + "/*")
	must(t, err)
	for _, f := range all {
		must(t, os.RemoveAll(f))
	}
}

// torture runs tests of smbtorture, one after the other, and returns what has
// come of each. Those that follow one that hangs have no result: some wait for
// ever for what another client has done too early.
func (l *lab) torture(limit time.Duration, at share, tests ...string) map[string]string {
	l.t.Helper()
	out, _ := l.smbtorture(limit, at, tests...)
	results := map[string]string{}
	for _, m := range resultLine.FindAllStringSubmatch(out, -1) {
		for _, test := range tests {
			if strings.HasSuffix(test, "."+m[2]) { // a result is named without its suite
				results[test] = m[1]
			}
		}
	}
	return results
}

// smbtorture runs smbtorture and returns what it wrote.
func (l *lab) smbtorture(limit time.Duration, at share, args ...string) (out string, complete bool) {
	l.t.Helper()
	// A failed test makes the program fail; what counts is what it wrote.
	out, err := l.try(limit, l.client("smbtorture", at, args...)...)
	appendFile(l.t, l.host("smbtorture.log"), fmt.Sprintf("== %s %s %s (%v)\n%s", args, at.host, at.via, err, out))
	return out, !errors.Is(err, errLimit)
}

// resultLine is how smbtorture ends a test: "success: rw1", "failure: rw1 [".
var resultLine = regexp.MustCompile(`(?m)^(success|failure|error|skip): (.+?)(?: \[)?$`)
