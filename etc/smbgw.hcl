# smbgw: sample configuration. Check a changed file with
#
#   smbgw -c /etc/smbgw/smbgw.hcl check
#
# which prints every mistake with its line and column. File names are relative
# to this file's folder. Every setting is here; what is not the default says so,
# or is an example. bridge.hcl and edge.hcl are short ones for the two main jobs.

log {
  level  = "info" # debug | info | warn | error
  format = "text" # text | json
}

# Clients without RDMA, on the office network. They log in here and see the
# mounts below.
listen "office" {
  address = "tcp!*!445"

  min_dialect = "3.0"     # 2.0.2 | 2.1 | 3.0 | 3.0.2 | 3.1.1
  sign        = "allowed" # allowed | required
  encrypt     = "allowed" # allowed | required | off
}

# Clients with RDMA: Windows, Linux with -o rdma. 5445 is the port of iWARP, which
# needs no device here: iwarp is software, verbs the machine's devices, smbdirect
# whichever fits. RoCE and InfiniBand have smbdirect!*!445, beside TCP's 445, in a
# listener of its own that needs a device: smbgw rdma says whether there is one.
listen "rdma" {
  address = "smbdirect!*!5445"
}

# Clients on the internet: SMB over QUIC, UDP port 443.
listen "internet" {
  address = "quic!*!443"
  policy  = "remote" # below; without one, who logs in may do what the server lets him
  pipes   = false    # true lets clients list the shares, as they may elsewhere
  tls { # read again when the files change
    cert = "cert.pem"
    key  = "key.pem"
    # client_ca = "clients.pem"   # only clients with a certificate of this authority
    # access {                    # and of those, whom one entry allows and none denies
    #   allow = ["issuer:CN=clients, O=example"]
    #   deny  = ["leaf:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]
    #   file  = "access.list"     # more of both, read again when it changes
    # }
  }
}

# A listener that relays: what comes passes to the backend, which clients log in
# at. Nothing of users and mounts concerns it.
listen "blind" {
  address = "tcp!127.0.0.1!4450"
  relay   = "nas1"
  # relay_by_host = { "files.example.com" = "branch" }   # by what clients call the server; relay for others
}

# A server of its own, to clients who call it by one of these names: with mounts
# that only they see. On QUIC it is chosen by the name in TLS, and has a
# certificate of its own.
host "files.example.com" {
  names = ["files.example.com", "files"] # default: the block's name
  # tls {              # default: the listener's certificate
  #   cert = "files.pem"
  #   key  = "files.key"
  # }
}

# Who may log in. Make the file with: smbgw passwd -f users NAME
users {
  file      = "users"
  # groups = "groups" # lines NAME: USER, USER; rules call one @NAME
  guest     = false # lets in whose name is not known
  anonymous = false # lets in who names nobody
}

# What clients of listeners that name it may do. What no rule allows is denied.
# Of the rules that match the most specific counts, and a deny before an allow:
#
#   smbgw -c smbgw.hcl explain listener=internet user=alice mount=projects
#
# says what becomes of somebody, and why.
policy "remote" {
  min_dialect = "3.1.1"    # what the listener's own min_dialect, sign and encrypt are for all
  sign        = "required" # on QUIC its own encryption is as good
  encrypt     = "required" # likewise

  require { # the same for some
    listeners = ["internet"]
    mounts    = ["projects"]
    # min_dialect = "3.1.1"
    # sign        = "required"
    encrypt = "required"
  }

  allow {
    mounts = ["projects"]
    access = "read-only" # list | read-only | read-write
  }
  allow { # every condition has to be met, by any of its entries
    mounts       = ["projects"]
    access       = "read-write"
    addresses    = ["192.0.2.0/24", "2001:db8::/32"]
    # users        = ["alice", "@staff"]
    # certificates = ["issuer:CN=clients, O=example"] # or leaf:SHA256, chain:SHA256
    # listeners    = ["internet"]
    # transports   = ["quic"]
    # dialects     = ["3.1.1"]
    # paths        = ["public"]                       # folders of the mount
    # operations   = ["snapshots"]                    # named-pipes, fsctl, security, fsctl:SET_SPARSE
  }
  deny {
    operations = ["security"] # nobody changes permissions from outside
    # users        = ["alice"]
    # certificates = ["leaf:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]
    # addresses    = ["198.51.100.7"]
    # listeners    = ["internet"]
    # transports   = ["quic"]
    # dialects     = ["3.0"]
    # mounts       = ["projects"]
    # paths        = ["public/old"]
    # access       = "read-write" # of a deny, the least that is refused; default: everything
  }
}

# Clients see \\gateway\projects, and log in at nas1 as themselves.
mount "projects" {
  backend = "nas1"
  share   = "projects" # default: what clients see
  # path  = "2026/open"  # only this directory of the share
  as      = "same"     # or { user = "svc", password_file = "svc.password" }
  encrypt = "allowed"  # allowed | required, of clients
  comment = "of all projects"
}

# \\files.example.com\home, which is no share of the gateway under other names.
mount "files home" {
  name    = "home" # default: the mount's name
  hosts   = ["files.example.com"]
  backend = "nas1"
  share   = "home"

  listeners = ["office", "rdma"] # only their clients see it; default: those of all
  hidden    = true               # is not listed; who knows its name can connect to it
}

# From the first of several servers that can be reached, or that is for the user.
mount "archive" {
  source {
    backend   = "branch"
    share     = "archive" # default: what clients see
    path      = "public"  # default: all of it
    users     = ["alice"] # or "@GROUP"; default: all
    listeners = ["office"]
    as        = "same"
  }
  source { backend = "nas1" }
}

backend "nas1" {
  address     = ["smbdirect!10.0.0.5!5445", "tcp!10.0.0.5!445"] # in order of preference; with RoCE smbdirect!10.0.0.5!445
  connections = "per-client"                                     # one for each client that uses it, or "shared"

  # Unsigned and unencrypted READ and WRITE of at least rdma_threshold bytes go
  # by RDMA where the connection can.
  place          = true
  rdma_threshold = 4096

  # What the gateway demands of its own sessions there, those behind mounts:
  # allowed | required. Either keeps payload from going by RDMA.
  sign    = "allowed"
  encrypt = "allowed"

  # How long clients wait until one of the addresses answers. One that does not is
  # checked until it does: new connections then go to it again.
  timeout = "5s"
  health {
    check    = "down" # down | always | never: always finds spare addresses that fail
    interval = "10s"  # the longest pause between checks
  }
}

# A backend reached over QUIC. Nothing uses it until a mount or a listener says so.
backend "branch" {
  address     = ["quic!fs.branch.example!443"]
  server_name = "fs.branch.example" # the name in its certificate; default: the address's host
  tls {
    ca = "branch-ca.pem" # default: the system's authorities
    # cert = "gateway.pem"   # when the server asks for a certificate
    # key  = "gateway.key"
  }
}

# A backend with few connections for many clients: no leases, oplocks and durable
# handles, so clients do not cache.
backend "crowded" {
  address     = ["smbdirect!10.0.0.6!5445"]
  connections = "shared"
  pool {
    connections = 8    # who finds all of them full is refused
    sessions    = 256  # on each
    requests    = 1024 # on each, under way at a time
  }
}

# What each client may have of the gateway: these are the defaults. Beyond the first
# four it is refused, for the others it has to wait. Sizes are in bytes, KiB, MiB or
# GiB; "unlimited" lifts a limit.
limit {
  per         = "address" # address | user | mount | listener
  connections = 4096
  sessions    = 8192
  opens       = 65536
  memory      = "256MiB" # exposed to backends for RDMA
  requests    = 16384    # under way
  bytes       = "256MiB" # of requests under way and their answers
}

# While others are busy, a connection has no more than this under way: small requests
# do not wait behind a long queue of large ones. More is good for backends far away.
limit {
  per   = "connection"
  bytes = "1MiB"
}

# An example: an address of the branch moves 100 MiB and starts 5000 requests a
# second, and for the rest it has what all have.
limit {
  per                 = "address"
  only                = ["192.0.2.0/24", "2001:db8::/32"]
  bytes_per_second    = "100MiB"
  requests_per_second = 5000
}
