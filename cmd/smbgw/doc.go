// Smbgw is a gateway between SMB clients and SMB servers that do not share a
// transport: TCP, QUIC and SMB Direct on either side.
//
// # Use
//
//	smbgw -c FILE           serve what the configuration file says
//	smbgw -c FILE check     read the file and print every mistake in it
//	smbgw -c FILE explain listener=NAME [KEY=VALUE...]
//	                        what the listener's policy decides, and why
//	smbgw demo              show the whole path on this machine, without a file
//	smbgw passwd -f USERS NAME
//	                        set a user's password in a users file
//	smbgw rdma [HOST]       which RDMA devices there are and why one cannot be used,
//	                        or which of them reaches HOST
//	smbgw version           print the version
//	smbgw help              print this list
//
// Package config describes the file, package auth/users the users file. SIGTERM
// and SIGINT end the program in order: listeners close, connections are hung up,
// and the exit status is 0. A second signal ends it at once. SIGHUP has it read its
// configuration again.
//
// A service manager that has set NOTIFY_SOCKET, as systemd does, is told when the
// listeners are open, when a reload begins and is over, when the end begins, and how
// many connections there are and addresses of backends that do not answer. Its
// watchdog (WATCHDOG_USEC) is kept quiet as long as every listener accepts clients
// and nobody holds what all connections need: gateway.Check.
//
// The log goes to standard error: one line for each listener, one for each
// connection at its end, one for each time that an address of a backend stops
// answering or answers again.
//
// # Reload
//
// SIGHUP has the file read again. What it says is put in force for connections that
// come from then on: listeners, what they ask of clients and whether they relay,
// their certificates, backends, the users file, mounts. Connections that are there
// go on with what they began with, but for limits, which change for all at once, and
// what each has counts. A listener at an address that was listened on
// before keeps its socket; others are opened, and those that the file does not have
// any more are closed, without their connections. The log's level changes at once,
// for all.
//
// It is all or nothing. When the file has a mistake, or an address is taken, the
// log says so, each mistake in a record of its own, and the configuration of before
// stays in force. The log's format cannot change without a restart.
//
// Addresses of a backend that do not answer are known as such, and asked at once.
// Log-ins that failed still count, and a client that comes back after a reload ends
// the session that it had before.
//
// # RDMA devices
//
// SMB Direct goes over the RDMA devices of the machine or, without any, over iWARP in
// software on a TCP socket. An address says which:
//
//	smbdirect!HOST!445   RoCE or InfiniBand, by a device
//	smbdirect!HOST!5445  iWARP, by a device or in software
//	verbs!HOST!PORT      by a device, or an error
//	iwarp!HOST!PORT      in software
//
// To dial, the device is the one with a route to the host; it is looked for each time,
// and where there is none iWARP in software is tried, at 445 too. Listening at
// smbdirect!*!445 needs a device. It goes beside tcp!*!445: the ports of RoCE and
// InfiniBand are not TCP's, those of iWARP are. Package choose has all of it.
//
// Devices are reached by Linux's own libraries, which are loaded when an address is
// smbdirect or verbs and the machine has a device; check does not load them. Programs
// for other systems, for processors other than amd64 and arm64, and those built with
// the tag noverbs have iWARP in software alone.
// The program needs glibc's loader to start, with CGO_ENABLED=0 too; for images without
// the C library, go build with CGO_ENABLED=0 and -tags noverbs makes a static one.
//
//	cards      NVIDIA ConnectX (mlx5: RoCE, InfiniBand), Intel E810, E830 and X722
//	           (irdma: RoCE, iWARP), Broadcom (bnxt_re: RoCE), Chelsio T4 to T6
//	           (cxgb4: iWARP), Marvell (qedr: RoCE or iWARP), and what else the
//	           libraries have a driver for. Tested with the kernel's rxe and siw.
//	packages   Debian and Ubuntu: libibverbs1 librdmacm1 (librdmacm1t64)
//	           ibverbs-providers. Red Hat and Fedora: libibverbs librdmacm. SUSE:
//	           libibverbs librdmacm1. The commands rdma (iproute2) and ibv_devinfo
//	           (ibverbs-utils, libibverbs-utils) help to look.
//	memory     Devices work on memory that is locked. A systemd unit has
//	           LimitMEMLOCK=infinity and DeviceAllow for /dev/infiniband, as
//	           etc/smbgw.service has; a shell ulimit -l unlimited; a container
//	           --ulimit memlock=-1 --device=/dev/infiniband, in the host's network.
//	network    RoCE wants no loss: priority flow control (PFC) or ECN with DCQCN, on
//	           the cards and on every switch between them, as their vendors describe.
//	           A network that drops much makes it slow, and long losses end
//	           connections. iWARP is TCP and needs neither.
//
// That RDMA is used, and by what, is in the log: "RDMA provider" when a listener is
// opened and when the choice for a server changes, "RDMA device" when one is used
// first, with how memory is lent to peers there, and in each connection's line
// front_rdma, back_rdma or the backend's rdma, with provider, device, kind and reason:
// why a device was not used, too. placed_reads and placed_writes count what went by
// RDMA. The command rdma res shows the connections that devices have.
//
// Smbgw rdma prints the devices of the machine: what they speak and the port that goes
// with it, their addresses, how memory is lent to peers, and how much may be locked.
// It does so also where no device can be used, and says then what is missing. With
// HOST it says what a connection to smbdirect!HOST goes over at either port of SMB
// Direct. The exit status is 0 when a device can be used, or reaches HOST, else 1.
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
// A reload cannot move a listener to another address of the port that it has, say
// from tcp!*!445 to tcp!10.0.0.1!445: the old socket is in the way until the new one
// is open. Two reloads, with another port in between, do it.
//
// A device that the machine has not had when the configuration was read is used, but
// buffers are memory that devices know only after a reload: until then payload is
// copied, or registered each time.
//
// The connections of a QUIC listener share its socket: when it is taken out, its
// port is free once the last of them has ended.
package main
