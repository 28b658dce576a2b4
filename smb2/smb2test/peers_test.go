package smb2test

import (
	"bytes"
	"testing"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/mem"
)

// The peers understand each other without anything between them: inline and
// placed, so that a failure elsewhere is not theirs.
func TestPeers(t *testing.T) {
	t.Parallel()
	n := &mem.Network{MaxReadWrite: 1 << 20, Arena: new(transports.Arena)}
	a, b := n.Pipe()
	s := &Server{Conn: b, Dialect: smb2.Dialect311, File: bytes.Repeat([]byte("0123456789"), 1000), Credits: 20}
	done := make(chan error, 1)
	go func() { done <- s.Serve() }()
	c := NewClient(a)
	if d, err := c.Negotiate(smb2.Dialect311); err != nil || d != smb2.Dialect311 {
		t.Fatalf("negotiate: %v, %v", d, err)
	}
	if got, st, err := c.Read(5, 10); err != nil || st != 0 || string(got) != "5678901234" {
		t.Errorf("read: %q, %v, %v", got, st, err)
	}
	if _, st, err := c.Read(10000, 10); err != nil || st != smb2.StatusEndOfFile {
		t.Errorf("read at the end: %v, %v", st, err)
	}
	how := Placing{Channel: smb2.ChannelV1Invalidate, Pieces: []int{3, 4, 100}}
	if got, st, err := c.ReadPlaced(5, 10, how); err != nil || st != 0 || string(got) != "5678901234" {
		t.Errorf("placed read: %q, %v, %v", got, st, err)
	}
	if k, st, err := c.Write(0, []byte("abc")); err != nil || st != 0 || k != 3 {
		t.Errorf("write: %d, %v, %v", k, st, err)
	}
	if k, st, err := c.WritePlaced(3, []byte("defghijkl"), how); err != nil || st != 0 || k != 9 {
		t.Errorf("placed write: %d, %v, %v", k, st, err)
	}
	a.Close()
	if err := <-done; err == nil {
		t.Error("Serve returned nil")
	}
	b.Close()
	if got := string(s.File[:15]); got != "abcdefghijkl234" {
		t.Errorf("the file begins with %q", got)
	}
	if s.Books.Inline != 2 || s.Books.Placed != 2 {
		t.Errorf("books: %+v", s.Books)
	}
}

// The books find what the other side gets wrong.
func TestBooks(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]func(c *Client) []byte{
		"id used twice": func(c *Client) []byte { c.Next = 0; return c.ReadRequest(0, 1) },
		"not granted":   func(c *Client) []byte { c.Next = 5000; return c.ReadRequest(0, 1) },
		"no header":     func(*Client) []byte { return []byte("hello") },
	} {
		n := new(mem.Network)
		a, b := n.Pipe()
		s := &Server{Conn: b, Dialect: smb2.Dialect311}
		done := make(chan error, 1)
		go func() {
			done <- s.Serve()
			b.Close()
		}()
		c := NewClient(a)
		if _, err := c.Negotiate(smb2.Dialect311); err != nil {
			t.Fatal(err)
		}
		if err := c.Send(f(c)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Receive(); err == nil {
			t.Errorf("%s: the server answered", name)
		}
		if err := <-done; err == nil || err.Error() == "EOF" {
			t.Errorf("%s: Serve: %v", name, err)
		}
		a.Close()
	}
}
