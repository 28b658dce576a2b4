listen "office" {
  address = "tcp!*!445"
  relay   = "nas2"
}
listen "office" {
  address = "tcp!127.0.0.1!smb"
  relay   = "archive"
}
listen "" {
  address = "iwarp!*!microsoft-ds"
  relay   = "nas1"
}
listen "another-host" {
  address = "tcp!10.0.0.1!446"
  relay   = "nas1"
}
listen "fine" {
  address = "tcp!10.0.0.2!446"
  relay   = "nas1"
}
listen "udp-is-not-tcp" {
  address = "quic!*!446"
  relay   = "nas1"
}
listen "free-port" {
  address = "tcp!*!0"
  relay   = "nas1"
}
listen "free-port-too" {
  address = "tcp!*!0"
  relay   = "nas1"
}
backend "nas1" {
  address = ["tcp!nas!445"]
}
backend "nas1" {
  address = ["tcp!nas!445"]
}
backend "other" {
  address = ["tcp!nas!445"]
}
