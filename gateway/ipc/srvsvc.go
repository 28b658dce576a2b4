package ipc

import (
	"slices"
	"time"

	"github.com/smbgw/smbgw/auth"
)

// Operations of [MS-SRVS] 3.1.4.
const (
	opShareEnum     = 15
	opShareGetInfo  = 16
	opServerGetInfo = 21
	opRemoteTOD     = 28
	opEnumSticky    = 36
)

// A win32 is what an operation returns, [MS-ERREF] 2.2 and [MS-SRVS] 2.2.2.
type win32 uint32

const (
	errorSuccess      win32 = 0
	errorAccessDenied win32 = 5
	errorInvalidLevel win32 = 0x7c
	errorMoreData     win32 = 0xea
	nerrBufTooSmall   win32 = 0x84b
	nerrNameNotFound  win32 = 0x906 // NERR_NetNameNotFound
)

// A srvsvc is the interface as one client sees it, [MS-SRVS].
type srvsvc struct {
	server  string
	comment string
	shares  func() []Share // IPC$ included
	nobody  bool           // the client is anonymous
	now     func() time.Time
}

// call does an operation.
func (s *srvsvc) call(opnum uint16, stub decoder) ([]byte, faultCode) {
	e := encoder{b: []byte{}}
	ok := false
	switch opnum {
	case opShareEnum, opEnumSticky:
		ok = s.shareEnum(&stub, &e, opnum == opEnumSticky)
	case opShareGetInfo:
		ok = s.shareGetInfo(&stub, &e)
	case opServerGetInfo:
		ok = s.serverGetInfo(&stub, &e)
	case opRemoteTOD:
		ok = s.remoteTOD(&stub, &e)
	default:
		return nil, faultOpnum
	}
	if !ok {
		return nil, faultBadStub
	}
	return e.b, noFault
}

// A shareEnum is the arguments of NetrShareEnum, [MS-SRVS] 3.1.4.8, without
// those that mean nothing.
//
//	ServerName* Level[4] switch[4] container* [EntriesRead[4] Buffer*]
//	PreferedMaximumLength[4] ResumeHandle*
type shareEnum struct {
	level   uint32
	fields  []field // nil of a level that is not known
	most    uint32
	resumes bool // there is a handle
	resume  uint32
}

func (d *decoder) shareEnum() (r shareEnum) {
	d.pointedText()
	r.level = d.u32()
	if d.u32() != r.level { // the union's, [C706] 14.3.8
		d.ok = false
	}
	fields, known := shareInfo[r.level]
	if !known {
		return r // and nobody knows what follows
	}
	r.fields = fields
	if d.u32() != 0 {
		n := d.u32()
		if d.u32() != 0 {
			d.skipShares(n, fields)
		}
	}
	r.most = d.u32()
	if r.resumes = d.u32() != 0; r.resumes {
		r.resume = d.u32()
	}
	return r
}

// shareEnum does NetrShareEnum, and NetrShareEnumSticky, 3.1.4.9, about the
// shares that somebody has configured, without level 501. The handle is the place in the list. The
// anonymous are told nothing about shares: the first of the measures that 3.1.4.8
// wants, and Windows' way.
func (s *srvsvc) shareEnum(d *decoder, e *encoder, sticky bool) bool {
	r := d.shareEnum()
	if !d.ok {
		return false
	}
	e.u32(r.level)
	e.u32(r.level)
	switch {
	case r.fields == nil || sticky && r.level == 501:
		refuse(e, r.fields != nil || r.level == 503, errorInvalidLevel, 2)
		return true
	case s.nobody:
		refuse(e, true, errorAccessDenied, 2)
		return true
	}
	all := slices.DeleteFunc(s.shares(), func(s Share) bool { return s.Hidden || sticky && s.pipes })
	left := all[min(uint64(r.resume), uint64(len(all))):]
	some := fitting(left, r.fields, min(int64(r.most), maxList))
	e.pointer()
	putShares(e, some, r.fields)
	e.u32(uint32(len(left)))
	status, resume := errorSuccess, uint32(0)
	switch {
	case len(some) == len(left):
	case len(some) == 0:
		status, resume = nerrBufTooSmall, r.resume
	default:
		status, resume = errorMoreData, r.resume+uint32(len(some))
	}
	if r.resumes {
		e.pointer()
		e.u32(resume)
	} else {
		e.null()
	}
	e.u32(uint32(status))
	return true
}

// refuse ends the results of an operation that has failed: nothing of the level,
// which is a null pointer if the union has the level at all, n further numbers
// or pointers, and the status.
func refuse(e *encoder, level bool, status win32, n int) {
	if level {
		n++
	}
	for range n {
		e.null()
	}
	e.u32(uint32(status))
}

// fitting is as many shares as fit into most bytes.
func fitting(all []Share, fields []field, most int64) []Share {
	for i := range all {
		if most -= int64(all[i].size(fields)); most < 0 {
			return all[:i]
		}
	}
	return all
}

// putShares appends a SHARE_INFO container, [MS-SRVS] 2.2.4.32 to 2.2.4.36.
//
//	EntriesRead[4] Buffer* [maximum_count[4] entries texts]
func putShares(e *encoder, list []Share, fields []field) {
	e.u32(uint32(len(list)))
	e.pointer()
	e.u32(uint32(len(list)))
	for i := range list {
		list[i].put(e, fields)
	}
	for i := range list {
		list[i].putTexts(e, fields)
	}
}

// shareGetInfo does NetrShareGetInfo, [MS-SRVS] 3.1.4.10.
//
//	ServerName* NetName Level[4]
func (s *srvsvc) shareGetInfo(d *decoder, e *encoder) bool {
	d.pointedText()
	name, level := auth.Upper(d.text()), d.u32()
	if !d.ok {
		return false
	}
	e.u32(level)
	fields := shareInfo[level]
	switch {
	case fields == nil:
		refuse(e, inShareInfo(level), errorInvalidLevel, 0)
		return true
	case s.nobody:
		refuse(e, true, errorAccessDenied, 0)
		return true
	}
	for _, share := range s.shares() {
		if auth.Upper(share.Name) == name {
			e.pointer()
			share.put(e, fields)
			share.putTexts(e, fields)
			e.u32(uint32(errorSuccess))
			return true
		}
	}
	refuse(e, true, nerrNameNotFound, 0)
	return true
}

// inShareInfo says whether the union of NetrShareGetInfo has a level that is not
// answered, [MS-SRVS] 2.2.3.6.
func inShareInfo(level uint32) bool {
	switch level {
	case 503, 1004, 1005, 1006, 1501:
		return true
	}
	return false
}
