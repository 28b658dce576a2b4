package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/cmd/smbgw/config"
	"github.com/smbgw/smbgw/cmd/smbgw/notify"
	"github.com/smbgw/smbgw/gateway"
)

// statusTime is how often the service manager is told how many connections there
// are, when its watchdog does not want to know more often.
const statusTime = 10 * time.Second

// A program is the gateway of a configuration file, from its start to its end.
type program struct {
	inv      *invocation
	log      *slog.Logger
	level    *slog.LevelVar // of all records, also of connections that run
	limiter  *auth.Limiter
	hardware hardware // of all configurations
	gateway  *gateway.Gateway
	format   config.Format // of the log

	manager *notify.Manager
	every   time.Duration // how often it is told
	trouble string        // what has kept it from being told, or ""; logged once
	note    string        // why the configuration is not what the file says, or ""; told with the rest
}

func newProgram(inv *invocation, c *config.Config) (*program, error) {
	p := &program{inv: inv, level: new(slog.LevelVar), limiter: auth.NewLimiter(nil), format: c.Log.Format}
	p.level.Set(c.Log.Level)
	p.log = logger(p.format, p.level, inv.stderr)
	var err error
	if p.gateway, err = build(c, inv.networks, p.limiter, &p.hardware, p.log); err != nil {
		return nil, err
	}
	p.warn(c)
	p.manage()
	return p, nil
}

// warn says what relay cannot hide.
func (p *program) warn(c *config.Config) {
	for _, l := range c.Listeners {
		if !l.Relays() {
			continue
		}
		p.log.Info("relay passes the backend's network-interface lists and referrals unchanged: clients may learn its own addresses",
			"listener", l.Name)
	}
}

// manage finds the service manager. One that cannot be told is no reason not to
// serve.
func (p *program) manage() {
	env := p.inv.getenv
	var err error
	if p.manager, err = notify.New(env("NOTIFY_SOCKET")); err != nil {
		p.log.Warn("service manager is not told anything", "error", err)
		p.manager = new(notify.Manager)
	}
	p.every, err = notify.Interval(env("WATCHDOG_USEC"), env("WATCHDOG_PID"), os.Getpid())
	if err != nil {
		p.log.Warn("service manager's watchdog is not told anything", "error", err)
	}
	if p.every == 0 {
		p.every = statusTime
	}
}

// run serves until ctx ends, and reads the configuration again at each hangup.
func (p *program) run(ctx context.Context, hangup <-chan os.Signal) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ready := make(chan struct{})
	p.gateway.Ready = func([]net.Addr) { close(ready) }
	var attending sync.WaitGroup
	attending.Go(func() { p.attend(ctx, ready, hangup) })
	err := p.gateway.Run(ctx)
	cancel()
	attending.Wait()
	return err
}

// attend tells the service manager how the gateway is, from its start to the
// beginning of its end, and reads the configuration again when it is asked to.
func (p *program) attend(ctx context.Context, ready <-chan struct{}, hangup <-chan os.Signal) {
	select {
	case <-ready:
	case <-ctx.Done():
		return
	}
	p.told(p.manager.Ready(p.status(ctx, 0)))
	tick := time.NewTicker(p.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			p.told(p.manager.Stopping("ending"))
			return
		case <-hangup:
			p.reload(ctx)
		case <-tick.C:
			p.beat(ctx)
		}
	}
}

// beat tells that the gateway is getting on, when it is. When it is not, the
// manager hears why, and its watchdog nothing.
func (p *program) beat(ctx context.Context) {
	n, err := p.gateway.Check(ctx)
	switch {
	case ctx.Err() != nil: // the end is near
	case err != nil:
		p.told(p.manager.Status(err.Error()))
		p.log.Error("gateway does not get on", "error", err)
	default:
		p.told(p.manager.Alive(p.status(ctx, n)))
	}
}

func (p *program) status(ctx context.Context, connections int64) string {
	away := ""
	if down, all, err := p.gateway.Down(ctx); err == nil && down > 0 {
		away = fmt.Sprintf("; backend addresses down: %d of %d", down, all)
	}
	return fmt.Sprintf("serving; connections: %d%s%s", connections, away, p.note)
}

// told logs what keeps the service manager from being told, once.
func (p *program) told(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text != "" && text != p.trouble {
		p.log.Warn("service manager cannot be told", "error", err)
	}
	p.trouble = text
}
