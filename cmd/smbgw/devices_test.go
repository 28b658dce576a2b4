package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect/verbs"
	"github.com/smbgw/smbgw/transports/transporttest"
)

// A backend that no device reaches is reached at its next address.
func TestNoDeviceFallsBack(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	file := filepath.Join(t.TempDir(), "smbgw.hcl")
	write(t, file, `
log {
  format = "json"
}
listen "front" {
  address = "tcp!127.0.0.1!0"
  relay   = "nas"
}
backend "nas" {
  address = ["verbs!127.0.0.1!445", "verbs!127.0.0.1!5445", "`+echoServer(t).String()+`"]
}
`)
	var front transports.Addr
	runUntilEnd(ctx, t, newInvocation(strings.NewReader(""), io.Discard, nil), file, func(log *bufio.Scanner) { front = listening(t, log) })
	oneMessage(ctx, t, front)
}

// Who asks for a device where there is none is told so, and what there is to do.
func TestNoDeviceListens(t *testing.T) {
	t.Parallel()
	if _, err := verbs.Open(); err == nil {
		t.Skip("this machine has an RDMA device")
	}
	for address, want := range map[string]string{
		"smbdirect!*!445": "port 445 of SMB Direct is that of RoCE and InfiniBand: ",
		"verbs!*!445":     "verbs!*!445: verbs: ",
		"verbs!*!5445":    "verbs!*!5445: verbs: ",
	} {
		var stderr bytes.Buffer
		inv := newInvocation(strings.NewReader(""), io.Discard, &stderr)
		file := relayConfig(t, address, transports.Addr{Network: "tcp", Host: "127.0.0.1", Service: "445"}, "")
		if status := inv.run(t.Context(), []string{"-c", file}); status != exitFailed {
			t.Errorf("%s: exit status %d", address, status)
		}
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("%s: %s, want %q", address, stderr.String(), want)
		}
	}
}
