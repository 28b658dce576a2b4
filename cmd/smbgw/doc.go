// Smbgw is a gateway between SMB clients and SMB servers that do not share a
// transport: TCP, QUIC and SMB Direct on either side.
//
// # Use
//
//	smbgw -c FILE           serve what the configuration file says
//	smbgw -c FILE check     read the file and print every mistake in it
//	smbgw demo              show the whole path on this machine, without a file
//	smbgw passwd -f USERS NAME
//	                        set a user's password in a users file
//	smbgw version           print the version
//	smbgw help              print this list
//
// Package config describes the file, package auth/users the users file. SIGTERM
// and SIGINT end the program in order: listeners close, connections are hung up,
// and the exit status is 0. A second signal ends it at once.
//
// A service manager that has set NOTIFY_SOCKET, as systemd does, is told when the
// listeners are open, when the end begins, and how many connections there are. Its
// watchdog (WATCHDOG_USEC) is kept quiet as long as every listener accepts clients
// and nobody holds what all connections need: gateway.Check.
//
// The log goes to standard error: one line for each listener, one for each
// connection at its end.
//
// # Exit status
//
//	0  ended as asked
//	1  something outside failed: an address in use, a file that cannot be read
//	2  the command line or the configuration is wrong
//
// # Adding
//
// networks.go is the table of transports and RDMA providers, mechanisms.go that
// of ways to log in, commands.go that of commands.
//
// # Bugs
//
// SIGHUP does not reload the configuration; certificates and the users file alone
// are read again when they change.
package main
