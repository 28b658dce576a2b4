# smbgw at the edge: a server that is reached over RDMA only, for clients on the
# internet. They come over QUIC, behind one UDP port, to a gateway that has a
# certificate and sees theirs; the server is never on the internet itself.
#
# To have it run, change nas1's address and the mounts, and make the files beside
# this one:
#
#   cert.pem, key.pem    certificate of the name that clients go to, and its key
#   clients.pem          the authority of the certificates that clients show
#   access.list          which of them are let in, a line each:
#                          allow issuer:CN=clients, O=example
#                          deny leaf:SHA256    (openssl x509 -fingerprint -sha256)
#   smbgw passwd -f users NAME             one for each user, as on the server
#   smbgw -c edge.hcl check
#
# Windows clients go there with: net use * \\NAME\projects /transport:quic

listen "internet" {
  address     = "quic!*!443"
  min_dialect = "3.1.1" # whoever speaks QUIC speaks it

  # TLS encrypts already: a second time costs and adds nothing.
  encrypt = "off"

  tls { # read again when the files change
    cert      = "cert.pem"
    key       = "key.pem"
    client_ca = "clients.pem" # nobody without a certificate of this authority gets as far as a log-in
    access {
      file = "access.list" # and nobody who has none that is allowed; the log says who came
    }
  }
}

# Certificates open the door, passwords say who it is.
users {
  file = "users"
}

# Clients see \\gateway\projects.
mount "projects" {
  backend = "nas1"
}

backend "nas1" {
  address = ["smbdirect!10.0.0.5!5445"]
}
