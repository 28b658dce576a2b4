# Dial strings: each mistake points at the part that is wrong.
listen "unknown-network" {
  address = "tcpp!*!445"
  relay   = "nas"
}
listen "no-service" {
  address = "tcp!*"
  relay   = "nas"
}
listen "colon" {
  address = "10.0.0.1:445"
  relay   = "nas"
}
listen "port" {
  address = "tcp!*!70000"
  relay   = "nas"
}
listen "ipv6" {
  address = "tcp!fe80::1!445"
  relay   = "nas"
}
listen "escaped" {
  address = "tcp!\u0020!445" # no part to point at: an escape moves the columns
  relay   = "nas"
}
listen "empty" {
  address = ""
  relay   = "nas"
}
listen "service" {
  address = "tcp!*!nosuchservice"
  relay   = "nas"
}
listen "none" {
  relay = "nas"
}
backend "nas" {
  address = ["smbdirect!*!5445", "tcp!nas!0", "tcp!nas!445", "tcp!nas!445", "rdma!nas!5445"]
}
backend "string" {
  address = "tcp!nas!445"
}
backend "empty" {
  address = []
}
backend "none" {
}
