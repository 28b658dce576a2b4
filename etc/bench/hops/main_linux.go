package main

import (
	"encoding/binary"
	"flag"
	"fmt"
	"log"
	"slices"
	"strconv"
	"time"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

var (
	length = flag.Duration("time", 3*time.Second, "look for `D`")
	size   = flag.Uint("size", 4096, "READs of `N` bytes")
)

func main() {
	log.SetFlags(0)
	flag.Parse()
	if flag.NArg() != 2 {
		flag.Usage()
		log.Fatal("RELAY-PORT and SERVER-PORT are missing")
	}
	t := &trip{relay: port(flag.Arg(0)), server: port(flag.Arg(1)), size: uint32(*size)}
	c, err := open()
	if err != nil {
		log.Fatal(err)
	}
	if err := c.each(*length, t.packet); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.1f %.1f\n", percentile99(t.inRelay), percentile99(t.inServer))
}

func port(s string) uint16 {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		log.Fatalf("%q is no port", s)
	}
	return uint16(n)
}

// percentile99 is in microseconds.
func percentile99(times []time.Duration) float64 {
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	return float64(times[(len(times)-1)*99/100].Nanoseconds()) / 1e3
}

// A trip is a READ on its way, as far as it has been seen, and how long those before
// it took.
type trip struct {
	relay, server uint16
	size          uint32

	asked, passed, answered time.Duration // when it reached relay and server, and its answer the relay; 0 for not yet
	inRelay, inServer       []time.Duration
}

// packet looks at an IPv4 packet with TCP.
func (t *trip) packet(at time.Duration, b []byte) {
	from, to, element := parse(b)
	if len(element) < smb2.HeaderSize+8 || smb2.KindOf(element) != smb2.KindSMB2 {
		return
	}
	h := smb2.Header(element)
	// Length and DataLength are at the same place, [MS-SMB2] 2.2.19, 2.2.20.
	if h.Command() != smb2.CommandRead || binary.LittleEndian.Uint32(element[smb2.HeaderSize+4:]) != t.size {
		return
	}
	switch reply := h.Has(smb2.FlagReply); {
	case !reply && to == t.relay:
		t.asked, t.passed, t.answered = at, 0, 0
	case !reply && to == t.server && t.asked != 0:
		t.passed = at
	case reply && from == t.server && t.passed != 0:
		t.answered = at
	case reply && from == t.relay && t.answered != 0:
		t.inRelay = append(t.inRelay, t.passed-t.asked+at-t.answered)
		t.inServer = append(t.inServer, t.answered-t.passed)
		t.asked, t.passed, t.answered = 0, 0, 0
	}
}

// parse finds the ports, and the message that begins in a packet.
func parse(b []byte) (from, to uint16, element []byte) {
	if len(b) < 20 {
		return 0, 0, nil
	}
	head := int(b[0]&15) * 4
	if len(b) < head+20 {
		return 0, 0, nil
	}
	tcp := b[head:]
	from, to = binary.BigEndian.Uint16(tcp), binary.BigEndian.Uint16(tcp[2:])
	if head = int(tcp[12]>>4)*4 + transports.PrefixSize; len(tcp) < head {
		return 0, 0, nil
	}
	return from, to, tcp[head:]
}
