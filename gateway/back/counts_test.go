package back

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/smbgw/smbgw/transports"
)

// carried is a connection that says what it goes over, and nothing else.
type carried struct {
	transports.Conn
	over transports.Carrier
}

func (c carried) Carrier() transports.Carrier { return c.over }

// A line of the log says which RDMA provider there was and why, of the last
// connection, and nothing where there was none.
func TestCountsOver(t *testing.T) {
	t.Parallel()
	verbs := transports.Carrier{Provider: "verbs", Device: "mlx5_0", Kind: "RoCE", Reason: "it has a route to nas"}
	iwarp := transports.Carrier{Provider: "iwarp", Kind: "iWARP", Reason: "no RDMA device has a route to nas"}
	first, second := New(carried{over: verbs}, Options{}).Counts(), New(carried{over: iwarp}, Options{}).Counts()
	tcp := New(carried{}, Options{}).Counts()
	for _, c := range []struct {
		counts Counts
		want   string
	}{
		{first, `n.placed_reads=0 n.placed_writes=0 n.rdma.provider=verbs n.rdma.device=mlx5_0 n.rdma.kind=RoCE n.rdma.reason="it has a route to nas"`},
		{first.Plus(second), `n.placed_reads=0 n.placed_writes=0 n.rdma.provider=iwarp n.rdma.kind=iWARP n.rdma.reason="no RDMA device has a route to nas"`},
		{first.Plus(tcp), `n.placed_reads=0 n.placed_writes=0 n.rdma.provider=verbs n.rdma.device=mlx5_0 n.rdma.kind=RoCE n.rdma.reason="it has a route to nas"`},
		{tcp, `n.placed_reads=0 n.placed_writes=0`},
	} {
		var b bytes.Buffer
		slog.New(slog.NewTextHandler(&b, nil)).Info("closed", "n", c.counts)
		if !strings.HasSuffix(b.String(), "msg=closed "+c.want+"\n") {
			t.Errorf("%s, want %s", b.String(), c.want)
		}
	}
}
