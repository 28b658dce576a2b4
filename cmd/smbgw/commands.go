package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/smbgw/smbgw/auth/users"
	"github.com/smbgw/smbgw/cmd/smbgw/config"
)

// Exit statuses.
const (
	exitOK     = 0
	exitFailed = 1 // something outside failed
	exitUsage  = 2 // the command line or the configuration is wrong
)

// An invocation is one command with all that it may use.
type invocation struct {
	file           string // -c, or ""
	args           []string
	networks       map[string]network
	rdma           adapters
	getenv         func(string) string
	hangup         func() <-chan os.Signal // begins to catch what asks for the file to be read again; nil: nothing does
	stdin          io.Reader
	stdout, stderr io.Writer
}

// A command is a word of the command line.
type command struct {
	file bool // works on a configuration file
	run  func(context.Context, *invocation) int
}

// commands is THE table of commands; usage says what each is for.
func commands() map[string]command {
	return map[string]command{
		"run":     {file: true, run: serve},
		"check":   {file: true, run: check},
		"explain": {file: true, run: explain},
		"demo":    {run: runDemo},
		"passwd":  {run: passwd},
		"rdma":    {run: showRDMA},
		"version": {run: version},
	}
}

const usage = `smbgw joins SMB clients and servers over TCP, QUIC and SMB Direct.

  smbgw -c FILE           serve what the configuration file says
  smbgw -c FILE check     read the file and print every mistake in it
  smbgw -c FILE explain listener=NAME [from=ADDRESS user=NAME mount=NAME path=PATH op=WORD]
                          what the listener's policy decides, and why
  smbgw demo              tcp -> smbdirect -> a share in memory, no file needed
  smbgw demo -h           what the demonstration can be told
  smbgw passwd -f USERS NAME
                          set a user's password in a users file
  smbgw rdma [HOST]       which RDMA devices there are and why one cannot be used,
                          or which of them reaches HOST
  smbgw version           print the version
  smbgw help              print this

Exit status: 0 ended as asked, 1 something outside failed, 2 the command line or
the configuration is wrong.
`

func newInvocation(stdin io.Reader, stdout, stderr io.Writer) *invocation {
	return &invocation{networks: networks, rdma: thisMachine(), getenv: os.Getenv, stdin: stdin, stdout: stdout, stderr: stderr}
}

// run is the program: it returns the exit status.
func (inv *invocation) run(ctx context.Context, args []string) int {
	flags := flag.NewFlagSet("smbgw", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&inv.file, "c", "", "configuration `file`")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return help(inv.stdout)
		}
		return inv.wrong("%v", err)
	}
	name := "run"
	if flags.NArg() > 0 {
		name, inv.args = flags.Arg(0), flags.Args()[1:]
	} else if inv.file == "" {
		fmt.Fprint(inv.stderr, usage)
		return exitUsage
	}
	if name == "help" {
		return help(inv.stdout)
	}
	c, ok := commands()[name]
	switch {
	case !ok:
		return inv.wrong("there is no command %q", name)
	case c.file && inv.file == "":
		return inv.wrong("%s needs a configuration file; name it before the command: smbgw -c FILE %s", name, name)
	case !c.file && inv.file != "":
		return inv.wrong("%s takes no configuration file", name)
	}
	return c.run(ctx, inv)
}

func help(w io.Writer) int {
	fmt.Fprint(w, usage)
	return exitOK
}

// wrong says what is wrong with the command line.
func (inv *invocation) wrong(format string, args ...any) int {
	fmt.Fprintf(inv.stderr, "smbgw: "+format+" (smbgw help lists what there is)\n", args...)
	return exitUsage
}

// failed says what has failed.
func (inv *invocation) failed(err error) int {
	fmt.Fprintf(inv.stderr, "smbgw: %v\n", err)
	return exitFailed
}

// noArguments refuses words behind a command that takes none.
func (inv *invocation) noArguments(name string) bool {
	if len(inv.args) > 0 {
		inv.wrong("%s takes no arguments, but there is %q", name, inv.args[0])
		return false
	}
	return true
}

// load reads the configuration; without one it returns the exit status.
func (inv *invocation) load() (*config.Config, int) {
	c, err := config.Load(inv.file, known(inv.networks))
	if mistakes, ok := errors.AsType[config.Mistakes](err); ok {
		mistakes.WriteTo(inv.stderr)
		return nil, exitUsage
	}
	if err != nil {
		return nil, inv.failed(err)
	}
	return c, exitOK
}

func check(_ context.Context, inv *invocation) int {
	if !inv.noArguments("check") {
		return exitUsage
	}
	c, status := inv.load()
	if c == nil {
		return status
	}
	accounts := 0
	if c.Users != nil {
		file, err := users.Open(c.Users.File, users.Options{})
		if err != nil {
			return inv.failed(err)
		}
		accounts = file.Len()
	}
	fmt.Fprintf(inv.stdout, "%s: no mistakes; listeners: %d, backends: %d, mounts: %d, users: %d\n",
		inv.file, len(c.Listeners), len(c.Backends), len(c.Mounts), accounts)
	return exitOK
}

func version(_ context.Context, inv *invocation) int {
	if !inv.noArguments("version") {
		return exitUsage
	}
	v := "(unknown)"
	if info, ok := debug.ReadBuildInfo(); ok {
		v = info.Main.Version
	}
	fmt.Fprintf(inv.stdout, "smbgw %s %s %s/%s\n", v, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return exitOK
}
