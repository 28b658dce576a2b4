package transports

// An Addr is a parsed dial string.
type Addr struct {
	Network string // first word: tcp, quic, smbdirect, iwarp, verbs, mem
	Host    string // name, address without brackets, or * for all
	Service string // port number or a name of services
}
