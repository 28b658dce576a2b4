// Package notify tells the service manager how the program is doing, as
// sd_notify(3) does: datagrams of lines NAME=VALUE to a Unix socket.
//
// # Use
//
//	m, err := notify.New(os.Getenv("NOTIFY_SOCKET"))
//	m.Ready("12 connections")
//	...
//	m.Reloading()
//	m.Ready("12 connections")
//	...
//	m.Stopping()
//
// Without a socket's name there is nobody to tell, and every call does nothing.
// A name that begins with @ is one of Linux's abstract names. Interval says from
// the environment how often the manager wants to hear Alive.
//
// # On the wire
//
//	READY=1           start or reload is over
//	RELOADING=1       with MONOTONIC_USEC, the time of CLOCK_MONOTONIC
//	STOPPING=1        the end has begun
//	WATCHDOG=1        still getting on
//	STATUS=text       for people
//
// # Ownership
//
// Many goroutines may use a Manager. A call blocks as long as the manager's
// socket is full, sendTime at most.
//
// # Bugs
//
// vsock:... as a name, by which a virtual machine tells its host, is refused.
package notify
