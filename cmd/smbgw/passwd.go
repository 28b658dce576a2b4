package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/smbgw/smbgw/auth/ntlm"
	"github.com/smbgw/smbgw/auth/users"
)

const passwdUsage = `smbgw passwd gives a user a password in a users file, which is made if it is not
there. The password is asked for, or read as one line from standard input.

  smbgw passwd -f FILE NAME             sets NAME's password
  smbgw passwd -f FILE -d NAME          takes NAME out of the file

`

// maxPassword bounds a password, in bytes: Windows has at most 256 letters.
const maxPassword = 1024

// passwd is the command passwd.
func passwd(ctx context.Context, inv *invocation) int {
	flags := flag.NewFlagSet("passwd", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	file := flags.String("f", "", "users `FILE`")
	remove := flags.Bool("d", false, "delete the user")
	err := flags.Parse(inv.args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(inv.stdout, passwdUsage)
		flags.SetOutput(inv.stdout)
		flags.PrintDefaults()
		return exitOK
	case err != nil:
		return inv.wrong("passwd: %v", err)
	case *file == "":
		return inv.wrong("passwd needs a users file: smbgw passwd -f FILE NAME")
	case flags.NArg() != 1:
		return inv.wrong("passwd takes one name behind its flags, but there are %d words", flags.NArg())
	}
	name := flags.Arg(0)
	if problem := users.CheckName(name); problem != "" {
		return inv.wrong("passwd: %s: %q", problem, name)
	}
	if *remove {
		return inv.deleteUser(*file, name)
	}
	return inv.setPassword(ctx, *file, name)
}

func (inv *invocation) deleteUser(file, name string) int {
	if err := users.Delete(file, name); err != nil {
		return inv.failed(err)
	}
	fmt.Fprintf(inv.stdout, "%s: user %s is deleted\n", file, name)
	return exitOK
}

func (inv *invocation) setPassword(ctx context.Context, file, name string) int {
	password, err := inv.password(ctx, name)
	if err != nil {
		return inv.failed(err)
	}
	added, disabled, err := users.Set(file, name, ntlm.Hash(password), time.Now())
	if err != nil {
		return inv.failed(err)
	}
	what := "has a new password"
	if added {
		what = "is added"
	}
	if disabled {
		what += ", but the account stays disabled: its flags have D or L"
	}
	fmt.Fprintf(inv.stdout, "%s: user %s %s\n", file, name, what)
	return exitOK
}

// password is what is typed, twice, or what comes as one line.
func (inv *invocation) password(ctx context.Context, name string) (string, error) {
	if f, ok := inv.stdin.(*os.File); ok {
		t, err := openTerminal(f)
		if err != nil {
			return "", err
		}
		if t != nil {
			defer t.close()
			return typed(ctx, t, inv.stderr, name)
		}
	}
	line, err := bufio.NewReader(io.LimitReader(inv.stdin, maxPassword+2)).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", err
	}
	password := strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
	return password, checkPassword(password)
}

// A lineReader reads what is typed, unseen.
type lineReader interface {
	line(context.Context) (string, error)
}

func typed(ctx context.Context, t lineReader, prompt io.Writer, name string) (string, error) {
	ask := func(format string, args ...any) (string, error) {
		fmt.Fprintf(prompt, format, args...)
		line, err := t.line(ctx)
		fmt.Fprintln(prompt)
		return line, err
	}
	password, err := ask("Password for %s: ", name)
	if err != nil {
		return "", err
	}
	if err := checkPassword(password); err != nil {
		return "", err
	}
	again, err := ask("Once more: ")
	if err != nil {
		return "", err
	}
	if again != password {
		return "", errors.New("the two are not the same; nothing was changed")
	}
	return password, nil
}

// checkPassword says what is wrong with a password, not what it is.
func checkPassword(password string) error {
	switch {
	case password == "":
		return errors.New("the password is empty; nothing was changed")
	case len(password) > maxPassword:
		return fmt.Errorf("the password has more than %d bytes; nothing was changed", maxPassword)
	case !utf8.ValidString(password):
		return errors.New("the password is not UTF-8; nothing was changed")
	case strings.ContainsFunc(password, unicode.IsControl):
		return errors.New("the password has a control character in it; nothing was changed")
	}
	return nil
}
