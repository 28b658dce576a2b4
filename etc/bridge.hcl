# smbgw as a bridge: clients that know only TCP use a server that is best reached
# over RDMA. Payload crosses the way to the server by RDMA; when the server does
# not answer there, the gateway goes on over TCP.
#
# To have it run, change nas1's addresses and the mounts, and make the files
# beside this one:
#
#   smbgw passwd -f users NAME             one for each user, as on the server
#   smbgw -c bridge.hcl check

listen "office" {
  address = "tcp!*!445"
}

# Users log in at the gateway, which logs in at the server as them: names and
# passwords are the same on both.
users {
  file = "users"
}

# Clients see \\gateway\projects, which is \\nas1\projects.
mount "projects" {
  backend = "nas1"
}

backend "nas1" {
  address = [ # in order of preference
    "smbdirect!10.0.0.5!5445",
    "tcp!10.0.0.5!445",
  ]
}
