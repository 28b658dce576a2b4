package main

import (
	"encoding/binary"
	"errors"
	"net"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	shortest, longest = 120, 9000 // packets that begin with a small READ, or its answer
	snap              = 256       // bytes of each that are looked at
	room              = 32 << 20  // for what comes while nobody looks
	pause             = 5 * time.Millisecond
)

// A capture is a socket that gets the beginnings of loopback's small TCP packets.
type capture int

func open() (capture, error) {
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		return 0, err
	}
	const ip = 0x0008 // ETH_P_IP in the network's order
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK, ip)
	if err != nil {
		return 0, os.NewSyscallError("socket", err)
	}
	filter := []unix.SockFilter{ // of the IPv4 header
		{Code: unix.BPF_LD | unix.BPF_H | unix.BPF_ABS, K: 2}, // the packet's length
		{Code: unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K, Jt: 4, K: longest},
		{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, Jf: 3, K: shortest},
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: 9}, // the protocol
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: unix.IPPROTO_TCP},
		{Code: unix.BPF_RET | unix.BPF_K, K: snap},
		{Code: unix.BPF_RET | unix.BPF_K},
	}
	err = errors.Join(
		unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}),
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, room),
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1),
		unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1), // loopback has each twice
		unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: ip, Ifindex: lo.Index}),
	)
	return capture(fd), err
}

// each gives f all packets that come in a while. It looks now and then: who is
// measured is not to be disturbed for each.
func (c capture) each(d time.Duration, f func(at time.Duration, packet []byte)) error {
	var b [snap]byte
	var oob [128]byte
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(pause) {
		for {
			n, on, _, _, err := unix.Recvmsg(int(c), b[:], oob[:], 0)
			if err == unix.EAGAIN {
				break
			}
			if err != nil {
				return os.NewSyscallError("recvmsg", err)
			}
			f(stamp(oob[:on]), b[:n])
		}
	}
	return nil
}

// stamp is when a packet came, since 1970.
func stamp(oob []byte) time.Duration {
	list, err := unix.ParseSocketControlMessage(oob)
	if err != nil || len(list) != 1 || len(list[0].Data) < int(unsafe.Sizeof(unix.Timespec{})) {
		return 0
	}
	d := list[0].Data
	return time.Duration(binary.NativeEndian.Uint64(d))*time.Second + time.Duration(binary.NativeEndian.Uint64(d[8:]))
}
