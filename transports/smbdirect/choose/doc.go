/*
Package choose is the RDMA provider that stands for two: verbs, with the
system's devices, and iWARP in software.

# Use

	p := &choose.Provider{
		Software: new(iwarp.Provider),
		Verbs:    func() (choose.Verbs, error) { ... },
		Log:      log,
	}
	network := smbdirect.Over(p, smbdirect.Options{Log: log})

Verbs is not called before an address wants it, so that nothing is loaded where
nothing is used. With Force there is one provider, and an error says why it
cannot be.

# Who dials

The device that has a route to the host, where the port is one that it speaks:
445 on RoCE and InfiniBand, 5445 on iWARP ([MS-SMBD] 1.9), any other port on all
of them. Where there is no such device it is iWARP in software. That is decided
for each connection anew, since devices and routes come and go.

A port that is neither of the two does not say what the peer speaks. When it
refuses a connection over RoCE or InfiniBand, iWARP in software is tried: the
port may be TCP's there. At 445 and 5445 a refusal is an answer, and at the same
TCP port a peer that has refused an iWARP device would refuse software too.

# Who listens

	address      verbs                             iWARP in software
	*, 445       RoCE and InfiniBand               no: the port is SMB's over TCP
	*, 5445      iWARP hardware                    yes
	*, other     RoCE, InfiniBand, iWARP hardware  yes
	host, 445    its device, RoCE or InfiniBand    no
	host, 5445   its device, iWARP                 without such a device
	host, other  its device                        unless the device is iWARP's

A device of siw is software too, in the kernel: it has a TCP socket where a
program would have one, and of the two only one can listen at an address. To all
addresses it is therefore the program that listens, and takes the connections of
the siw device's address besides; to an address of a siw device it is that
device. Peers cannot tell them apart.

Verbs has to be had where nobody else listens, and Listen fails without. For
other addresses it is no mistake that it is not there: the log says so.

# Log

"RDMA provider", with address and provider, device, kind and reason: once for
each Listen, and each time that the choice for an address to dial is not that of
the time before.

# Bugs

A RoCE device whose peer has none, at a port that is neither 445 nor 5445, is
found out by silence and not by a refusal, so that software is not tried. The
address has to say iwarp then.
*/
package choose
