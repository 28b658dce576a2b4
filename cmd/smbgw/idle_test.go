package main

import (
	"io"
	"log/slog"
	"net"
	"runtime"
	"testing"

	"github.com/smbgw/smbgw/cmd/smbgw/config"
	"github.com/smbgw/smbgw/transports"
)

// Back connections share their buffers: what a busy one has held is there for
// the next, and not kept by each.
func TestIdleBackConnections(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				b := make([]byte, 4+1<<20)
				copy(b, transports.AppendPrefix(nil, 1<<20))
				for range 8 {
					c.Write(b)
				}
				io.Copy(io.Discard, c)
			}()
		}
	}()
	n := networks["tcp"].dial(&config.Backend{}, means{log: slog.New(slog.DiscardHandler), hardware: new(hardware)})
	at := loopback("tcp")
	_, at.Service, _ = net.SplitHostPort(l.Addr().String())
	before := memory()
	const connections = 40
	var conns []transports.Conn
	for range connections {
		c, err := n.Dial(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		var list []*transports.Message // eight READ replies in flight to a client
		for range 8 {
			m, err := c.Receive()
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, m)
		}
		for _, m := range list {
			m.Release()
		}
		conns = append(conns, c)
	}
	grown := int64(memory()) - int64(before)
	t.Logf("%d idle connections hold %d MiB", connections, grown>>20)
	if grown > 100<<20 {
		t.Errorf("%d KiB for each idle connection", grown>>10/connections)
	}
	runtime.KeepAlive(conns)
	for _, c := range conns {
		c.Close()
	}
}
