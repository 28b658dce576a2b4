package notify

import "time"

const (
	// sendTime bounds one datagram: a manager that does not read for a second
	// must not hold up who serves clients.
	sendTime = time.Second

	// maxStatus bounds a status, in bytes: one line that systemctl shows.
	maxStatus = 512
)
