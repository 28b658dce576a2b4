package demo

import (
	"fmt"
	"io"
	"net"
	"time"
)

// relayPicture draws what is running.
func (d *demonstration) relayPicture(c chain, server string) {
	fmt.Fprintf(d.Out, `smbgw demo: two relays in a chain, SMB Direct in user space between them.

  your client
     |  tcp
  smbgw %s
     |  smbdirect: RDMA over iWARP, in this process, over loopback
  smbgw %s
     |  tcp
  %s

`, c.front, c.middle, server)
}

// relayCommands prints what a user can try against the chain.
func (d *demonstration) relayCommands(front net.Addr) {
	at := tcpAddr("tcp", front)
	fmt.Fprintf(d.Out, `Try, in another terminal, with a share and a user of that server:

  smbclient //%[1]s/SHARE -p %[2]s -U USER
  mount -t cifs //%[1]s/SHARE /mnt -o port=%[2]s,username=USER     (Linux, as root)
  open smb://USER@%[1]s:%[2]s/SHARE                                (macOS)

READ and WRITE cross the middle by RDMA when the session neither signs nor encrypts
them; what is protected crosses as it is. A connection's row appears at its end.
Ctrl-C ends the demonstration.

`, at.Host, at.Service)
}

// A relayTable prints connections, its heading with the first row.
type relayTable struct {
	out     io.Writer
	started bool
}

func (t *relayTable) row(c closed) {
	if !t.started {
		t.started = true
		fmt.Fprintf(t.out, "  %-22s %10s %10s  %-16s %-16s %9s  %s\n",
			"relay", "received", "sent", "reads by RDMA", "writes by RDMA", "time", "end")
	}
	fmt.Fprintf(t.out, "  %-22s %10s %10s  %-16s %-16s %9s  %s\n",
		legs(c.listener), size(int64(c.bytesIn)), size(int64(c.bytesOut)),
		fmt.Sprintf("%d of %d", c.placedReads, c.reads), fmt.Sprintf("%d of %d", c.placedWrites, c.writes),
		c.duration.Round(time.Millisecond), c.reason)
}

func legs(listener string) string {
	if listener == frontName {
		return "tcp -> smbdirect"
	}
	return "smbdirect -> tcp"
}
