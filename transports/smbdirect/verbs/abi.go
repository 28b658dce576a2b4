//go:build linux && (amd64 || arm64) && !noverbs

package verbs

import "unsafe"

// The structures of libibverbs and librdmacm as they are in memory on 64-bit
// Linux (LP64), from verbs.h and rdma_cma.h of rdma-core. Both libraries
// promise that these do not change within libibverbs.so.1 and librdmacm.so.1.
// Only what is used has a name. layout_test.go holds offsets and sizes.

// pointer is an address of the library's or of mapped memory, never of Go's
// heap: the collector does not look at it.
type pointer uintptr

// context is struct ibv_context: one opened device. Its operations are the
// provider library's functions behind the inline functions of verbs.h.
type verbsContext struct {
	device  pointer
	_       [7]pointer
	allocMW pointer
	bindMW  pointer
	freeMW  pointer
	_       pointer
	pollCQ  pointer
	notify  pointer // req_notify_cq
	_       [7]pointer
	_       pointer // post_srq_recv
	_       [4]pointer
	post    pointer // post_send
	receive pointer // post_recv
	_       [5]pointer
	cmdFD   int32
	asyncFD int32
	vectors int32 // num_comp_vectors
	_       [52]byte
}

// device is the beginning of struct ibv_device.
type verbsDevice struct {
	_             [2]pointer
	nodeType      int32
	transportType int32
	name          [64]byte
}

// deviceAttr is struct ibv_device_attr.
type deviceAttr struct {
	firmware            [64]byte
	_                   [16]byte
	maxMRSize           uint64
	_                   uint64
	vendorID            uint32
	vendorPart          uint32
	hwVersion           uint32
	maxQP               int32
	maxQPWR             int32
	capFlags            uint32
	maxSGE              int32
	maxSGERead          int32
	maxCQ               int32
	maxCQE              int32
	maxMR               int32
	maxPD               int32
	maxQPReadAtomic     int32
	_                   int32
	_                   int32
	maxQPInitReadAtomic int32
	_                   [4]int32
	maxMW               int32
	_                   [52]byte
}

// sge is struct ibv_sge.
type sge struct {
	addr   uint64
	length uint32
	lkey   uint32
}

// sendWR is struct ibv_send_wr.
type sendWR struct {
	id         uint64
	next       pointer
	list       pointer // *sge
	count      int32
	opcode     uint32
	flags      uint32
	invalidate uint32 // union with imm_data
	remoteAddr uint64 // wr.rdma
	rkey       uint32
	_          [28]byte
	mw         pointer // bind_mw
	mwKey      uint32
	_          uint32
	mr         pointer
	bindAddr   uint64
	bindLength uint64
	bindAccess uint32
	_          uint32
}

// recvWR is struct ibv_recv_wr.
type recvWR struct {
	id    uint64
	next  pointer
	list  pointer
	count int32
	_     int32
}

// completion is struct ibv_wc.
type completion struct {
	id          uint64
	status      uint32
	opcode      uint32
	vendor      uint32
	length      uint32
	invalidated uint32 // union with imm_data
	qpNum       uint32
	srcQP       uint32
	flags       uint32
	_           [8]byte
}

// memoryRegion is struct ibv_mr.
type memoryRegion struct {
	_    [4]pointer
	_    uint32
	lkey uint32
	rkey uint32
	_    uint32
}

// memoryWindow is struct ibv_mw.
type memoryWindow struct {
	_    [2]pointer
	rkey uint32
	_    uint32
	kind int32
	_    int32
}

// verbsQP is the beginning of struct ibv_qp.
type verbsQP struct {
	_      [6]pointer
	_      uint32
	number uint32
	state  int32
}

// compChannel is struct ibv_comp_channel.
type compChannel struct {
	_    pointer
	fd   int32
	refs int32
}

// qpInit is struct ibv_qp_init_attr.
type qpInit struct {
	context   pointer
	sendCQ    pointer
	recvCQ    pointer
	srq       pointer
	sendWR    uint32
	recvWR    uint32
	sendSGE   uint32
	recvSGE   uint32
	inline    uint32
	kind      int32
	signalAll int32
	_         int32
}

// qpAttr is struct ibv_qp_attr, of which the state alone is set.
type qpAttr struct {
	state int32
	_     [140]byte
}

// asyncEvent is struct ibv_async_event.
type asyncEvent struct {
	element pointer
	kind    int32
	_       int32
}

// cmID is struct rdma_cm_id.
type cmID struct {
	verbs   pointer
	channel pointer
	context pointer
	qp      pointer
	_       [312]byte
	space   int32
	port    uint8
	_       [3]byte
	event   pointer
	_       [56]byte
}

// cmEvent is struct rdma_cm_event with its connection parameters.
type cmEvent struct {
	id     pointer
	listen pointer
	kind   int32
	status int32
	param  connParam
	_      [32]byte
}

// connParam is struct rdma_conn_param.
type connParam struct {
	private       pointer
	privateLength uint8
	responder     uint8 // responder_resources
	initiator     uint8 // initiator_depth
	flowControl   uint8
	retry         uint8
	rnrRetry      uint8
	srq           uint8
	_             uint8
	qpNum         uint32
	_             uint32
}

// Constants of verbs.h.
const (
	opWrite    = 0
	opSend     = 2
	opRead     = 4
	opLocalInv = 7
	opBindMW   = 8
	opSendInv  = 9

	flagSignaled = 2
	flagInline   = 8

	accessLocalWrite  = 1
	accessRemoteWrite = 2
	accessRemoteRead  = 4
	accessBind        = 16

	wcWithInv  = 8 // wc_flags
	rxeWithInv = 4

	capMemWindow   = 0x20000
	capMgmtExt     = 0x200000 // IBV_DEVICE_MEM_MGT_EXTENSIONS
	capWindow2A    = 0x800000
	capWindow2B    = 0x1000000
	transportIWARP = 1
	transportIB    = 0

	qpReliable = 2 // IBV_QPT_RC
	stateError = 6 // IBV_QPS_ERR
	attrState  = 1 // IBV_QP_STATE
	mwType2    = 2
)

// Completion statuses, enum ibv_wc_status.
const (
	statusSuccess    = 0
	statusQPOp       = 2 // LOC_QP_OP_ERR
	statusFlushed    = 5 // WR_FLUSH_ERR
	statusRemInvalid = 9 // REM_INV_REQ_ERR
	statusRemAccess  = 10
	statusRemOp      = 11
	statusRetry      = 12 // RETRY_EXC_ERR
	statusRNR        = 13 // RNR_RETRY_EXC_ERR
)

// Events of librdmacm, enum rdma_cm_event_type.
const (
	eventAddrResolved    = 0
	eventAddrError       = 1
	eventRouteResolved   = 2
	eventRouteError      = 3
	eventConnectRequest  = 4
	eventConnectResponse = 5
	eventConnectError    = 6
	eventUnreachable     = 7
	eventRejected        = 8
	eventEstablished     = 9
	eventDisconnected    = 10
	eventDeviceRemoval   = 11
	eventAddrChange      = 14
	eventTimewaitExit    = 15

	portSpaceTCP = 0x0106 // RDMA_PS_TCP
)

// Asynchronous events, enum ibv_event_type.
const (
	asyncCQError     = 0
	asyncQPFatal     = 1
	asyncQPRequest   = 2 // QP_REQ_ERR
	asyncQPAccess    = 3 // QP_ACCESS_ERR
	asyncDeviceFatal = 8
	asyncPortActive  = 9
)

// at is the structure of the library's at p.
func at[T any](p pointer) *T { return (*T)(unsafe.Add(unsafe.Pointer(nil), p)) }
