package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/smbgw/smbgw/transports"
)

// picture draws what is running.
func (d *demonstration) picture(h *house) {
	fmt.Fprintf(d.Out, `smbgw demo: two gateways that terminate SMB 3, SMB Direct in user space between them.

  client
     |  tcp
  smbgw %s:%s
     |  smbdirect: RDMA over iWARP, in this process, over loopback
  smbgw %s:%s, a share in memory

The client logs in, copies a file of %s up and down in requests of %s,
unsigned, and compares every block.

`, h.tcp.Host, h.tcp.Service, h.middle.Host, h.middle.Service, size(d.Size), size(requestSize))
}

// settle waits for the ends of n connections.
func (h *house) settle(n int) error {
	timeout := time.NewTimer(settleTime)
	defer timeout.Stop()
	for range n {
		select {
		case <-h.rows:
		case <-timeout.C:
			return errors.New("demo: the gateways have not let go of the copy's connections")
		}
	}
	return nil
}

// table prints what the copy was on each leg.
func (d *demonstration) table(h *house, phases []phase) {
	fmt.Fprintf(d.Out, "\n  %-5s %-10s %10s %9s %11s %12s %7s %12s\n",
		"copy", "leg", "bytes", "requests", "RDMA reads", "RDMA writes", "inline", "throughput")
	for _, p := range phases {
		name := p.name
		for i, t := range p.legs {
			n := t.n[bytesIn]
			if p.name == "down" {
				n = t.n[bytesOut]
			}
			fmt.Fprintf(d.Out, "  %-5s %-10s %10s %9d %11d %12d %7d %6.0f MiB/s\n", name, h.legs[i].name, size(n),
				t.n[requests], t.n[rdmaReads], t.n[rdmaWrites], t.n[inline], rate(n, t.ended.Sub(t.began)))
			name = ""
		}
	}
	fmt.Fprintf(d.Out, `
Every block came back as it was written: %s each way. What a client writes the
server fetches by RDMA read, what it reads the server puts in place by RDMA write.
Client, gateways and server share this machine's processors.

`, size(d.Size))
}

// commands prints what a user can try.
func (d *demonstration) commands(h *house) {
	fmt.Fprintf(d.Out, `The share stays up for your own client, with the file %[5]q in it and room for
%[6]s more. User %[3]s, password %[4]s

  smbclient //%[1]s/%[7]s -p %[2]s -U '%[3]s%%%[4]s'
  mount -t cifs //%[1]s/%[7]s /mnt -o port=%[2]s,username=%[3]s,password=%[4]s  (Linux, as root)
  open smb://%[3]s:%[4]s@%[1]s:%[2]s/%[7]s  (macOS; Finder: Go, Connect to Server)
  net use \\%[1]s\%[7]s /user:%[3]s %[4]s /tcpport:%[2]s  (Windows 11 24H2, Server 2025)

`, h.tcp.Host, h.tcp.Service, userName, h.password, copyName, size(storeRoom), shareName)
	if h.quic != (transports.Addr{}) {
		fmt.Fprintf(d.Out, `Over QUIC, UDP port %[1]s, with a certificate for localhost that was made just now:

  smbclient //localhost/%[4]s -U '%[2]s%%%[3]s' --option='client smb transports=quic:%[1]s' \
    --option='tls cafile=%[5]s'  (Samba 4.23)
  net use \\localhost\%[4]s /user:%[2]s %[3]s /transport:quic /quicport:%[1]s
    (Windows, with %[5]s among its trusted root certificates)

`, h.quic.Service, userName, h.password, shareName, h.cert)
	}
	fmt.Fprint(d.Out, `A connection's rows appear at its end: the client's, and the one that the gateway
had for it. Clients of other machines: -listen ADDRESS:PORT. In front of an SMB
server of yours: -server HOST[:PORT]. Ctrl-C ends the demonstration.

`)
}

// follow prints connections as they end, until ctx does.
func (d *demonstration) follow(ctx context.Context, h *house) {
	started := false
	for {
		select {
		case r := <-h.rows:
			if !started {
				started = true
				fmt.Fprintf(d.Out, "  %-10s %-21s %10s %10s %9s %11s %12s %7s %9s\n",
					"leg", "peer", "received", "sent", "requests", "RDMA reads", "RDMA writes", "inline", "time")
			}
			fmt.Fprintf(d.Out, "  %-10s %-21s %10s %10s %9d %11d %12d %7d %9s\n",
				r.leg, r.peer, size(r.n[bytesIn]), size(r.n[bytesOut]), r.n[requests],
				r.n[rdmaReads], r.n[rdmaWrites], r.n[inline], r.ended.Sub(r.began).Round(time.Millisecond))
		case f := <-d.records.faults:
			fmt.Fprintf(d.Out, "  %s\n", f)
		case <-ctx.Done():
			return
		}
	}
}

// tellFaults prints what the gateways have found wrong so far, for a copy that
// failed: they know more than the client.
func (d *demonstration) tellFaults() {
	for {
		select {
		case f := <-d.records.faults:
			fmt.Fprintf(d.Out, "  %s\n", f)
		default:
			return
		}
	}
}

// size is a number of bytes for people.
func size(n int64) string {
	switch {
	case n >= 10<<30 || n >= 1<<30 && n%(1<<30) == 0:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 10<<20 || n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 10<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}
