package rdmatest

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// A Fabric is a provider under test.
type Fabric struct {
	Provider rdma.Provider
	Listen   string       // an address with port 0
	Regions  func() int64 // regions not given back, of all connections

	// Mute, when set, says that in a test a connection ends when a side breaks
	// a rule, but that this side (remote is false) or the other (true) is not
	// told why.
	Mute func(test string, remote bool) bool

	// Except are the tests, by their names, that cannot pass over somebody
	// else's device, with the reason.
	Except map[string]string
}

// name is a test's, as Fabric has them.
func name(t *testing.T) string {
	_, name, _ := strings.Cut(t.Name(), "/")
	return name
}

// skips ends a test that the fabric is excepted from.
func (f Fabric) skips(t *testing.T) {
	if why := f.Except[name(t)]; why != "" {
		t.Skip(why)
	}
}

var tests = []struct {
	name string
	run  func(*testing.T, Fabric)
}{
	{"Params", testParams},
	{"Sends", testSends},
	{"Gather", testGather},
	{"SendDepth", testDepth},
	{"BadWork", testBadWork},
	{"ConcurrentPosts", testConcurrentPosts},
	{"Write", testWrite},
	{"Read", testRead},
	{"ReadAndWriteBothWays", testBothWays},
	{"ORD", testORD},
	{"ORDZero", testORDZero},
	{"ZeroLength", testZeroLength},
	{"Invalidate", testInvalidate},
	{"InvalidateForeign", testInvalidateForeign},
	{"Access", testAccess},
	{"Deregister", testDeregister},
	{"NoReceive", testNoReceive},
	{"LongSend", testLongSend},
	{"ResponderWaits", testResponderWaits},
	{"CloseDelivers", testCloseDelivers},
	{"CloseFlushes", testCloseFlushes},
	{"CloseTwice", testCloseTwice},
	{"AfterTheEnd", testAfterTheEnd},
	{"PeerDeath", testPeerDeath},
	{"NoListener", testNoListener},
	{"Refused", testRefused},
	{"EstablishCancelled", testEstablishCancelled},
	{"ListenerClose", testListenerClose},
}

// Run runs the suite on f. The calling test must not be parallel.
func Run(t *testing.T, f Fabric) {
	goroutines, files := runtime.NumGoroutine(), openFiles()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f.skips(t)
			test.run(t, f)
		})
	}
	if n := f.Regions(); n != 0 {
		t.Errorf("%d regions left", n)
	}
	settle(t, "goroutines", goroutines, runtime.NumGoroutine)
	settle(t, "file descriptors", files, openFiles)
}

// settle waits until count is down to want: the end of a goroutine is seen a
// moment after what waited for it.
func settle(t *testing.T, what string, want int, count func() int) {
	deadline := time.Now().Add(patience / 4)
	for count() > want && time.Now().Before(deadline) {
		runtime.Gosched()
	}
	if n := count(); n > want {
		t.Errorf("%d %s, %d before the suite", n, what, want)
	}
}

// openFiles is the number of this process's file descriptors, 0 where the
// system does not tell.
func openFiles() int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(list)
}
