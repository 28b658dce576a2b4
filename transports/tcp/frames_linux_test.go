package tcp

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports"
)

// A message that is not whole yet passes, a connection that waits holds no
// buffer, and the end inside a message is one.
func TestFrames(t *testing.T) {
	n := Network{Arena: new(transports.Arena), Linger: -1}
	ends := make(chan error, 1)
	arrived := make(chan []byte, 100)
	port := listen(t, n, func(c *conn) {
		for {
			m, _, err := c.ReceiveFrames()
			if err != nil {
				ends <- err
				return
			}
			arrived <- bytes.Clone(m.Bytes())
			m.Release()
		}
	})
	raw, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	want := append(transports.AppendPrefix(nil, 3<<20), make([]byte, 2<<20)...)
	raw.Write(want)
	for got := 0; got < len(want); {
		select {
		case b := <-arrived:
			got += len(b)
		case <-time.After(10 * time.Second):
			t.Fatalf("%d of %d bytes passed", got, len(want))
		}
	}
	for range 1000 { // until the reader waits again
		if n.Arena.InUse() == 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if used := n.Arena.InUse(); used != 0 {
		t.Errorf("%d buffers while it waits", used)
	}
	raw.(*net.TCPConn).CloseWrite()
	if err := <-ends; err != io.ErrUnexpectedEOF {
		t.Errorf("end: %v", err)
	}
}

// Close unblocks both, with the error that says so.
func TestFramesClosed(t *testing.T) {
	n := Network{Arena: new(transports.Arena), Linger: -1}
	hold := make(chan bool)
	port := listen(t, n, func(*conn) { <-hold })
	defer close(hold)
	c := dialPort(t, n, port)
	received, sent := make(chan error), make(chan error)
	go func() {
		_, _, err := c.ReceiveFrames()
		received <- err
	}()
	go func() {
		for {
			if err := c.SendFrames(n.Arena.New(1 << 20)); err != nil {
				sent <- err
				return
			}
		}
	}()
	time.Sleep(10 * time.Millisecond) // both are in it, mostly; the test holds anyhow
	c.Close()
	for _, ch := range []chan error{received, sent} {
		if err := <-ch; !errors.Is(err, net.ErrClosed) {
			t.Errorf("%v", err)
		}
	}
	if used := n.Arena.InUse(); used != 0 {
		t.Errorf("%d buffers after Close", used)
	}
}
