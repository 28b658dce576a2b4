package sniff

import (
	"context"
	"encoding/hex"

	"github.com/smbgw/smbgw/transports"
)

func hexOf(b []byte) string { return hex.EncodeToString(b) }

// wrapped is a Network whose connections are all captured.
type wrapped struct {
	under transports.Network
	file  *Pcap
}

func (n wrapped) Dial(ctx context.Context, a transports.Addr) (transports.Conn, error) {
	c, err := n.under.Dial(ctx, a)
	if err != nil {
		return nil, err
	}
	return Wrap(c, Client, n.file, nil), nil
}

func (n wrapped) Announce(ctx context.Context, a transports.Addr) (transports.Listener, error) {
	l, err := n.under.Announce(ctx, a)
	if err != nil {
		return nil, err
	}
	return wrappedListener{l, n.file}, nil
}

type wrappedListener struct {
	transports.Listener
	file *Pcap
}

func (l wrappedListener) Accept() (transports.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return Wrap(c, Server, l.file, nil), nil
}
