package loop_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/smbgw/smbgw/transports/smbdirect/loop"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
	"github.com/smbgw/smbgw/transports/smbdirect/rdmatest"
)

func TestProvider(t *testing.T) {
	var f loop.Fabric
	rdmatest.Run(t, rdmatest.Fabric{Provider: &f, Listen: "lab:0", Regions: f.Regions})
}

// TestVirtualTime: a blocked Poll and a blocked Accept count as waiting, so a
// bubble's clock runs.
func TestVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f loop.Fabric
		l, err := f.Listen(t.Context(), ":5445", rdma.Config{})
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			q, err := l.Accept()
			if err != nil {
				t.Error(err)
				return
			}
			q.Establish(t.Context(), rdma.Params{})
			time.Sleep(time.Hour)
			q.Close()
			q.Poll(make([]rdma.Completion, 1))
			l.Close()
		}()
		q, err := f.Dial("server:5445", rdma.Config{})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := q.Establish(t.Context(), rdma.Params{}); err != nil {
			t.Fatal(err)
		}
		q.Poll(make([]rdma.Completion, 1))
		if d := time.Since(start); d != time.Hour {
			t.Errorf("the end came after %v", d)
		}
	})
}
