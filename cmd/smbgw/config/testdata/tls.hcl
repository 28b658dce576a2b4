listen "quic" {
  address = "quic!*!443"
  relay   = "nas"
}
listen "tcp" {
  address = "tcp!*!445"
  relay   = "nas"
  tls {
    cert = "missing.pem"
    key  = "missing.key"
  }
}
listen "empty" {
  address = "quic!*!444"
  relay   = "nas"
  tls {
  }
}
listen "half" {
  address = "quic!*!445"
  relay   = "nas"
  tls {
    cert      = "tls.hcl"
    client_ca = "tls.hcl"
  }
}
listen "twice" {
  address = "quic!*!446"
  relay   = "nas"
  tls {
    cert = ""
    key  = "."
  }
  tls {
  }
}
backend "nas" {
  address     = ["tcp!nas!445"]
  server_name = "nas.example"
  tls {
    ca = "tls.hcl"
  }
}
backend "secure" {
  address     = ["quic!nas!443"]
  server_name = ""
  tls {
    cert = "tls.hcl"
    key  = "tls.hcl"
  }
}
backend "keyless" {
  address = ["quic!nas!443"]
  tls {
    key = "missing.key"
  }
}
