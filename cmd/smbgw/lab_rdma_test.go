//go:build lab

package main_test

import (
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A fabric is a kind of RDMA device in software, as it differs for SMB Direct.
type fabric struct {
	kind string // of rdma link add
	port int    // [MS-SMBD] 1.9
}

var (
	siw = fabric{"siw", 5445} // iWARP
	rxe = fabric{"rxe", 445}  // RoCEv2
)

var fabrics = []fabric{rxe, siw}

// name is that of the guest's device.
func (f fabric) name() string { return f.kind + "1" }

// device gives the guest another RDMA device instead of siw1, which it has when
// it boots.
func (g *guest) device(f fabric) {
	g.lab.t.Helper()
	g.over = f
	if f == rxe {
		// A guest takes from its raw link what fits into a socket's buffer of
		// 200 KB, and RoCE in software knows no congestion: without a pace it
		// sends most of it twice.
		g.lab.run(10*time.Second, "tc", "qdisc", "replace", "dev", g.link, "root", "tbf", "rate", "400mbit", "burst", "64kb", "latency", "500ms")
	}
	if f != siw {
		g.run(10*time.Second, "rdma link del siw1; rdma link add "+f.name()+" type "+f.kind+" netdev vec0")
	}
}

// guestsWith boots guests 1 to n, each with that device.
func (l *lab) guestsWith(f fabric, n int) []*guest {
	l.t.Helper()
	gs := l.guests(n)
	for _, g := range gs {
		g.device(f)
	}
	return gs
}

// resources are what the kernel keeps of a device's objects: those of programs
// and those of its own, by kind.
type resources map[string]int

var countOf = regexp.MustCompile(`(\w+) (\d+)`)

// resources counts the objects of a device.
func (g *guest) resources(device string) resources {
	g.lab.t.Helper()
	r := resources{}
	for line := range strings.Lines(g.run(10*time.Second, "rdma res show "+device)) {
		_, counts, _ := strings.Cut(line, device+":")
		for _, m := range countOf.FindAllStringSubmatch(counts, -1) {
			r[m[1]], _ = strconv.Atoi(m[2])
		}
	}
	return r
}

// left waits until a device has the objects that it had before: what is
// destroyed goes a moment later.
func (g *guest) left(device string, before resources, limit time.Duration) {
	g.lab.t.Helper()
	var now resources
	for end := time.Now().Add(limit); ; time.Sleep(100 * time.Millisecond) {
		if now = g.resources(device); maps.Equal(now, before) {
			return
		}
		if time.Now().After(end) {
			break
		}
	}
	details, _ := g.try(10*time.Second, "for k in qp cq pd mr cm_id ctx; do rdma res show $k; done")
	g.lab.t.Errorf("%s in %s has %v, before it had %v\n%s", device, g.name, now, before, details)
}

// counters are the hardware counters of a device that are not zero.
func (g *guest) counters(device string) string {
	g.lab.t.Helper()
	out, _ := g.try(10*time.Second, fmt.Sprintf(`cd /sys/class/infiniband/%s/ports/1/hw_counters 2>/dev/null || exit 0; for c in *; do echo "$c $(cat $c)"; done`, device))
	var said []string
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); !strings.HasSuffix(line, " 0") && !strings.HasPrefix(line, "lifespan") {
			said = append(said, line)
		}
	}
	return strings.Join(said, ", ")
}
