package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/auth/ntlm"
	"github.com/smbgw/smbgw/auth/spnego"
	"github.com/smbgw/smbgw/gateway/back"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/tcp"
)

const (
	share    = "bench"
	user     = "tester"
	password = "pw"
)

var (
	sign   = flag.Bool("sign", false, "sign messages")
	seal   = flag.Bool("seal", false, "seal messages")
	depth  = flag.Int("depth", 1, "`N` requests under way")
	length = flag.Duration("time", 3*time.Second, "run for `D`")
	rate   = flag.Int("rate", 0, "over a link of `N` MiB a second; 0 is as fast as can be")
	cipher = flag.Bool("cipher", false, "nothing but signing or sealing")
)

func main() {
	log.SetFlags(0)
	flag.Parse()
	if *cipher && flag.NArg() == 1 {
		fmt.Printf("%.1f\n", cipherSpeed(bytes(flag.Arg(0))))
		return
	}
	if flag.NArg() != 3 || *depth < 1 || *depth > maxDepth {
		flag.Usage()
		os.Exit(2)
	}
	run(flag.Arg(0), bytes(flag.Arg(1)), flag.Arg(2))
}

func bytes(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > maxSize {
		log.Fatalf("%q is no number of bytes up to %d", s, maxSize)
	}
	return n
}

// run connects, runs the load and prints what came of it.
func run(op string, size int, address string) {
	to, err := transports.ParseAddr(address)
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	arena := new(transports.Arena)
	space := &back.Space{
		Dial: back.Direct(func(ctx context.Context) (transports.Conn, error) {
			if *rate > 0 {
				return dialLink(ctx, to, *rate, arena)
			}
			return tcp.Network{Arena: arena}.Dial(ctx, to)
		}),
		Initiator: initiator,
		Options:   back.Options{Arena: arena, ServerName: to.Host, Sign: *sign, Encrypt: *seal},
	}
	client := &tree.Client{User: auth.Identity{User: user}, Dialect: smb2.Dialect311, SessionID: 1}
	connected, err := space.Connect(ctx, client, share)
	if err != nil {
		log.Fatal(err)
	}
	l := newLoad(connected.Server, arena, size)
	if err := l.create(fmt.Sprintf("client-%d", os.Getpid())); err != nil {
		log.Fatal(err)
	}
	times, took, err := l.run(op)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.1f %.1f %.1f\n", float64(len(times))/took.Seconds(), percentile(times, 50), percentile(times, 99))
	connected.Server.Close()
	space.Close()
}

func initiator(c *tree.Client) (auth.Initiator, error) {
	n := &ntlm.Client{User: c.User.User, Hash: ntlm.Hash(password)}
	return spnego.NewInitiator([]spnego.Mechanism{{
		Name: "NTLM", OIDs: []spnego.OID{spnego.NTLM},
		Initiate: func() auth.Initiator { return n.NewInitiator() },
	}}), nil
}

// percentile is in microseconds. The times are sorted.
func percentile(times []time.Duration, p int) float64 {
	return float64(times[(len(times)-1)*p/100].Nanoseconds()) / 1e3
}
