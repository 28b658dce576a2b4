//go:build (amd64 || arm64) && !noverbs

package verbs

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"os"
	"runtime"
	"testing"
	"unsafe"
)

// TestLiveConnection is TestLive for the structures of librdmacm: each device
// connects to itself, and what one end says arrives in the other's event.
func TestLiveConnection(t *testing.T) {
	if os.Getenv("SMBGW_VERBS") == "" {
		t.Skip("SMBGW_VERBS is not set: no RDMA devices are to be used")
	}
	l, err := load()
	if err != nil {
		t.Fatal(err)
	}
	tried := map[netip.Addr]bool{}
	for _, d := range scan(here.class, here.nics()) {
		for _, link := range d.Links {
			for _, a := range link.Addresses {
				if a.Is4() && !tried[a] {
					tried[a] = true
					t.Run(a.String(), func(t *testing.T) { connectToSelf(t, l, a) })
				}
			}
		}
	}
	if len(tried) == 0 {
		t.Error("no device has an IPv4 address")
	}
}

// inet is struct sockaddr_in.
type inet struct {
	family uint16
	port   [2]byte
	addr   [4]byte
	_      [8]byte
}

func newInet(a netip.Addr, port uint16) *inet {
	s := &inet{family: 2, addr: a.As4()}
	binary.BigEndian.PutUint16(s.port[:], port)
	return s
}

// An endpoint is an identifier with an event channel of its own.
type endpoint struct {
	t       *testing.T
	l       *library
	channel pointer
	id      pointer
}

const endpointContext = 0x5eed

func newEndpoint(t *testing.T, l *library) *endpoint {
	t.Helper()
	channel, err := l.object(l.createEventChannel)
	if err != nil {
		t.Fatal(explainErrno("rdma_create_event_channel", err))
	}
	t.Cleanup(func() { l.status(l.destroyEventChannel, uintptr(channel)) })
	e := &endpoint{t, l, channel, 0}
	e.must("rdma_create_id", l.status(l.createID, uintptr(channel), uintptr(unsafe.Pointer(&e.id)), endpointContext, portSpaceTCP))
	t.Cleanup(func() { zero(t, l, "rdma_destroy_id", l.destroyID, e.id) })
	if c := at[cmID](e.id); c.channel != channel || c.context != endpointContext || c.space != portSpaceTCP || c.verbs != 0 || c.qp != 0 {
		t.Errorf("%+v", *c)
	}
	return e
}

func (e *endpoint) must(function string, err error) {
	e.t.Helper()
	if err != nil {
		e.t.Fatal(explainErrno(function, err))
	}
}

// next is the next event, which has to be of a kind. It is acknowledged at the end.
func (e *endpoint) next(kind int32) *cmEvent {
	e.t.Helper()
	event := new(pointer)
	e.must("rdma_get_cm_event", e.l.status(e.l.getCMEvent, uintptr(e.channel), uintptr(unsafe.Pointer(event))))
	e.t.Cleanup(func() { zero(e.t, e.l, "rdma_ack_cm_event", e.l.ackCMEvent, *event) })
	v := at[cmEvent](*event)
	if v.kind != kind || v.status != 0 {
		e.t.Fatalf("event %+v, want %d", *v, kind)
	}
	return v
}

func (e *endpoint) queuePair(id pointer) *verbsQP {
	e.t.Helper()
	init := &qpInit{sendWR: 4, recvWR: 4, sendSGE: 1, recvSGE: 1, kind: qpReliable}
	e.must("rdma_create_qp", e.l.status(e.l.createQP, uintptr(id), 0, uintptr(unsafe.Pointer(init))))
	e.t.Cleanup(func() { e.l.status(e.l.destroyQP, uintptr(id)) })
	qp := at[verbsQP](at[cmID](id).qp)
	if qp.number == 0 {
		e.t.Errorf("%+v", *qp)
	}
	return qp
}

// say connects or accepts with private data.
func (e *endpoint) say(name string, fn uintptr, id pointer, private string, responder, initiator uint8) {
	e.t.Helper()
	data := []byte(private)
	p := &connParam{responder: responder, initiator: initiator, retry: 7, rnrRetry: 7, privateLength: uint8(len(data))}
	var pin runtime.Pinner // the structure holds an address, which nothing but this keeps
	pin.Pin(&data[0])
	defer pin.Unpin()
	p.private = pointer(uintptr(unsafe.Pointer(&data[0])))
	e.must(name, e.l.status(fn, uintptr(id), uintptr(unsafe.Pointer(p))))
}

// text is the private data without what pads it.
func (p *connParam) text() string {
	if p.private == 0 {
		return ""
	}
	b := unsafe.Slice(at[byte](p.private), p.privateLength)
	return string(bytes.TrimRight(b, "\x00"))
}

func connectToSelf(t *testing.T, l *library, a netip.Addr) {
	const port = 5446
	server := newEndpoint(t, l)
	server.must("rdma_bind_addr", l.status(l.bindAddr, uintptr(server.id), uintptr(unsafe.Pointer(newInet(a, port)))))
	server.must("rdma_listen", l.status(l.listen, uintptr(server.id), 1))

	client := newEndpoint(t, l)
	client.must("rdma_resolve_addr", l.status(l.resolveAddr, uintptr(client.id), 0, uintptr(unsafe.Pointer(newInet(a, port))), 2000))
	if e := client.next(eventAddrResolved); e.id != client.id || e.listen != 0 {
		t.Errorf("%+v", *e)
	}
	c := at[cmID](client.id)
	if c.verbs == 0 || c.port != 1 {
		t.Fatalf("%+v", *c)
	}
	device := at[verbsDevice](at[verbsContext](c.verbs).device)
	t.Logf("%v is of %s", a, device.text())
	client.must("rdma_resolve_route", l.status(l.resolveRoute, uintptr(client.id), 2000))
	client.next(eventRouteResolved)
	qp := client.queuePair(client.id)
	client.say("rdma_connect", l.connect, client.id, "of the client", 3, 2)

	asked := server.next(eventConnectRequest)
	if asked.listen != server.id || asked.id == server.id || at[cmID](asked.id).verbs == 0 || at[cmID](asked.id).port != 1 {
		t.Errorf("%+v", *asked)
	}
	t.Cleanup(func() { zero(t, l, "rdma_destroy_id", l.destroyID, asked.id) })
	// What the client takes in, the server may give, and the other way round.
	if p := asked.param; p.initiator != 3 || p.responder != 2 || p.text() != "of the client" {
		t.Errorf("the server is told %+v, %q", p, p.text())
	} else if device.transportType == transportIB && p.qpNum != qp.number {
		t.Errorf("the server is told queue pair %d, it is %d", p.qpNum, qp.number)
	}
	accepted := server.queuePair(asked.id)
	server.say("rdma_accept", l.accept, asked.id, "of the server", 2, 3)

	e := client.next(eventEstablished)
	if e.id != client.id || e.param.text() != "of the server" {
		t.Errorf("the client is told %+v, %q", *e, e.param.text())
	} else if device.transportType == transportIB && e.param.qpNum != accepted.number {
		t.Errorf("the client is told queue pair %d, it is %d", e.param.qpNum, accepted.number)
	}
	if e := server.next(eventEstablished); e.id != asked.id {
		t.Errorf("%+v", *e)
	}
	client.must("rdma_disconnect", l.status(l.disconnect, uintptr(client.id)))
	server.next(eventDisconnected)
	server.must("rdma_disconnect", l.status(l.disconnect, uintptr(asked.id))) // which InfiniBand's manager answers with
	if e := client.next(eventDisconnected); e.id != client.id {
		t.Errorf("%+v", *e)
	}
}
