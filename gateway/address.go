package gateway

import (
	"net"
	"strings"

	"github.com/smbgw/smbgw/transports"
)

// boundAddress is where a listener for a really is: the service may have been
// 0, or a name.
func boundAddress(a transports.Addr, bound net.Addr) string {
	text := bound.String()
	if strings.Contains(text, "!") {
		return text
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return a.String()
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = transports.AnyHost
	}
	a.Host, a.Service = host, port
	return a.String()
}
