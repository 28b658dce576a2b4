package main

import (
	"bufio"
	"encoding/binary"
	"io"
	"log"
	"net"
	"os"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: loop LISTEN BACKEND, addresses of the form host:port")
	}
	l, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	for {
		front, err := l.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go join(front, os.Args[2])
	}
}

func join(front net.Conn, backend string) {
	back, err := net.Dial("tcp", backend)
	if err != nil {
		log.Print(err)
		front.Close()
		return
	}
	go pass(back, front)
	pass(front, back)
}

// pass relays messages until either end is over. A prefix that is none ends it.
func pass(to, from net.Conn) {
	defer to.Close()
	const prefix, longest = 4, 1<<24 - 1
	r := bufio.NewReaderSize(from, 8<<10)
	buf := make([]byte, prefix+longest)
	for {
		if _, err := io.ReadFull(r, buf[:prefix]); err != nil {
			return
		}
		n := binary.BigEndian.Uint32(buf)
		if n > longest {
			return
		}
		if _, err := io.ReadFull(r, buf[prefix:prefix+n]); err != nil {
			return
		}
		if _, err := to.Write(buf[:prefix+n]); err != nil {
			return
		}
	}
}
