//go:build lab

package main_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"
	"time"

	"github.com/smbgw/smbgw/smb2"
)

// reclaimed has a kernel write through a handle that it wants persistent, which
// the other kernel grants as a durable one, and kills the gateway under it.
func reclaimed(t *testing.T) {
	l := newLab(t)
	gs := l.guests(2)
	client, server := gs[0], gs[1]
	server.ksmbd("durable handles = yes")
	hcl := served(l, "h", "tcp!"+gatewayIP+"!4450", "smbdirect!"+server.ip+"!5445")
	gw := l.gateway("smbgw", hcl)
	files := l.payload(48 << 20)
	name := files[0].name
	c := l.capture(server.link)
	unmount := client.mountOver(gatewayIP, "port=4450", "hard", "persistenthandles")
	writing := client.spawn(steadily(files[0]))
	server.run(30*time.Second, "while [ $(stat -c %s /tmp/share/"+name+" 2>/dev/null || echo 0) -lt 4194304 ]; do busybox usleep 20000; done")
	gw.kill()
	time.Sleep(time.Second)
	l.gateway("smbgw-again", hcl)
	if out, err := writing.wait(120 * time.Second); err != nil {
		t.Fatalf("the writer: %v\n%s", err, out)
	}
	server.same(files, "/tmp/share")
	client.same(files, "/tmp/mnt")
	unmount()
	c.stop()
	b, err := os.ReadFile(c.file)
	must(t, err)
	for what, n := range map[string]int{
		"wanted":    contexts(b, smb2.TagDurableV2, 32, 4),
		"granted":   contexts(b, smb2.TagDurableV2, 8, -1),
		"reclaimed": contexts(b, smb2.TagDurableReconnV2, 36, 32),
	} {
		t.Logf("%d handles were %s", n, what)
		if n == 0 {
			t.Errorf("no handle was %s", what)
		}
	}
}

// contexts counts the create contexts in a capture, [MS-SMB2] 2.2.13.2, that
// have a tag, a length of data, and at a place in it, if that is not negative,
// the flag of a persistent handle.
func contexts(b []byte, tag string, length uint32, flags int) (n int) {
	want := append(binary.LittleEndian.AppendUint32(nil, length), tag...)
	for {
		i := bytes.Index(b, want)
		if i < 0 {
			return n
		}
		b = b[i+len(want):]
		data := b[min(4, len(b)):] // the name is padded to 8 bytes
		if flags < 0 || len(data) >= flags+4 && binary.LittleEndian.Uint32(data[flags:]) == uint32(smb2.DurablePersistent) {
			n++
		}
	}
}
