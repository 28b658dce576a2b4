//go:build linux && (amd64 || arm64) && !noverbs

package verbs

import (
	"testing"
	"unsafe"
)

// TestLayout: sizes and offsets are those of the headers of rdma-core, which
// a compiler gave on x86-64.
func TestLayout(t *testing.T) {
	var (
		c   verbsContext
		a   deviceAttr
		d   verbsDevice
		s   sendWR
		w   completion
		m   memoryRegion
		win memoryWindow
		q   verbsQP
		i   qpInit
		id  cmID
		e   cmEvent
		p   connParam
	)
	for _, f := range []struct {
		name      string
		got, want uintptr
	}{
		{"ibv_context", unsafe.Sizeof(c), 328},
		{"alloc_mw", unsafe.Offsetof(c.allocMW), 64},
		{"bind_mw", unsafe.Offsetof(c.bindMW), 72},
		{"dealloc_mw", unsafe.Offsetof(c.freeMW), 80},
		{"poll_cq", unsafe.Offsetof(c.pollCQ), 96},
		{"req_notify_cq", unsafe.Offsetof(c.notify), 104},
		{"post_send", unsafe.Offsetof(c.post), 208},
		{"post_recv", unsafe.Offsetof(c.receive), 216},
		{"cmd_fd", unsafe.Offsetof(c.cmdFD), 264},
		{"async_fd", unsafe.Offsetof(c.asyncFD), 268},
		{"num_comp_vectors", unsafe.Offsetof(c.vectors), 272},
		{"ibv_device_attr", unsafe.Sizeof(a), 232},
		{"max_qp_wr", unsafe.Offsetof(a.maxQPWR), 112},
		{"device_cap_flags", unsafe.Offsetof(a.capFlags), 116},
		{"max_sge", unsafe.Offsetof(a.maxSGE), 120},
		{"max_sge_rd", unsafe.Offsetof(a.maxSGERead), 124},
		{"max_qp_rd_atom", unsafe.Offsetof(a.maxQPReadAtomic), 144},
		{"max_qp_init_rd_atom", unsafe.Offsetof(a.maxQPInitReadAtomic), 156},
		{"max_mw", unsafe.Offsetof(a.maxMW), 176},
		{"node_type", unsafe.Offsetof(d.nodeType), 16},
		{"transport_type", unsafe.Offsetof(d.transportType), 20},
		{"name", unsafe.Offsetof(d.name), 24},
		{"ibv_send_wr", unsafe.Sizeof(s), 128},
		{"sg_list", unsafe.Offsetof(s.list), 16},
		{"opcode", unsafe.Offsetof(s.opcode), 28},
		{"invalidate_rkey", unsafe.Offsetof(s.invalidate), 36},
		{"rdma.remote_addr", unsafe.Offsetof(s.remoteAddr), 40},
		{"rdma.rkey", unsafe.Offsetof(s.rkey), 48},
		{"bind_mw.mw", unsafe.Offsetof(s.mw), 80},
		{"bind_mw.rkey", unsafe.Offsetof(s.mwKey), 88},
		{"bind_info", unsafe.Offsetof(s.mr), 96},
		{"ibv_recv_wr", unsafe.Sizeof(recvWR{}), 32},
		{"ibv_sge", unsafe.Sizeof(sge{}), 16},
		{"ibv_wc", unsafe.Sizeof(w), 48},
		{"invalidated_rkey", unsafe.Offsetof(w.invalidated), 24},
		{"wc_flags", unsafe.Offsetof(w.flags), 36},
		{"ibv_mr", unsafe.Sizeof(m), 48},
		{"lkey", unsafe.Offsetof(m.lkey), 36},
		{"mr.rkey", unsafe.Offsetof(m.rkey), 40},
		{"ibv_mw", unsafe.Sizeof(win), 32},
		{"mw.rkey", unsafe.Offsetof(win.rkey), 16},
		{"mw.type", unsafe.Offsetof(win.kind), 24},
		{"qp_num", unsafe.Offsetof(q.number), 52},
		{"qp.state", unsafe.Offsetof(q.state), 56},
		{"ibv_comp_channel", unsafe.Sizeof(compChannel{}), 16},
		{"ibv_qp_init_attr", unsafe.Sizeof(i), 64},
		{"cap", unsafe.Offsetof(i.sendWR), 32},
		{"qp_type", unsafe.Offsetof(i.kind), 52},
		{"sq_sig_all", unsafe.Offsetof(i.signalAll), 56},
		{"ibv_qp_attr", unsafe.Sizeof(qpAttr{}), 144},
		{"ibv_async_event", unsafe.Sizeof(asyncEvent{}), 16},
		{"rdma_cm_id", unsafe.Sizeof(id), 416},
		{"id.qp", unsafe.Offsetof(id.qp), 24},
		{"id.ps", unsafe.Offsetof(id.space), 344},
		{"id.port_num", unsafe.Offsetof(id.port), 348},
		{"id.event", unsafe.Offsetof(id.event), 352},
		{"rdma_cm_event", unsafe.Sizeof(e), 80},
		{"event.param", unsafe.Offsetof(e.param), 24},
		{"rdma_conn_param", unsafe.Sizeof(p), 24},
		{"qp_num", unsafe.Offsetof(p.qpNum), 16},
	} {
		if f.got != f.want {
			t.Errorf("%s: %d, want %d", f.name, f.got, f.want)
		}
	}
}
