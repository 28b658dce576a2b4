//go:build (amd64 || arm64) && !noverbs

package verbs

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"github.com/ebitengine/purego"
	"golang.org/x/sys/unix"
)

// TestLive holds the structures against the real libraries: what is read
// through them is what the kernel and the libraries' own programs say too. It
// runs where SMBGW_VERBS is set, as root of a machine with RDMA devices.
func TestLive(t *testing.T) {
	if os.Getenv("SMBGW_VERBS") == "" {
		t.Skip("SMBGW_VERBS is not set: no RDMA devices are to be used")
	}
	l, err := load()
	if err != nil {
		t.Fatal(err)
	}
	found, err := Devices()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range found {
		t.Run(d.Name, func(t *testing.T) {
			if d.Err != nil {
				t.Fatal(d.Err)
			}
			s := newSubject(t, l, d)
			t.Run("device", s.identity)
			t.Run("attributes", s.attributes)
			t.Run("operations", s.operations)
			t.Run("descriptors", s.descriptors)
			t.Run("region", s.region)
			t.Run("window", s.window)
			t.Run("queues", s.queues)
			t.Run("watch", s.watch)
		})
	}
}

// A subject is one device, opened.
type subject struct {
	l       *library
	d       Device
	device  pointer // ibv_device
	context pointer // ibv_context
	pd      pointer
	memory  []byte
}

func newSubject(t *testing.T, l *library, d Device) *subject {
	t.Helper()
	listed, release, err := l.list()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	s := &subject{l: l, d: d, device: listed[d.Name]}
	if s.context, err = l.object(l.openDevice, uintptr(s.device)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { zero(t, l, "ibv_close_device", l.closeDevice, s.context) })
	if s.pd, err = l.object(l.allocPD, uintptr(s.context)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { zero(t, l, "ibv_dealloc_pd", l.freePD, s.pd) })
	if s.memory, err = unix.Mmap(-1, 0, 1<<16, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Munmap(s.memory) })
	return s
}

// zero calls a function that has to succeed.
func zero(t *testing.T, l *library, name string, fn uintptr, p pointer) {
	t.Helper()
	if err := l.status(fn, uintptr(p)); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

func sys(name ...string) string {
	b, _ := os.ReadFile(filepath.Join("/sys/class", filepath.Join(name...)))
	return strings.TrimSpace(string(b))
}

func tool(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

func (s *subject) identity(t *testing.T) {
	d := at[verbsDevice](s.device)
	if at[verbsContext](s.context).device != s.device {
		t.Errorf("the context's device is %#x, not %#x", at[verbsContext](s.context).device, s.device)
	}
	if d.text() != s.d.Name {
		t.Errorf("name %q", d.text())
	}
	if want := sys("infiniband", s.d.Name, "node_type"); !strings.HasPrefix(want, fmt.Sprint(d.nodeType, ":")) {
		t.Errorf("node type %d, sysfs says %s", d.nodeType, want)
	}
	if iwarp := d.transportType == transportIWARP; iwarp != (s.d.Kind == IWARP) || !iwarp && d.transportType != transportIB {
		t.Errorf("transport %d of a device that is %v", d.transportType, s.d.Kind)
	}
}

// attributes are compared with what ibv_devinfo prints of them.
func (s *subject) attributes(t *testing.T) {
	a := new(deviceAttr)
	if err := s.l.status(s.l.queryDevice, uintptr(s.context), uintptr(unsafe.Pointer(a))); err != nil {
		t.Fatal(err)
	}
	firmware, _, _ := strings.Cut(string(a.firmware[:]), "\x00")
	text := tool(t, "ibv_devinfo", "-v", "-d", s.d.Name)
	for name, got := range map[string]string{
		"fw_ver": firmware, "max_mr_size": fmt.Sprintf("%#x", a.maxMRSize),
		"vendor_id": fmt.Sprintf("0x%04x", a.vendorID), "vendor_part_id": fmt.Sprint(a.vendorPart), "hw_ver": fmt.Sprintf("0x%X", a.hwVersion),
		"max_qp": fmt.Sprint(a.maxQP), "max_qp_wr": fmt.Sprint(a.maxQPWR), "device_cap_flags": fmt.Sprintf("0x%08x", a.capFlags),
		"max_sge": fmt.Sprint(a.maxSGE), "max_sge_rd": fmt.Sprint(a.maxSGERead), "max_cq": fmt.Sprint(a.maxCQ), "max_cqe": fmt.Sprint(a.maxCQE),
		"max_mr": fmt.Sprint(a.maxMR), "max_pd": fmt.Sprint(a.maxPD), "max_qp_rd_atom": fmt.Sprint(a.maxQPReadAtomic),
		"max_qp_init_rd_atom": fmt.Sprint(a.maxQPInitReadAtomic), "max_mw": fmt.Sprint(a.maxMW),
		"num_comp_vectors": fmt.Sprint(at[verbsContext](s.context).vectors),
	} {
		m := regexp.MustCompile(`(?m)^\s*` + name + `:\s*(\S+)`).FindStringSubmatch(text)
		if m == nil || m[1] != got {
			t.Errorf("%s is %s, ibv_devinfo says %v", name, got, m)
		}
	}
	if s.d.Limits != limitsOf(a) {
		t.Errorf("%+v, want %+v", s.d.Limits, limitsOf(a))
	}
}

// codeAt is the file whose code is at an address.
func codeAt(t *testing.T, p pointer) string {
	t.Helper()
	b, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		from, to, _ := strings.Cut(f[0], "-")
		low, _ := strconv.ParseUint(from, 16, 64)
		high, _ := strconv.ParseUint(to, 16, 64)
		if low <= uint64(p) && uint64(p) < high && len(f) > 5 && strings.Contains(f[1], "x") {
			return f[5]
		}
	}
	return ""
}

// operations lead into the code of the device's plug-in, and what it has not
// of its own into that of libibverbs.
func (s *subject) operations(t *testing.T) {
	driver := strings.TrimRight(s.d.Name, "0123456789") // siw1, rxe1
	c := at[verbsContext](s.context)
	for name, op := range map[string]pointer{
		"post_send": c.post, "post_recv": c.receive, "poll_cq": c.pollCQ, "req_notify_cq": c.notify,
		"alloc_mw": c.allocMW, "bind_mw": c.bindMW, "dealloc_mw": c.freeMW,
	} {
		file := filepath.Base(codeAt(t, op))
		plugin := strings.HasPrefix(file, "lib"+driver+"-rdmav")
		own := strings.HasPrefix(name, "po") || strings.HasSuffix(name, "_mw") && s.d.Windows != NoWindows
		if !plugin && (own || !strings.HasPrefix(file, "libibverbs.so.1")) {
			t.Errorf("%s at %#x is in %q", name, op, file)
		}
	}
}

func descriptor(fd int32) string {
	to, _ := os.Readlink(fmt.Sprint("/proc/self/fd/", fd))
	return to
}

func (s *subject) descriptors(t *testing.T) {
	c := at[verbsContext](s.context)
	node := descriptor(c.cmdFD)
	if !strings.HasPrefix(node, "/dev/infiniband/uverbs") || sys("infiniband_verbs", filepath.Base(node), "ibdev") != s.d.Name {
		t.Errorf("cmd_fd %d is %s", c.cmdFD, node)
	}
	if to := descriptor(c.asyncFD); to != "anon_inode:[infinibandevent]" {
		t.Errorf("async_fd %d is %s", c.asyncFD, to)
	}
}

func (s *subject) region(t *testing.T) {
	start, length := pointer(uintptr(unsafe.Pointer(&s.memory[4096]))), uint64(8191)
	mr, err := s.l.object(s.l.regMR, uintptr(s.pd), uintptr(start), uintptr(length), accessLocalWrite|accessRemoteRead)
	if err != nil {
		t.Fatal(err)
	}
	defer zero(t, s.l, "ibv_dereg_mr", s.l.freeMR, mr)
	raw := at[[4]uint64](mr) // context, pd, addr, length
	if want := [4]uint64{uint64(s.context), uint64(s.pd), uint64(start), length}; *raw != want {
		t.Errorf("ibv_mr begins with %x, want %x", *raw, want)
	}
	// Both keys name the one region that "rdma resource" shows of this process.
	m := at[memoryRegion](mr)
	shown := s.resources(t, "mr")
	for name, key := range map[string]uint32{"rkey": m.rkey, "lkey": m.lkey} {
		if key == 0 || !strings.Contains(shown, fmt.Sprintf(" %s %#x ", name, key)) {
			t.Errorf("%s %#x is not among\n%s", name, key, shown)
		}
	}
}

// resources are this program's on the device. The process is named by the
// thread that made them, which may be any of its own.
func (s *subject) resources(t *testing.T, kind string) string {
	t.Helper()
	text := tool(t, "rdma", "-d", "resource", "show", kind)
	program := filepath.Base(os.Args[0])
	var own []string
	for _, one := range regexp.MustCompile(`\b(dev|link) `).Split(text, -1) {
		one = strings.Join(strings.Fields(one), " ") + " "
		if strings.HasPrefix(one, s.d.Name) && strings.Contains(one, " comm "+program[:min(15, len(program))]+" ") {
			own = append(own, one)
		}
	}
	if len(own) == 0 {
		t.Errorf("none of %q", text)
	}
	return strings.Join(own, "\n")
}

func (s *subject) window(t *testing.T) {
	if s.d.Windows == NoWindows {
		c := at[verbsContext](s.context)
		if w, err := s.l.object(uintptr(c.allocMW), uintptr(s.pd), mwType2); err == nil {
			t.Errorf("a device without windows makes one: %#x", w)
		}
		return
	}
	c := at[verbsContext](s.context)
	w, err := s.l.object(uintptr(c.allocMW), uintptr(s.pd), mwType2)
	if err != nil {
		t.Fatal(err)
	}
	defer zero(t, s.l, "ibv_dealloc_mw", uintptr(c.freeMW), w)
	if raw := at[[2]pointer](w); *raw != [2]pointer{s.context, s.pd} {
		t.Errorf("ibv_mw begins with %x", *raw)
	}
	if m := at[memoryWindow](w); m.kind != mwType2 || m.rkey == 0 {
		t.Errorf("%+v", m)
	}
}

// queues: a channel, a completion queue that is told of on it, and a queue pair
// whose number the kernel knows.
func (s *subject) queues(t *testing.T) {
	channel, err := s.l.object(s.l.createCompChannel, uintptr(s.context))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { zero(t, s.l, "ibv_destroy_comp_channel", s.l.destroyCompChannel, channel) })
	if c := at[compChannel](channel); *at[pointer](channel) != s.context || descriptor(c.fd) != "anon_inode:[infinibandevent]" {
		t.Errorf("%+v: %s", c, descriptor(c.fd))
	}
	cq, err := s.l.object(s.l.createCQ, uintptr(s.context), 16, 0x5eed, uintptr(channel), 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { zero(t, s.l, "ibv_destroy_cq", s.l.destroyCQ, cq) })
	if at[compChannel](channel).refs != 1 {
		t.Errorf("one queue's channel has %d references", at[compChannel](channel).refs)
	}
	qp := s.queuePair(t, cq)
	q := at[verbsQP](qp)
	if shown := s.resources(t, "qp"); !strings.Contains(shown, fmt.Sprintf(" lqpn %d ", q.number)) || q.state != 0 {
		t.Errorf("%+v is not among\n%s", *q, shown)
	}
	// An event that never came is EAGAIN on a channel that does not block.
	if err := unix.SetNonblock(int(at[compChannel](channel).fd), true); err != nil {
		t.Error(err)
	}
	var of, context pointer
	if err := s.l.status(s.l.getCQEvent, uintptr(channel), uintptr(unsafe.Pointer(&of)), uintptr(unsafe.Pointer(&context))); err != unix.EAGAIN {
		t.Errorf("an event out of nowhere: %v", err)
	}
}

// queuePair makes one as rdma_create_qp does below.
func (s *subject) queuePair(t *testing.T, cq pointer) pointer {
	t.Helper()
	h, err := purego.Dlopen("libibverbs.so.1", purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		t.Fatal(err)
	}
	function := func(name string) uintptr {
		fn, err := purego.Dlsym(h, name)
		if err != nil {
			t.Fatal(err)
		}
		return fn
	}
	init := &qpInit{context: 0x5eed, sendCQ: cq, recvCQ: cq, sendWR: 4, recvWR: 5, sendSGE: 2, recvSGE: 1, kind: qpReliable}
	qp, err := s.l.object(function("ibv_create_qp"), uintptr(s.pd), uintptr(unsafe.Pointer(init)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { zero(t, s.l, "ibv_destroy_qp", function("ibv_destroy_qp"), qp) })
	if raw := at[[4]pointer](qp); raw[0] != s.context || raw[1] != 0x5eed || raw[2] != s.pd || raw[3] != cq {
		t.Errorf("ibv_qp begins with %x", *raw)
	}
	// What the device made of the sizes is at least what was asked for.
	if init.sendWR < 4 || init.recvWR < 5 || init.sendSGE < 2 || init.recvSGE < 1 || init.sendWR > 1<<20 || init.recvWR > 1<<20 || init.inline > 1<<16 {
		t.Errorf("%+v", *init)
	}
	return qp
}

// watch: events of the device are waited for, and the end comes at once.
func (s *subject) watch(t *testing.T) {
	stop, err := watchDevice(s.l, s.context, func(kind int32, element pointer) { t.Errorf("event %d of %#x", kind, element) })
	if err != nil {
		t.Fatal(err)
	}
	stop()
}
