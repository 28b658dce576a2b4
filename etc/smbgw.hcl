# smbgw: sample configuration. Check a changed file with
#
#   smbgw -c /etc/smbgw/smbgw.hcl check
#
# which prints every mistake with its line and column. File names are relative
# to this file's folder.

log {
  level  = "info" # debug | info | warn | error
  format = "text" # text | json
}

# Clients without RDMA, on the office network.
listen "office" {
  address = "tcp!*!445"
  relay   = "nas1"
}

# Clients with RDMA: Windows, Linux with -o rdma. 5445 is the port of iWARP.
listen "rdma" {
  address = "smbdirect!*!5445"
  relay   = "nas1"
}

# Clients on the internet: SMB over QUIC, UDP port 443.
listen "internet" {
  address = "quic!*!443"
  relay   = "nas1"
  tls { # read again when the files change
    cert = "cert.pem"
    key  = "key.pem"
    # client_ca = "clients.pem"   # only clients with a certificate of this authority
  }
}

backend "nas1" {
  address = ["smbdirect!10.0.0.5!5445", "tcp!10.0.0.5!445"] # in order of preference

  # Unsigned and unencrypted READ and WRITE of at least rdma_threshold bytes go
  # by RDMA where the connection can.
  place          = true
  rdma_threshold = 4096
}

# A backend reached over QUIC. Nothing relays to it until a listener says so.
backend "branch" {
  address     = ["quic!fs.branch.example!443"]
  server_name = "fs.branch.example" # the name in its certificate; default: the address's host
  tls {
    ca = "branch-ca.pem" # default: the system's authorities
    # cert = "gateway.pem"   # when the server asks for a certificate
    # key  = "gateway.key"
  }
}
