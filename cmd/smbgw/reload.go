package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/smbgw/smbgw/cmd/smbgw/config"
)

// reload has the gateway serve what the configuration file says now. When that is
// not possible it goes on with what it has, and the log says why.
func (p *program) reload(ctx context.Context) {
	p.told(p.manager.Reloading())
	err := p.change(ctx)
	if ctx.Err() != nil {
		return // the end has come first
	}
	if err != nil {
		p.complain(err)
		p.note = "; the configuration of before stays in force: " + err.Error()
	} else {
		p.log.Info("configuration changed", "file", p.inv.file)
		p.note = ""
	}
	n, _ := p.gateway.Check(ctx) // the next beat says what is wrong
	p.told(p.manager.Ready(p.status(ctx, n)))
}

// complain logs why the configuration stays what it was, each mistake in a record
// of its own.
func (p *program) complain(err error) {
	mistakes, ok := errors.AsType[config.Mistakes](err)
	if !ok {
		p.log.Error("the configuration of before stays in force", "file", p.inv.file, "error", err)
		return
	}
	for _, m := range mistakes {
		p.log.Error("mistake in the configuration", "file", m.File, "line", m.Line, "column", m.Column, "error", m.Text)
	}
	p.log.Error("the configuration of before stays in force", "file", p.inv.file, "mistakes", len(mistakes))
}

// change reads the file, makes all that it describes, and puts it in force.
func (p *program) change(ctx context.Context) error {
	c, err := config.Load(p.inv.file, known(p.inv.networks))
	if err != nil {
		return err
	}
	if c.Log.Format != p.format {
		return fmt.Errorf("log: format is %q and cannot become %q without a restart", p.format, c.Log.Format)
	}
	next, err := build(c, p.inv.networks, p.limiter, &p.hardware, p.log)
	if err != nil {
		return err
	}
	if err := p.gateway.Change(ctx, next); err != nil {
		return err
	}
	p.level.Set(c.Log.Level)
	p.warn(c)
	return nil
}
