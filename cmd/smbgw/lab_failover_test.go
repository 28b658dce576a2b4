//go:build lab

package main_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Failover between addresses of a backend:
//
//	l  cifs.ko -SMB Direct-> smbgw -TCP-> forwarder -TCP-> smbd
//	                           \-----------TCP----------> the same smbd
//
// The forwarder ends under a load that is verified, and comes back later.

// forwardRole passes what comes to args[0] on to args[1], and says so.
func forwardRole(t *testing.T, args []string) {
	l, err := net.Listen("tcp", args[0])
	must(t, err)
	for {
		from, err := l.Accept()
		must(t, err)
		fmt.Println("somebody has come")
		to, err := net.Dial("tcp", args[1])
		if err != nil {
			from.Close()
			continue
		}
		go pass(from, to)
		go pass(to, from)
	}
}

func pass(from, to net.Conn) {
	io.Copy(to, from)
	from.Close()
	to.Close()
}

// forward starts a forwarder of a port to another one.
func (l *lab) forward(port, to int) *process {
	l.t.Helper()
	p := l.role("forward", fmt.Sprint(gatewayIP, ":", port), fmt.Sprint(gatewayIP, ":", to))
	l.await(p, "the forwarder listens", 20*time.Second, func() bool { return l.listening(p, port) })
	return p
}

// verified is a load whose every block is verified, for some twenty seconds, past the
// cache. Its files are there before: fio flushes those that it makes, and a flush that
// a reconnect meets is not repeated by this kernel.
const verified = `fio --directory=/tmp/mnt --name=v --numjobs=2 --size=8m --rw=randrw --bsrange=4k-128k --direct=1 \
	--ioengine=psync --verify=crc32c --verify_fatal=1 --loops=3 --thinktime=20000 --group_reporting`

func failover(t *testing.T) {
	l := newLab(t)
	g := l.guest(1)
	l.smbd(4445, durable...)
	first := l.forward(4446, 4445)
	addresses := fmt.Sprintf("tcp!%s!4446 tcp!%[1]s!4445", gatewayIP)
	gw := l.gateway("smbgw", served(l, "l", "smbdirect!"+gatewayIP+"!5445", addresses))
	log := func(what string, limit time.Duration) {
		t.Helper()
		l.await(gw.process, what, limit, func() bool { return strings.Contains(gw.process.text(), what) })
	}
	unmount := g.mount(gatewayIP, "hard", "persistenthandles")
	g.run(60*time.Second, verified+" --create_only=1")
	load := g.spawn(verified)
	time.Sleep(5 * time.Second)
	first.stop(syscall.SIGKILL, 5*time.Second)
	log(`"backend address is down" backend=l address=tcp!`+gatewayIP+`!4446 reason="`, 20*time.Second)
	down := time.Now()
	if out, err := load.wait(100 * time.Second); err != nil {
		t.Fatalf("the load: %v\n%s", err, out)
	}
	t.Logf("the load ended well %v after the fall", time.Since(down).Round(time.Second))
	unmount()

	first = l.forward(4446, 4445)
	log(`"backend address is up" backend=l address=tcp!`+gatewayIP+`!4446`, 30*time.Second)
	come := strings.Count(first.text(), "somebody") // which the check is, too
	unmount = g.mount(gatewayIP)
	g.run(60*time.Second, "cat /tmp/mnt/v.* >/dev/null")
	unmount()
	if strings.Count(first.text(), "somebody") == come {
		t.Error("a new connection does not go to the first address, which is up again")
	}
	text := gw.process.text()
	if n := strings.Count(text, "backend address is"); n != 2 {
		t.Errorf("%d changes of addresses in the log, want one down and one up\n%s", n, text)
	}
}
