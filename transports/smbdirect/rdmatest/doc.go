/*
Package rdmatest is the suite that every RDMA provider passes.

	func TestProvider(t *testing.T) {
		rdmatest.Run(t, rdmatest.Fabric{Provider: p, Listen: "127.0.0.1:0", Regions: p.Regions})
	}

Each test makes its own connections through the provider's public interface,
both ends in one process, and checks one promise of package rdma: order and
sizes, gathering, RDMA write and read, invalidation, rights and bounds, tokens
that are foreign or stale, ORD, flushing at the end of a connection with every
posted entry coming back once, the death of the peer at each step, and Poll's
last words. At its end Run compares goroutines, file descriptors and regions
with what there was at its start, so the calling test must not be parallel.
*/
package rdmatest
