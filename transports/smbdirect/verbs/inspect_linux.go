//go:build (amd64 || arm64) && !noverbs

package verbs

import (
	"strings"
	"unsafe"
)

func (l *library) list() (map[string]pointer, func(), error) {
	list, err := l.object(l.getDeviceList, 0)
	if err != nil {
		return nil, nil, explainErrno("ibv_get_device_list", err)
	}
	listed := map[string]pointer{}
	for entry := list; *at[pointer](entry) != 0; entry += pointer(unsafe.Sizeof(entry)) {
		device := *at[pointer](entry)
		listed[at[verbsDevice](device).text()] = device
	}
	return listed, func() { l.status(l.freeDeviceList, uintptr(list)) }, nil
}

// text is the device's name.
func (d *verbsDevice) text() string {
	name, _, _ := strings.Cut(string(d.name[:]), "\x00")
	return name
}

func (l *library) describe(device pointer, d *Device) error {
	opened, err := l.object(l.openDevice, uintptr(device))
	if err != nil {
		return explainErrno("ibv_open_device", err)
	}
	defer l.status(l.closeDevice, uintptr(opened))
	attr := new(deviceAttr)
	if err := l.status(l.queryDevice, uintptr(opened), uintptr(unsafe.Pointer(attr))); err != nil {
		return explainErrno("ibv_query_device", err)
	}
	d.Limits = limitsOf(attr)
	d.Windows = windowsOf(attr)
	if d.Windows != NoWindows && !l.makesWindows(opened, d.Windows) {
		d.Windows = NoWindows
	}
	return nil
}

func limitsOf(a *deviceAttr) Limits {
	return Limits{
		WorkRequests: int(a.maxQPWR),
		SGE:          int(a.maxSGE),
		ReadSGE:      int(a.maxSGERead),
		InboundReads: int(a.maxQPReadAtomic),
		OutsideReads: int(a.maxQPInitReadAtomic),
		Regions:      int(a.maxMR),
		Windows:      int(a.maxMW),
	}
}

// windowsOf is what a device says of its windows. Some say it for the kernel
// alone: makesWindows tells.
func windowsOf(a *deviceAttr) Windows {
	switch {
	case a.maxMW == 0:
		return NoWindows
	case a.capFlags&capWindow2B != 0:
		return Windows2B
	case a.capFlags&capWindow2A != 0:
		return Windows2A
	case a.capFlags&capMemWindow != 0:
		return Windows1
	}
	return NoWindows
}

// makesWindows makes a window and lets go of it: a plug-in may have none
// although its device has.
func (l *library) makesWindows(opened pointer, w Windows) bool {
	pd, err := l.object(l.allocPD, uintptr(opened))
	if err != nil {
		return false
	}
	defer l.status(l.freePD, uintptr(pd))
	kind := uintptr(mwType2)
	if w == Windows1 {
		kind = mwType1
	}
	ops := at[verbsContext](opened)
	window, err := l.object(uintptr(ops.allocMW), uintptr(pd), kind)
	if err != nil {
		return false
	}
	l.status(uintptr(ops.freeMW), uintptr(window))
	return true
}

const mwType1 = 1 // IBV_MW_TYPE_1
