package ipc

import "time"

// What NetrServerGetInfo says of every server of this kind, [MS-SRVS] 2.2.4.40
// to 2.2.4.42.
const (
	platformNT   = 500
	versionMajor = 10 // of Windows: the first one that speaks 3.1.1
	versionMinor = 0

	// serverType is SV_TYPE_WORKSTATION, SERVER, NT and SERVER_NT, [MS-SRVS]
	// 2.2.2.7.
	serverType = 0x1 | 0x2 | 0x1000 | 0x8000

	anyUsers      = 0xffffffff
	neverLogOff   = 0xffffffff // SV_NODISC: idle clients stay
	announceEvery = 240        // seconds; nothing is announced, so it is Windows' default
	announceDelta = 3000
)

// serverGetInfo does NetrServerGetInfo, [MS-SRVS] 3.1.4.17.
//
//	ServerName* Level[4]
func (s *srvsvc) serverGetInfo(d *decoder, e *encoder) bool {
	d.pointedText()
	level := d.u32()
	if !d.ok {
		return false
	}
	e.u32(level)
	if level < 100 || level > 102 {
		refuse(e, inServerInfo(level), errorInvalidLevel, 0)
		return true
	}
	e.pointer()
	s.putServer(e, level)
	e.u32(uint32(errorSuccess))
	return true
}

// inServerInfo says whether the union has a level that is not answered, [MS-SRVS]
// 2.2.3.7: all from 1005 on, as nobody asks for those between.
func inServerInfo(level uint32) bool {
	switch level {
	case 103, 502, 503, 599:
		return true
	}
	return 1005 <= level && level <= 1556
}

// putServer appends SERVER_INFO_100, 101 or 102: each is the one before and
// more.
func (s *srvsvc) putServer(e *encoder, level uint32) {
	e.u32(platformNT)
	e.pointer() // the name
	if level >= 101 {
		e.u32(versionMajor)
		e.u32(versionMinor)
		e.u32(serverType)
		e.pointer() // the comment
	}
	if level >= 102 {
		e.u32(anyUsers)
		e.u32(neverLogOff)
		e.u32(0) // not hidden
		e.u32(announceEvery)
		e.u32(announceDelta)
		e.u32(0)    // licenses
		e.pointer() // the path of users' folders
	}
	e.text(s.server)
	if level >= 101 {
		e.text(s.comment)
	}
	if level >= 102 {
		e.text("")
	}
}

// remoteTOD does NetrRemoteTOD, [MS-SRVS] 3.1.4.21: TIME_OF_DAY_INFO,
// 2.2.4.105, in UTC.
//
//	ServerName*
func (s *srvsvc) remoteTOD(d *decoder, e *encoder) bool {
	d.pointedText()
	if !d.ok {
		return false
	}
	const (
		unknownZone = 0xffffffff // -1: the time is in UTC
		tick        = 310        // of 0.1 ms, Windows'
	)
	t := s.now().UTC()
	e.pointer()
	for _, v := range []uint32{
		uint32(t.Unix()), uint32(t.UnixMilli()), uint32(t.Hour()), uint32(t.Minute()), uint32(t.Second()),
		uint32(t.Nanosecond() / int(10*time.Millisecond)), unknownZone, tick,
		uint32(t.Day()), uint32(t.Month()), uint32(t.Year()), uint32(t.Weekday()),
	} {
		e.u32(v)
	}
	e.u32(uint32(errorSuccess))
	return true
}
