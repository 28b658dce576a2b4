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
//	  relay   = "BACKEND"      # what comes passes to the backend; without it clients are served the mounts
//	  relay_by_host = { "HOST" = "BACKEND" }  # likewise, of clients who call the gateway so
//	  policy  = "POLICY"       # what clients that are served may do; without it, what their users may
//	  min_dialect = "3.0"      # of clients that are served: 2.0.2 | 2.1 | 3.0 | 3.0.2 | 3.1.1
//	  sign    = "allowed"      # allowed | required
//	  encrypt = "allowed"      # allowed | required | off
//	  pipes   = true           # clients may list the shares; over QUIC only if it says so
//	  tls {                    # networks that run over TLS need it, others refuse it
//	    cert      = "FILE"
//	    key       = "FILE"
//	    client_ca = "FILE"     # clients must show a certificate of this authority
//	    access {               # which of them are let in; without it, all
//	      allow = ["leaf:SHA256", "chain:SHA256", "issuer:NAME", ...]  # one of these has to match
//	      deny  = ["leaf:SHA256", ...]  # and none of these
//	      file  = "FILE"       # more of both: lines allow leaf:SHA256, deny issuer:NAME
//	    }
//	  }
//	}
//
//	backend "NAME" {
//	  address        = ["NET!HOST!SERVICE", ...]  # in order of preference
//	  connections    = "per-client"  # one for each client that uses it, or "shared"
//	  pool {                   # of shared ones
//	    connections = 8        # as many; a client that finds all of them full is refused
//	    sessions    = 256      # on each
//	    requests    = 1024     # on each, under way at a time
//	  }
//	  place          = true    # payload in the clear goes by RDMA where the network can
//	  rdma_threshold = 4096    # bytes; smaller payload stays in the message
//	  sign           = "allowed"  # allowed | required, of the sessions of mounts
//	  encrypt        = "allowed"  # likewise; either keeps payload from going by RDMA
//	  server_name    = "HOST"  # the name in the server's certificate, when not the address's host
//	  timeout        = "5s"    # how long clients wait until one of the addresses answers
//	  health {
//	    check    = "down"      # addresses that are: down | always | never
//	    interval = "10s"       # the longest pause between checks
//	  }
//	  tls {
//	    ca   = "FILE"          # default: the system's authorities
//	    cert = "FILE"          # shown to servers that ask for one
//	    key  = "FILE"
//	  }
//	}
//
//	host "NAME" {              # a server of its own, to clients who call it so
//	  names = ["NAME", ...]    # what they call it, in any case; default: the block's name
//	  tls {                    # its certificate on networks that run over TLS; default: the listener's
//	    cert = "FILE"
//	    key  = "FILE"
//	  }
//	}
//
//	users {
//	  file      = "FILE"       # who may log in: see smbgw passwd
//	  groups    = "FILE"       # lines name: member, member
//	  guest     = false        # lets in whose name is not known
//	  anonymous = false        # lets in who names nobody
//	}
//
//	mount "NAME" {             # clients see \\gateway\NAME
//	  name    = "NAME"         # by another name than the block's
//	  hosts   = ["HOST", ...]  # only clients who call the gateway so; default: all
//	  listeners = ["LISTEN", ...]  # only clients of these; default: all
//	  hidden  = false          # true keeps it out of the list of shares
//	  backend = "BACKEND"
//	  share   = "SHARE"        # its name there; default: what clients see
//	  path    = "DIR/DIR"      # a directory below the share; default: all of it
//	  as      = "same"         # the client's own user, or { user = "NAME", password_file = "FILE" }
//	  encrypt = "allowed"      # allowed | required
//	  comment = "TEXT"         # shown to who lists the shares
//	  source {                 # instead of backend, share and as: the first that fits the client
//	    backend   = "BACKEND"  # and whose backend can be reached
//	    share     = "SHARE"
//	    path      = "DIR/DIR"
//	    as        = "same"
//	    users     = ["NAME", "@GROUP", ...]  # it is for these; default: all
//	    listeners = ["LISTEN", ...]          # likewise
//	  }
//	}
//
//	policy "NAME" {            # what no rule allows is denied: see package policy
//	  min_dialect = "3.0"      # of all sessions; each of the three may be left out
//	  sign        = "required" # allowed | required
//	  encrypt     = "required" # likewise; a network over TLS is enough
//	  require {                # likewise, more for some
//	    listeners = ["LISTEN", ...]
//	    mounts    = ["MOUNT", ...]
//	    encrypt   = "required"
//	  }
//	  allow {                  # a rule; deny has the same. Each line may be left out
//	    users        = ["NAME", "@GROUP", ...]
//	    certificates = ["leaf:SHA256", "chain:SHA256", "issuer:NAME", ...]
//	    addresses    = ["192.0.2.0/24", "2001:db8::1", ...]  # of clients
//	    listeners    = ["LISTEN", ...]
//	    transports   = ["tcp", ...]
//	    dialects     = ["3.1.1", ...]
//	    mounts       = ["MOUNT", ...]  # IPC$ for what lists the shares
//	    paths        = ["FOLDER/FOLDER", ...]  # and what is below
//	    operations   = ["named-pipes", "fsctl", "fsctl:NAME", "fsctl:0xNUMBER", "security", "snapshots", ...]
//	    access       = "read-only"     # list | read-only | read-write: of allow the most, of deny the least
//	  }
//	}
//
//	limit {                    # bounds what somebody has of the gateway; see package limit
//	  per         = "address"  # address | user | mount | listener: each has a budget of its own;
//	                           # or connection, for bytes alone, while others are busy: see below
//	  only        = ["192.0.2.0/24", ...]  # networks, or names of users, mounts, listeners; default: all
//	  connections = 4096       # of clients; a number, or "unlimited"
//	  sessions    = 8192       # log-ins; per mount, those that are connected to it
//	  opens       = 65536      # files and folders
//	  memory      = "256MiB"   # exposed to backends for RDMA; a number of bytes, or KiB, MiB, GiB
//	  requests    = 16384      # under way
//	  bytes       = "256MiB"   # of requests under way and their answers
//	  requests_per_second = 5000
//	  bytes_per_second    = "100MiB"
//	}
//
// File names are relative to the folder of the configuration file. Values are
// literals: there are no variables, functions or includes.
//
// # Certificates of clients
//
// What access has is package access's, in the words that policies have for
// certificates. An entry is a word with its place and not a block of its own, so
// that a hundred of them are a hundred lines; in a file of their own they can be
// changed by whoever issues certificates, and are in force a second later, without
// a reload. A file is best replaced as a whole, by renaming another one: half of it
// may lack what denies somebody. A certificate that is denied in the end keeps
// connections that it has.
//
// pipes is AllowNamedPipeAccessOverQUIC of [MS-SMB2] 3.3.5.9. Without it clients
// open files by the names that they know, and do not see which shares there are.
//
// # Backends that are away
//
// The first address of a backend that is up has the client. Each has an equal part of
// timeout to answer, so that one that swallows everything does not use it up. One that
// fails is down, tried last and checked, by NEGOTIATE on a connection of its own, until
// it answers again; new connections then go to it, others stay where they are. Checks
// of addresses that are up (check = "always") find out that a spare one has failed
// before it is needed. They are not the default: clients notice sooner than they what
// has happened to an address in use, and servers log or count connections that do not
// log in. With "never" a client finds out what is back.
//
// A client whose backend does not answer in time is told that the server is
// unavailable (STATUS_SERVER_UNAVAILABLE), and keeps its other mounts. What
// an address is in is logged once for each change.
//
// # Limits
//
// A client that is over connections, sessions or opens is refused what it asks for;
// over memory, its data does not go by RDMA. For the others it has to wait: the
// gateway does not read it for a while, and nothing fails. The log says which limit
// of whom was reached, once a minute.
//
// What a block does not say is as in the block of the same per without only, and
// else as here: per address connections = 4096, sessions = 8192, opens = 65536,
// requests = 16384, bytes and memory = "256MiB", with which one client cannot exhaust
// a gateway of a few gigabytes; everything else is unlimited. An address is an IPv4
// address or an IPv6 network of 64 bits. All clients that come as guests are one
// user, and so are those that are anonymous. Of relays, connections and
// bytes_per_second can be limited, per listener and address.
//
// per = "connection" is for fairness: while others are busy, a connection is not read
// as long as it has bytes under way, default "1MiB", so that small requests do not
// wait for a long queue of somebody's large ones. Alone, it may have all that is
// there. Where backends are far away more is needed to keep the network busy: what
// passes in the time of one answer.
//
// A block with only is for whom it names and nobody else: of networks the smallest
// holds. bytes_per_second is at least 256 KiB and requests_per_second at least 10:
// with less, clients take their server for dead. Limits change with a reload, for
// connections that are there as well.
//
// # Hosts
//
// A host is a name of the gateway's under which it is a server of its own: with
// mounts that others do not have, or with a backend to relay to. Names are whole: a
// short one beside the full one, or an address, has to be among names. What a
// client calls the gateway is the name that it asks for in TLS (QUIC), and nothing
// else where it asks for one. Otherwise it is the server's name in the path of a
// share, and if that is no host's, in NEGOTIATE, where clients before SMB 3.1.1
// have none; relays cannot see paths. Clients who name no host, or an unknown one,
// see mounts without hosts, and are relayed to relay, or not at all when only
// relay_by_host is there. Without TLS a client may call the gateway what it likes:
// hosts are then no protection, users and policies are.
//
// # Sources
//
// Of several sources of a mount a client gets the first that is for it and whose
// backend gives a connection. That a share does not exist there, or the user is
// denied, is the client's answer, and no other source is asked: it is what the
// administrator of that server has said. Sources are chosen at each connect, not
// later, so that clients come back to the first one when it is there again. What
// is in them has to be the same, which is their servers' business, and so are
// locks: durable opens of one are unknown to another. To whom no source is for,
// the mount is denied and not listed.
//
// # Directories
//
// A mount with a path is that directory, and clients do not leave it: not by names,
// and not by what the server follows when it opens something, as long as the server
// says by its real name what it has opened. That costs a little at each open, and a
// round trip at those that create or change something; reading and writing costs
// nothing. Package gateway/rooted has it all. The directory has to be there.
//
// # Mistakes
//
// Load finds every mistake of a file, not just the first, and says for each
// where it stands and what would be right. The only exception is a file that
// is not HCL at all: then only the syntax errors are reported, because what
// they hide cannot be known. What is wrong only because of another mistake is not
// reported besides it. Certificates are read to see that they are there
// and belong together, but not kept: the networks read them again, each time
// they change.
//
// # Channels
//
// A client of dialect 3.0 or later may have several connections for one session. It
// asks one listener where the others are, and is told the addresses of those that are
// not over TLS, are where clients look, on port 445 or with RDMA also on 5445, and
// have the same policy, pipes and encrypt = "off" and no stricter min_dialect, sign and
// encrypt. An address at which one of them has RDMA is marked so. Listeners over TLS
// tell nothing.
//
// # Policies
//
// A policy is enforced on the clients of listeners that name it: by closing the
// connection where no rule lets anybody in from there, by STATUS_ACCESS_DENIED at
// the log-in, at the mount and for each request. What it asks for of all sessions
// adds to the listener's own min_dialect, sign and encrypt. A mount that asks for
// signing makes the listener ask for it, since that is settled before a client says
// what it wants.
//
// What a policy names has to exist: users, groups, mounts, listeners. A name that
// is misspelt in a deny would let in whom it means, so a user of whom there is a
// rule cannot just be removed from the users file.
//
// # Shared connections
//
// connections = "shared" is for backends where connections are scarce. Sessions of
// clients are their own all the same, each with its user. There are no oplocks,
// leases and durable handles on such a connection: clients do not cache, and open
// their files anew after a loss. So it is not what a mount is best served by that
// has few clients.
//
// # Bugs
//
// A column counts characters as HCL does (grapheme clusters), which not every
// editor agrees with on lines with combining characters.
package config
