package smbdirect

import "github.com/smbgw/smbgw/transports"

// Abort ends the connection below c as a lost network does.
func Abort(c transports.Conn) { c.(*Conn).qp.(interface{ Abort() }).Abort() }

// Window is how many credits c grants at a time by now.
func Window(c transports.Conn) int { return c.(*Conn).core.in.window }
