package transporttest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/smbgw/smbgw/transports"
)

// pattern is what messages are cut from. Its length is a prime, so that a piece
// shifted by any buffer's size shows, and copying from it is fast enough for
// large messages under the race detector.
var pattern = func() []byte {
	b := make([]byte, 65521)
	rand.NewChaCha8([32]byte{}).Read(b)
	return b
}()

// fill gives a message content that depends on its place in the order, so that
// swapped, repeated and shifted pieces show.
func fill(b []byte, seq int) {
	for at := origin(seq); len(b) > 0; at = 0 {
		b = b[copy(b, pattern[at:]):]
	}
}

// origin is where in the pattern a message begins.
func origin(seq int) int { return seq * 40503 % len(pattern) }

// verify compares a message with what fill makes.
func verify(b []byte, seq, size int) error {
	if len(b) != size {
		return &contentError{seq, fmt.Sprintf("has %d bytes, want %d", len(b), size)}
	}
	for at, rest := origin(seq), b; len(rest) > 0; at = 0 {
		n := min(len(rest), len(pattern)-at)
		if !bytes.Equal(rest[:n], pattern[at:at+n]) {
			return &contentError{seq, fmt.Sprintf("of %d bytes is wrong within %d bytes from %d on", size, n, size-len(rest))}
		}
		rest = rest[n:]
	}
	return nil
}

// A contentError is a message that is not what was sent.
type contentError struct {
	seq  int
	what string
}

func (e *contentError) Error() string { return fmt.Sprintf("message %d %s", e.seq, e.what) }

// send sends the seq-th message with size bytes.
func (f *Fixture) send(c transports.Conn, seq, size int) error {
	m := f.Arena.New(size)
	fill(m.Bytes(), seq)
	return c.Send(m)
}

// receive takes the next message and compares it.
func receive(c transports.Conn, seq, size int) error {
	m, err := c.Receive()
	if err != nil {
		return fmt.Errorf("receiving message %d: %w", seq, err)
	}
	defer m.Release()
	return verify(m.Bytes(), seq, size)
}

// exchange proves that a connection works, both ways.
func (f *Fixture) exchange(t *testing.T, a, b transports.Conn) {
	t.Helper()
	const size = 99
	for i, way := range [][2]transports.Conn{{a, b}, {b, a}} {
		got := start(func() error { return receive(way[1], i, size) })
		if err := f.send(way[0], i, size); err != nil {
			t.Fatalf("Send: %v", err)
		}
		if err := await(t, "Receive", got); err != nil {
			t.Fatal(err)
		}
	}
}

// sizes are the lengths around every border that a transport may have, up to
// max, in ascending order.
func sizes(max int) []int {
	list := slices.DeleteFunc([]int{1, 2, 3, 4, 5, 7, 8, 9, 59, 60, 61, 63, 64, 65}, func(n int) bool { return n > max })
	borders := []int{
		512,     // smallest buffers, small read-aheads
		1024,    //
		1340,    // SMB Direct payload of a 1364-byte receive
		1500,    // Ethernet
		4096,    //
		8168,    // SMB Direct payload of an 8 KiB receive
		8188,    // read-ahead of the stream framing, less its prefix
		16384,   // TLS records
		1 << 16, // 16-bit lengths
		1 << 17, // NetBIOS
		1 << 20, //
		8 << 20, // the largest READ
	}
	for _, b := range append(borders, max) {
		around := 2
		if b > 1<<20 {
			around = 0 // large ones take time
		}
		for n := b - around; n <= b+around; n++ {
			if n <= max && n > list[len(list)-1] {
				list = append(list, n)
			}
		}
	}
	return list
}
