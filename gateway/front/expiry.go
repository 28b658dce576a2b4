package front

import (
	"time"

	"github.com/smbgw/smbgw/smb2"
)

// expired says that the user has to log in again, [MS-SMB2] 3.3.6.2. It is asked
// with each request instead of by a timer.
func (s *session) expired() bool {
	t := s.until.Load()
	return t != 0 && time.Now().UnixNano() >= t
}

// outlives says which commands a session serves when it has expired, [MS-SMB2]
// 3.3.5.2.9: those that let go of something, and LOCK. ECHO and CANCEL are
// Windows', and CANCEL lets go too. SESSION_SETUP does not come here.
func outlives(cmd smb2.Command) bool {
	switch cmd {
	case smb2.CommandLogoff, smb2.CommandClose, smb2.CommandLock, smb2.CommandCancel, smb2.CommandEcho:
		return true
	}
	return false
}
