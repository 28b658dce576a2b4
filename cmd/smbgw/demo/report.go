package demo

import (
	"fmt"
	"io"
	"net"
	"time"
)

// picture draws what is running.
func (d *demonstration) picture(client string, c chain, server string) {
	fmt.Fprintf(d.Out, `smbgw demo: two relays in a chain, SMB Direct in user space between them.

  %s
     |  tcp
  smbgw %s
     |  smbdirect: RDMA over iWARP, in this process, over loopback
  smbgw %s
     |  tcp
  %s

`, client, c.front, c.middle, server)
}

// commands prints what a user can try against the chain.
func (d *demonstration) commands(front net.Addr) {
	host, port, err := net.SplitHostPort(front.String())
	if err != nil {
		host, port = front.String(), ""
	}
	fmt.Fprintf(d.Out, `Try, in another terminal, with a share and a user of that server:

  smbclient //%[1]s/SHARE -p %[2]s -U USER
  mount -t cifs //%[1]s/SHARE /mnt -o port=%[2]s,username=USER     (Linux, as root)
  open smb://USER@%[1]s:%[2]s/SHARE                                (macOS)

READ and WRITE cross the middle by RDMA when the session neither signs nor encrypts
them; what is protected crosses as it is. A connection's row appears at its end.
Ctrl-C ends the demonstration.

`, host, port)
}

// A table prints connections, its heading with the first row.
type table struct {
	out     io.Writer
	started bool
}

func newTable(w io.Writer) *table { return &table{out: w} }

func (t *table) row(c closed) {
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

// summary prints the rows of the load's connection and what it all shows.
func (d *demonstration) summary(direct, through result) error {
	fmt.Fprintln(d.Out)
	t := newTable(d.Out)
	timeout := time.NewTimer(settleTime)
	defer timeout.Stop()
	rows := map[string]closed{}
	for len(rows) < 2 {
		select {
		case c := <-d.records.closed:
			rows[c.listener] = c
		case <-timeout.C:
			return fmt.Errorf("demo: the gateways have not said how the connection ended")
		}
	}
	t.row(rows[frontName])
	t.row(rows[middleName])
	fmt.Fprintf(d.Out, `
Every block came back as it was written: %s each way. Through the chain, writing
ran at %.0f%% and reading at %.0f%% of the direct speed; client, server and both relays share
this machine's processors.

To put the chain in front of an SMB server of yours, for your own client:

  go run ./cmd/smbgw demo -server HOST[:PORT]
`, size(through.bytes), 100*through.written/direct.written, 100*through.readIn/direct.readIn)
	return nil
}

// reasons prints what the gateways have said so far, for a load that failed:
// they know more than the client.
func (d *demonstration) reasons() {
	t := newTable(d.Out)
	timeout := time.NewTimer(settleTime)
	defer timeout.Stop()
	for range 2 {
		select {
		case c := <-d.records.closed:
			t.row(c)
		case f := <-d.records.faults:
			fmt.Fprintf(d.Out, "  %s\n", f)
		case <-timeout.C:
			return
		}
	}
}

// size is a number of bytes for people.
func size(n int64) string {
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 10<<20 || n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 10<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}
