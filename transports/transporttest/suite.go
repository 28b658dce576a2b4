package transporttest

import "testing"

// Run runs the whole suite. fixture is called at the start of each test with
// the test's own t.
func Run(t *testing.T, fixture func(t *testing.T) Fixture) {
	for _, test := range suite {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			Watch(t)
			f := fixture(t)
			if f.Arena == nil {
				t.Fatal("the fixture has no arena")
			}
			Buffers(t, f.Arena)
			test.run(t, &f)
		})
	}
}

// suite is every test there is.
var suite = []struct {
	name string
	run  func(*testing.T, *Fixture)
}{
	{"addresses", testAddresses},
	{"sizes", testSizes},
	{"order", testOrder},
	{"both ways at once", testBothWays},
	{"many connections", testMany},
	{"empty message", testEmpty},
	{"overlong message", testOverlong},
	{"limit", testLimit},
	{"without headroom", testWithoutHeadroom},
	{"shared message", testShared},

	{"close unblocks receive", testCloseUnblocksReceive},
	{"close unblocks send", testCloseUnblocksSend},
	{"close unblocks accept", testCloseUnblocksAccept},
	{"close delivers", testCloseDelivers},
	{"close delivers against traffic", testCloseDeliversAgainstTraffic},
	{"close repeated", testCloseRepeated},
	{"end of stream", testEndOfStream},
	{"after close", testAfterClose},
	{"listener close", testListenerClose},
	{"listener close with unaccepted", testListenerCloseUnaccepted},

	{"back-pressure", testBackPressure},

	{"dial cancelled", testDialCancelled},
	{"dial unanswered", testDialUnanswered},
	{"dial refused", testDialRefused},
	{"silent peers", testSilentPeers},
	{"killed while idle", testKilledIdle},
	{"killed inside a message", testKilledInside},
	{"killed with both ends busy", testKilledBusy},
}
