// Package config reads the configuration file of smbgw, written in HCL, into
// plain structs.
//
// # Use
//
//	c, err := config.Load("/etc/smbgw/smbgw.hcl", networks)
//	if mistakes, ok := errors.AsType[config.Mistakes](err); ok {
//		mistakes.WriteTo(os.Stderr)
//	}
//
// # The file
//
//	log {
//	  level  = "info"          # debug | info | warn | error
//	  format = "text"          # text | json
//	}
//
//	listen "NAME" {
//	  address = "NET!HOST!SERVICE"
//	  relay   = "BACKEND"
//	  tls {                    # networks that run over TLS need it, others refuse it
//	    cert      = "FILE"
//	    key       = "FILE"
//	    client_ca = "FILE"     # clients must show a certificate of this authority
//	  }
//	}
//
//	backend "NAME" {
//	  address        = ["NET!HOST!SERVICE", ...]  # in order of preference
//	  place          = true    # payload in the clear goes by RDMA where the network can
//	  rdma_threshold = 4096    # bytes; smaller payload stays in the message
//	  server_name    = "HOST"  # the name in the server's certificate, when not the address's host
//	  tls {
//	    ca   = "FILE"          # default: the system's authorities
//	    cert = "FILE"          # shown to servers that ask for one
//	    key  = "FILE"
//	  }
//	}
//
// File names are relative to the folder of the configuration file. Values are
// literals: there are no variables, functions or includes.
//
// # Mistakes
//
// Load finds every mistake of a file, not just the first, and says for each
// where it stands and what would be right. The only exception is a file that
// is not HCL at all: then only the syntax errors are reported, because what
// they hide cannot be known. Certificates are read to see that they are there
// and belong together, but not kept: the networks read them again, each time
// they change.
//
// Words of later versions (users, mount, policy, connections) are known and
// refused as such.
//
// # Bugs
//
// A column counts characters as HCL does (grapheme clusters), which not every
// editor agrees with on lines with combining characters.
package config
