package smbdirect_test

import (
	"context"
	"fmt"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect"
	"github.com/smbgw/smbgw/transports/smbdirect/loop"
)

// A client exposes a buffer, the server pushes data into it and answers.
func Example() {
	arena := new(transports.Arena)
	network := smbdirect.Over(new(loop.Fabric), smbdirect.Options{Arena: arena})
	address, _ := transports.ParseAddr("loop!server!smbdirect")
	listener, err := network.Announce(context.Background(), address)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer listener.Close()
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		request, err := conn.Receive()
		if err != nil {
			return
		}
		to, _ := smbdirect.ParseDescriptors(nil, request.Bytes())
		data := arena.New(len("beside the message"))
		copy(data.Bytes(), "beside the message")
		conn.(transports.Placer).Push(to, data.Bytes(), data) // releases data when done
		conn.Send(request)                                    // as the answer
		conn.Receive()                                        // until the client closes
	}()

	conn, err := network.Dial(context.Background(), address)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	buf := make([]byte, 100)
	exposed, err := conn.(transports.Placer).Expose(buf, transports.Writable)
	if err != nil {
		fmt.Println(err)
		return
	}
	request := arena.New(16)
	smbdirect.AppendDescriptors(request.Bytes()[:0], exposed.Descriptor())
	conn.Send(request)
	answer, err := conn.Receive()
	if err != nil {
		fmt.Println(err)
		return
	}
	answer.Release()
	exposed.Revoke()
	fmt.Println(string(buf[:18]))
	// Output: beside the message
}
