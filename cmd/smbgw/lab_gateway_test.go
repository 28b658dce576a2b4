//go:build lab

package main_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/smbgw/smbgw/auth/ntlm"
	"github.com/smbgw/smbgw/auth/users"
)

// A gateway is a running smbgw.
type gateway struct {
	lab     *lab
	name    string
	process *process
	stop    func(syscall.Signal, time.Duration) bool
	gone    bool
}

// gatewayBinary is the smbgw that is tested.
func gatewayBinary(t *testing.T) string {
	t.Helper()
	binary := os.Getenv("SMBGW_LAB_BIN")
	if binary == "" {
		t.Fatal("SMBGW_LAB_BIN names no smbgw; etc/lab/run builds one")
	}
	return binary
}

// gateway starts smbgw in the namespace on a configuration and waits until all
// its listeners are up.
func (l *lab) gateway(name, hcl string) *gateway {
	l.t.Helper()
	file := l.host(name + ".hcl")
	must(l.t, os.WriteFile(file, []byte(hcl), 0o644))
	g := &gateway{lab: l, name: name, process: l.start(name, gatewayBinary(l.t), "-c", file)}
	g.stop = g.process.stop
	g.ready(hcl, 10*time.Second)
	return g
}

// ready waits until all listeners are up. The gateway ends with the test.
func (g *gateway) ready(hcl string, limit time.Duration) {
	g.lab.t.Helper()
	listeners := strings.Count(hcl, "listen \"")
	g.lab.await(g.process, g.name+" listens", limit, func() bool {
		return strings.Count(g.process.text(), "msg=listening") == listeners
	})
	g.lab.t.Cleanup(g.end)
}

// kill ends smbgw as a crash does.
func (g *gateway) kill() {
	g.gone = true
	g.stop(syscall.SIGKILL, 5*time.Second)
}

// end ends smbgw as a service manager does; it has to end in order and soon.
func (g *gateway) end() {
	if g.gone {
		return
	}
	g.gone = true
	t := g.lab.t
	select {
	case <-g.process.ended:
		t.Errorf("%s ended by itself: %v\n%s", g.name, g.process.err, tail(g.process.text()))
		return
	default:
	}
	if !g.stop(syscall.SIGTERM, 10*time.Second) {
		t.Errorf("%s did not end within 10 s of SIGTERM\n%s", g.name, tail(g.process.text()))
	} else if g.process.err != nil {
		t.Errorf("%s ended with %v\n%s", g.name, g.process.err, tail(g.process.text()))
	}
	for _, bad := range []string{"panic:", "DATA RACE", password} {
		if strings.Contains(g.process.text(), bad) {
			t.Errorf("%q in the log of %s\n%s", bad, g.name, tail(g.process.text()))
		}
	}
}

// A closed is what smbgw says of connections that have ended.
type closed struct {
	connections               int    // since the start
	front, back               string // of the last one
	placedReads, placedWrites int64
	inlineReads, inlineWrites int64
	bytesIn, bytesOut         int64
}

// closed waits until n more connections of a listener are closed than before,
// and sums those up.
func (g *gateway) closed(listener string, n int, before *closed) *closed {
	g.lab.t.Helper()
	skip := 0
	if before != nil {
		skip = before.connections
	}
	var c *closed
	g.lab.await(g.process, "the line of a closed connection of "+listener, 10*time.Second, func() bool {
		c = closedLines(g.process.text(), listener, skip)
		return c.connections >= skip+n
	})
	return c
}

func closedLines(log, listener string, skip int) *closed {
	c := &closed{}
	for line := range strings.Lines(log) {
		if !strings.Contains(line, `msg="connection closed"`) || !strings.Contains(line, " listener="+listener+" ") {
			continue
		}
		c.connections++
		if c.connections <= skip {
			continue
		}
		word := attributes(line)
		number := func(key string) int64 {
			n, _ := strconv.ParseInt(word[key], 10, 64)
			return n
		}
		c.front, c.back = word["front"], word["back"]
		c.placedReads += number("placed_reads")
		c.placedWrites += number("placed_writes")
		c.inlineReads += number("inline_reads")
		c.inlineWrites += number("inline_writes")
		c.bytesIn += number("bytes_in")
		c.bytesOut += number("bytes_out")
	}
	return c
}

// attributes are the words KEY=VALUE of a log line; values with blanks in them
// are cut short, as nobody here asks for those.
func attributes(line string) map[string]string {
	word := map[string]string{}
	for _, f := range strings.Fields(line) {
		if key, value, ok := strings.Cut(f, "="); ok {
			word[key] = strings.Trim(value, `"`)
		}
	}
	return word
}

// relay is the configuration of a listener that relays to one backend, both
// called NAME. Where a side is quic the lab's certificates are its tls.
func relay(l *lab, name, listen, backend string) string {
	return listener(l, name, listen, fmt.Sprintf("relay = %q", name)) + server(l, name, backend)
}

// served is the configuration of a listener that serves one mount, "share", from
// a backend, to the lab's user. words are more of the listener's.
func served(l *lab, name, listen, backend string, words ...string) string {
	l.t.Helper()
	return listener(l, name, listen, words...) + server(l, name, backend) + shared(l, name)
}

// shared are the mount "share" of a backend and the lab's user. words are more
// of the users'.
func shared(l *lab, backend string, words ...string) string {
	l.t.Helper()
	file := l.host("users")
	_, _, err := users.Set(file, user, ntlm.Hash(password), time.Now())
	must(l.t, err)
	return fmt.Sprintf("users {\n  file = %q\n  %s\n}\nmount \"share\" {\n  backend = %q\n  comment = \"of the lab\"\n}\n",
		file, strings.Join(words, "\n  "), backend)
}

// listener is a listen block. Over QUIC it has the lab's certificate, unless its
// words say which.
func listener(l *lab, name, address string, words ...string) string {
	if strings.HasPrefix(address, "quic!") && !strings.Contains(strings.Join(words, ""), "tls {") {
		words = append(words, fmt.Sprintf("tls {\n    cert = %q\n    key = %q\n  }", l.host("tls/cert.pem"), l.host("tls/key.pem")))
	}
	return fmt.Sprintf("listen %q {\n  address = %q\n  %s\n}\n", name, address, strings.Join(words, "\n  "))
}

// server is a backend block; addresses are several with blanks between them.
func server(l *lab, name, addresses string) string {
	tls := ""
	if strings.HasPrefix(addresses, "quic!") {
		tls = fmt.Sprintf("  server_name = %q\n  tls {\n    ca = %q\n  }\n", gatewayName, l.host("tls/ca.pem"))
	}
	list := `"` + strings.Join(strings.Fields(addresses), `", "`) + `"`
	return fmt.Sprintf("backend %q {\n  address = [%s]\n%s}\n", name, list, tls)
}
