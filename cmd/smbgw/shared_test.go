package main

import (
	"log/slog"
	"testing"

	"github.com/smbgw/smbgw/cmd/smbgw/config"
	"github.com/smbgw/smbgw/gateway"
)

// What the file says of shared connections is what the gateway does.
func TestSharedBackend(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	if b := backend(&config.Backend{Name: "own"}, networks, means{log: log, hardware: new(hardware)}); b.Shared != nil {
		t.Errorf("without a word: %+v", b.Shared)
	}
	b := backend(&config.Backend{Name: "few", Pool: &config.Pool{Connections: 3, Sessions: 4, Requests: 5}}, networks, means{log: log, hardware: new(hardware)})
	if b.Shared == nil || *b.Shared != (gateway.Sharing{Connections: 3, Sessions: 4, Requests: 5}) {
		t.Errorf("shared: %+v", b.Shared)
	}
}
