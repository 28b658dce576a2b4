package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/smb2test"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect"
	"github.com/smbgw/smbgw/transports/smbdirect/iwarp"
	"github.com/smbgw/smbgw/transports/tcp"
	"github.com/smbgw/smbgw/transports/transporttest"
)

// cutAt are the bytes after which a leg is killed: within the MPA frames, the
// SMB Direct negotiation, each SMB2 message of the exchange, and the placed
// data. Beyond the last nothing is cut.
var cutAt = []int64{0, 1, 19, 20, 31, 32, 40, 60, 90, 120, 150, 200, 260, 330, 400, 600, 1000,
	5000, 60_000, 70_000, 140_000, 200_000, 270_000, 400_000, 530_000, 1 << 40}

// TestCutLeg kills either leg of a relay at any step of set-up and transfer,
// with and without warning, and expects that everything is given back: every
// goroutine, every file descriptor, every buffer. It does not run beside other
// tests because descriptors are the process's.
func TestCutLeg(t *testing.T) {
	for _, leg := range []string{"front", "back"} {
		for _, front := range []string{"tcp", "smbdirect"} {
			for _, side := range []string{"towards backend", "towards client"} {
				for _, reset := range []bool{false, true} {
					name := fmt.Sprintf("%s/%s/%s/reset=%v", front, leg, side, reset)
					t.Run(name, func(t *testing.T) {
						for _, n := range cutAt {
							cutOnce(t, front, leg, cutter{limit: n, inward: side == "towards backend", reset: reset})
						}
					})
				}
			}
		}
	}
}

func cutOnce(t *testing.T, front, leg string, c cutter) {
	t.Run(fmt.Sprint(c.limit), func(t *testing.T) {
		open := descriptors(t)
		t.Cleanup(func() {
			for end := time.Now().Add(5 * time.Second); descriptors(t) > open; time.Sleep(time.Millisecond) {
				if time.Now().After(end) {
					t.Errorf("%d file descriptors, %d before", descriptors(t), open)
					return
				}
			}
		})
		transporttest.Watch(t)
		arena := new(transports.Arena)
		transporttest.Buffers(t, arena)
		plain := tcp.Network{Arena: arena}
		direct := smbdirect.Over(new(iwarp.Provider), smbdirect.Options{Arena: arena})
		near, far := transports.Network(plain), transports.Network(direct)
		if front == "smbdirect" {
			near, far = far, near
		}

		server := serveSMB(t, far, transports.Addr{Network: "far", Host: "127.0.0.1", Service: "0"})
		if leg == "back" {
			server = c.before(t, server)
		}
		at, log, stop := relay(t, near, transports.Addr{Network: "near", Host: "127.0.0.1", Service: "0"}, far, server)
		if leg == "front" {
			at = c.before(t, at)
		}
		whole := exchangeSMB(t, near, at)
		stop()
		if c.limit == 1<<40 && !whole {
			t.Errorf("exchange incomplete without a cut; reasons %q", log.closed("reason"))
		}
	})
}

// exchangeSMB does what a client does, and says whether it got to its end.
func exchangeSMB(t *testing.T, n transports.Network, at transports.Addr) bool {
	conn, err := n.Dial(t.Context(), at)
	if err != nil {
		return false
	}
	defer conn.Close()
	c := smb2test.NewClient(conn)
	if _, err := c.Negotiate(smb2.Dialect311); err != nil {
		return false
	}
	if err := c.TreeConnect(); err != nil {
		return false
	}
	data := bytes.Repeat([]byte("smbgw"), 200_000/5)
	read, write := c.Read, c.Write
	if p, ok := conn.(transports.Placer); ok && !p.Placement().Server {
		how := smb2test.Placing{Channel: smb2.ChannelV1Invalidate}
		read = func(offset uint64, n uint32) ([]byte, smb2.Status, error) { return c.ReadPlaced(offset, n, how) }
		write = func(offset uint64, b []byte) (uint32, smb2.Status, error) { return c.WritePlaced(offset, b, how) }
	}
	if n, status, err := write(0, data); err != nil || status != 0 || int(n) != len(data) {
		return false
	}
	got, status, err := read(0, uint32(len(data)))
	if err != nil || status != 0 {
		return false
	}
	if !bytes.Equal(got, data) {
		t.Error("what was read is not what was written")
	}
	return true
}

// A client that has not logged in cannot make the relay set memory aside: a
// long message ends the connection before it is there.
func TestLongBeforeLogin(t *testing.T) {
	for _, networks := range []string{"tcp", "smbdirect"} {
		t.Run(networks, func(t *testing.T) {
			arena := new(transports.Arena)
			transporttest.Buffers(t, arena)
			plain := tcp.Network{Arena: arena}
			direct := smbdirect.Over(new(iwarp.Provider), smbdirect.Options{Arena: arena})
			near, far := transports.Network(plain), transports.Network(direct)
			if networks == "smbdirect" {
				near, far = far, near
			}
			server := serveSMB(t, far, transports.Addr{Network: "far", Host: "127.0.0.1", Service: "0"})
			at, log, stop := relay(t, near, transports.Addr{Network: "near", Host: "127.0.0.1", Service: "0"}, far, server)
			conn, err := near.Dial(t.Context(), at)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			c := smb2test.NewClient(conn)
			if _, err := c.Negotiate(smb2.Dialect311); err != nil {
				t.Fatal(err)
			}
			if _, _, err := c.Write(0, make([]byte, 200_000)); err == nil {
				t.Error("a WRITE of 200000 bytes passed before the log-in")
			}
			<-log.gone // the gateway's own reason; a stop would be one too
			stop()
			if why := fmt.Sprint(log.closed("reason")); !strings.Contains(why, "limit 131072") {
				t.Errorf("reason %s", why)
			}
		})
	}
}

// serveSMB runs an SMB2 server with a file in memory and returns where it is.
func serveSMB(t *testing.T, n transports.Network, at transports.Addr) transports.Addr {
	t.Helper()
	return announce(t, n, at, func(c transports.Conn) {
		s := &smb2test.Server{Conn: c, Dialect: smb2.Dialect311, File: make([]byte, 1<<20)}
		s.Serve() // it ends with its connection, for whatever reason
	})
}

// A cutter is a TCP proxy that kills the connection when limit bytes have
// passed in one direction.
type cutter struct {
	limit  int64
	inward bool // counts towards the backend
	reset  bool // without warning
}

// before puts the cutter in front of an address and returns its own.
func (c cutter) before(t *testing.T, to transports.Addr) transports.Addr {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	target, err := to.HostPort()
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { c.proxy(in.(*net.TCPConn), target) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		wg.Wait()
	})
	host, service, _ := net.SplitHostPort(l.Addr().String())
	return transports.Addr{Network: to.Network, Host: host, Service: service}
}

func (c cutter) proxy(in *net.TCPConn, target string) {
	defer in.Close()
	conn, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	out := conn.(*net.TCPConn)
	defer out.Close()
	var cut atomic.Bool
	kill := func() {
		if cut.Swap(true) {
			return
		}
		if c.reset {
			in.SetLinger(0)
			out.SetLinger(0)
		}
		in.Close()
		out.Close()
	}
	var wg sync.WaitGroup
	pass := func(to, from *net.TCPConn, counted bool) {
		// Bare interfaces, because between two sockets io.Copy splices
		// through pipes, which the runtime keeps: descriptors that are not ours.
		w, r := struct{ io.Writer }{to}, struct{ io.Reader }{from}
		if !counted {
			io.Copy(w, r)
		} else if n, _ := io.CopyN(w, r, c.limit); n == c.limit {
			kill()
		}
		to.CloseWrite()
	}
	wg.Go(func() { pass(out, in, c.inward) })
	wg.Go(func() { pass(in, out, !c.inward) })
	wg.Wait()
}

// descriptors is the number of open files and sockets of the process.
func descriptors(t *testing.T) int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("descriptors cannot be counted here")
	}
	return len(list)
}
