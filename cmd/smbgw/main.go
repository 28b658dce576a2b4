package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// From the first signal on the default action is back, so that a second
	// one ends a program that hangs in its teardown.
	context.AfterFunc(ctx, stop)
	inv := newInvocation(os.Stdin, os.Stdout, os.Stderr)
	inv.hangup = hangups
	os.Exit(inv.run(ctx, os.Args[1:]))
}

// hangups catches SIGHUP, which ends commands that do not ask for it.
func hangups() <-chan os.Signal {
	c := make(chan os.Signal, 1) // one that waits is as good as many
	signal.Notify(c, syscall.SIGHUP)
	return c
}
