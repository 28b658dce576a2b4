package demo

import (
	"context"
	"log/slog"
	"time"
)

// A closed is what a gateway says of a connection at its end.
type closed struct {
	listener      string
	bytesIn       uint64 // from the client
	bytesOut      uint64 // to the client
	reads, writes uint64
	placedReads   uint64 // of reads, whose payload went by RDMA
	placedWrites  uint64 // of writes
	duration      time.Duration
	reason        string
}

// A ledger is a log handler that keeps the lines about ended connections as
// values, and passes on what went wrong.
type ledger struct {
	closed chan closed
	faults chan string
}

// Lines beyond ledgerSize that nobody has read are dropped: the log must not
// hold up connections.
const ledgerSize = 1024

func newLedger() *ledger {
	return &ledger{closed: make(chan closed, ledgerSize), faults: make(chan string, ledgerSize)}
}

// Enabled leaves out the gateways' messages about single requests.
func (*ledger) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelInfo }

// WithAttrs and WithGroup are not used by the gateways.
func (l *ledger) WithAttrs([]slog.Attr) slog.Handler { return l }
func (l *ledger) WithGroup(string) slog.Handler      { return l }

// Handle sorts one record. It does not block.
func (l *ledger) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "connection closed" {
		select {
		case l.closed <- closedOf(r):
		default:
		}
		return nil
	}
	if r.Level >= slog.LevelWarn {
		text := r.Message
		r.Attrs(func(a slog.Attr) bool {
			text += " " + a.String()
			return true
		})
		select {
		case l.faults <- text:
		default:
		}
	}
	return nil
}

func closedOf(r slog.Record) closed {
	var c closed
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "listener":
			c.listener = a.Value.String()
		case "reason":
			c.reason = a.Value.String()
		case "duration":
			c.duration = a.Value.Duration()
		case "bytes_in":
			c.bytesIn = a.Value.Uint64()
		case "bytes_out":
			c.bytesOut = a.Value.Uint64()
		case "placed_reads":
			c.placedReads = a.Value.Uint64()
			c.reads += c.placedReads
		case "placed_writes":
			c.placedWrites = a.Value.Uint64()
			c.writes += c.placedWrites
		case "inline_reads":
			c.reads += a.Value.Uint64()
		case "inline_writes":
			c.writes += a.Value.Uint64()
		}
		return true
	})
	return c
}
