package demo

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/smbgw/smbgw/gateway/back"
	"github.com/smbgw/smbgw/gateway/client"
	"github.com/smbgw/smbgw/transports"
)

// copyName is the copied file's name. It stays, for the user's own clients.
const copyName = "copy"

// A phase is one direction of the copy: what crossed each leg meanwhile.
type phase struct {
	name string
	legs []tally // as house.legs
}

// load copies a file up and down and returns what that was on each leg.
func (d *demonstration) load(ctx context.Context, h *house) ([]phase, error) {
	conn, err := d.TCP.Dial(ctx, h.tcp)
	if err != nil {
		return nil, fmt.Errorf("demo: connecting: %w", err)
	}
	c, err := client.New(ctx, conn, back.Options{Arena: new(transports.Arena), ServerName: h.tcp.Host})
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, c.Hangup) // transfers know no contexts
	defer stop()
	s, err := c.Connect(ctx, d.Login(h.account), shareName)
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	defer s.Close()
	s.Unit = min(s.Unit, requestSize)
	f, err := s.Create(copyName)
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	phases, err := d.copy(f, h)
	if err != nil {
		return nil, err
	}
	return phases, f.Close()
}

// copy is load, when the file is open.
func (d *demonstration) copy(f *client.File, h *house) ([]phase, error) {
	pattern := client.NewPattern(uint64(time.Now().UnixNano()))
	var phases []phase
	for _, direction := range []struct {
		name string
		run  func(*progress) error
	}{
		{"up", func(p *progress) error {
			return f.Upload(d.Size, func(b []byte, off int64) {
				pattern.Fill(b, off)
				p.add(len(b))
			})
		}},
		{"down", func(p *progress) error {
			return f.Download(d.Size, func(b []byte, off int64) error {
				p.add(len(b))
				return pattern.Check(b, off)
			})
		}},
	} {
		before := h.begin()
		p := newProgress(d, direction.name)
		err := direction.run(p)
		p.end()
		if err != nil {
			return nil, fmt.Errorf("demo: %s: %w", direction.name, err)
		}
		phases = append(phases, phase{direction.name, h.since(before)})
	}
	return phases, nil
}

// A progress is a line that says how far a transfer is.
type progress struct {
	out   io.Writer
	live  bool
	what  string
	size  int64
	done  int64
	began time.Time
	shown time.Time
}

func newProgress(d *demonstration, what string) *progress {
	now := time.Now()
	return &progress{out: d.Out, live: d.Live, what: what, size: d.Size, began: now, shown: now}
}

func (p *progress) add(n int) {
	p.done += int64(n)
	if now := time.Now(); p.live && now.Sub(p.shown) >= progressTime {
		p.shown = now
		p.show("\r")
	}
}

// end leaves the line as it is last.
func (p *progress) end() {
	if p.live {
		fmt.Fprint(p.out, "\r")
	}
	p.show("")
	fmt.Fprintln(p.out)
}

func (p *progress) show(before string) {
	fmt.Fprintf(p.out, "%s  %-4s %8s of %s  %6.0f MiB/s ", before, p.what, size(p.done), size(p.size), rate(p.done, time.Since(p.began)))
}

// rate is in MiB per second.
func rate(n int64, d time.Duration) float64 {
	return float64(n) / (1 << 20) / max(d, time.Microsecond).Seconds()
}
